#include "tokens/revocation_feed.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tokens/revoked.h"
#include "util/error.h"
#include "util/log.h"

namespace tokens {
namespace {

using Instant = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds tidied_every{10};

}  // namespace

struct RevocationFeed::Impl {
  Impl(store::RevocationStore& revocations_in, const util::Clock& clock_in, FeedOptions options_in,
       MonotonicNow now_in)
      : revocations(revocations_in),
        clock(clock_in),
        options(options_in),
        now(std::move(now_in)),
        last_success(now().time_since_epoch().count()) {}

  store::RevocationStore& revocations;
  const util::Clock& clock;
  const FeedOptions options;
  const MonotonicNow now;
  Revoked revoked;
  std::atomic<bool> loaded{false};
  std::atomic<Instant::rep> last_success;  // when the read that succeeded began; at first, the construction

  std::atomic<std::uint64_t> begun{0};  // reads
  std::mutex reading;                   // one at a time; guards the next two
  std::string failure;                  // of the last one; empty: it succeeded
  Instant tidied{};

  std::mutex waking;
  std::condition_variable_any wake;
  std::jthread poller;  // last: joined before the rest goes

  void run(const std::stop_token& stop);
  void read(bool everything);
  void read_alone(bool everything);
  std::chrono::nanoseconds age() const {
    return now() - Instant{Instant::duration(last_success.load(std::memory_order_acquire))};
  }
};

RevocationFeed::RevocationFeed(store::RevocationStore& revocations, const util::Clock& clock,
                               FeedOptions options, MonotonicNow now)
    : impl_(std::make_unique<Impl>(revocations, clock, options, std::move(now))) {}

RevocationFeed::~RevocationFeed() = default;

void RevocationFeed::load() {
  impl_->read(true);
}

void RevocationFeed::poll_once() {
  impl_->read(false);
}

void RevocationFeed::start() {
  impl_->poller = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

void RevocationFeed::stop() {
  impl_->poller = {};
}

bool RevocationFeed::revoked(const Vouched& token) const noexcept {
  return impl_->revoked.contains(token);
}

std::optional<bool> RevocationFeed::ended(const Vouched& token, bool may_ask_database) {
  if (!fresh()) {
    if (!may_ask_database) return std::nullopt;
    poll_once();
  }
  return revoked(token);
}

void RevocationFeed::apply(std::span<const store::Revocation> revocations) {
  for (const auto& revocation : revocations) impl_->revoked.add(revocation);
}

bool RevocationFeed::fresh() const noexcept {
  return impl_->loaded.load(std::memory_order_acquire) && impl_->age() <= impl_->options.stale_after;
}

std::chrono::milliseconds RevocationFeed::age() const noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(impl_->age());
}

std::size_t RevocationFeed::size() const noexcept {
  return impl_->revoked.size();
}

void RevocationFeed::Impl::run(const std::stop_token& stop) {
  bool failing = false;
  std::unique_lock lock(waking);
  do {
    try {
      read(false);
      if (failing) util::log::info("revocations are read from the database again");
      failing = false;
    } catch (const std::exception& error) {  // whatever it is: let out of a thread, it ends the process
      if (!failing) {
        util::log::warning(std::string("revocations cannot be read, token checks go on for a while: ") +
                           error.what());
      }
      failing = true;
    }
  } while (!wake.wait_for(lock, stop, options.poll_interval, [&] { return stop.stop_requested(); }));
}

/// A read that another thread began after this call gives its outcome: with the database away, threads that
/// tried one after the other would each wait for its own time limit.
void RevocationFeed::Impl::read(bool everything) {
  const std::uint64_t begun_before = begun.load();
  const std::lock_guard lock(reading);
  if (begun.load() == begun_before) {
    ++begun;
    read_alone(everything);
  } else if (!failure.empty()) {
    throw util::Outage(failure);
  }
}

void RevocationFeed::Impl::read_alone(bool everything) {
  const Instant began = now();
  // What was committed while nobody looked, another host's above all, may be older than the window.
  const bool all = everything || !loaded || age() > options.window / 2;
  try {
    for (const auto& revocation : all ? revocations.all() : revocations.recent(options.window)) {
      revoked.add(revocation);
    }
    failure.clear();
  } catch (const std::exception& error) {
    failure = error.what();
    throw;
  }
  loaded.store(true, std::memory_order_release);
  last_success.store(began.time_since_epoch().count(), std::memory_order_release);
  if (began - tidied < tidied_every) return;
  tidied = began;
  revoked.drop_expired(clock.unix_now());
}

}  // namespace tokens
