#include "tokens/revocation_feed.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
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

// What the polls of the last seconds have shown is not read at each. Who commits even later is found when the
// whole window is read, and behind that when everything is.
constexpr std::chrono::seconds settled_after{5};

// Reading everything may take a twentieth of the time, and the same of the window; but a read that waited for
// a connection, or for its node of a cluster, says nothing about the next one.
constexpr int pause_per_read = 20;
constexpr std::chrono::seconds longest_without_all{60};

// A clock that is put right by less disturbs nothing here.
constexpr std::chrono::seconds tolerated_jump{5};

std::chrono::nanoseconds pause_after(std::chrono::nanoseconds took, std::chrono::nanoseconds at_least,
                                     std::chrono::nanoseconds at_most) {
  return std::max(at_least, std::min(pause_per_read * took, at_most));
}

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
  std::mutex reading;                   // one at a time; guards all that follows
  std::string failure;                  // of the last one; empty: it succeeded
  Instant tidied{};
  Instant read_all_at{};  // when everything was read, and …
  std::chrono::nanoseconds read_all_took{};
  std::chrono::nanoseconds wall_ahead{};  // … of the monotonic clock then
  std::int64_t settled_id = 0;            // ids up to here were seen long enough ago
  std::int64_t settling_id = 0;
  std::int64_t highest_id = 0;
  Instant settled_at{};
  Instant read_window_at{};
  std::chrono::nanoseconds read_window_took{};

  std::mutex waking;
  std::condition_variable_any wake;
  std::jthread poller;  // last: joined before the rest goes

  void run(const std::stop_token& stop);
  void read();
  void read_alone();
  void succeeded(Instant began);
  void read_all(Instant began);
  std::int64_t read_recent(Instant began);
  bool is_blind(Instant began) const;
  bool all_is_due(Instant began) const;
  bool window_is_due(Instant began) const;
  std::chrono::nanoseconds wall_ahead_of(Instant instant) const {
    return std::chrono::nanoseconds(clock.now().time_since_epoch()) - instant.time_since_epoch();
  }
  std::chrono::nanoseconds age() const {
    return now() - Instant{Instant::duration(last_success.load(std::memory_order_acquire))};
  }
};

RevocationFeed::RevocationFeed(store::RevocationStore& revocations, const util::Clock& clock,
                               FeedOptions options, MonotonicNow now)
    : impl_(std::make_unique<Impl>(revocations, clock, options, std::move(now))) {}

RevocationFeed::~RevocationFeed() = default;

void RevocationFeed::poll_once() {
  impl_->read();
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

bool RevocationFeed::ended_in_database(const Vouched& token, store::Reading reading) {
  if (revoked(token)) return true;
  if (token.user_id == nobody) return false;
  // A session's own tokens end with it, whatever became of the user's others.
  const auto issued = token.session.has_sid ? std::numeric_limits<std::int64_t>::max() : token.said.issued;
  return impl_->revocations.has_ended(token.user_id, token.session.id, issued, reading);
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

void RevocationFeed::Impl::run(const std::stop_token& stop) {
  bool failing = false;
  std::unique_lock lock(waking);
  do {
    try {
      read();
      if (failing) util::log::info("revocations are read from the database again");
      failing = false;
    } catch (const std::exception& error) {  // whatever it is: let out of a thread, it ends the process
      if (!failing) {
        util::log::failure(util::log::Level::warning,
                           "revocations cannot be read, token checks go on for a while: ", error.what());
      }
      failing = true;
    }
  } while (!wake.wait_for(lock, stop, options.poll_interval, [&] { return stop.stop_requested(); }));
}

/// The window does not show what was written since the last poll.
bool RevocationFeed::Impl::is_blind(Instant began) const {
  if (!loaded || age() > options.window / 2) return true;
  const auto jump = wall_ahead_of(began) - wall_ahead;
  return jump > tolerated_jump || jump < -tolerated_jump;
}

/// The window shows what is committed soon after it was written, by a database whose clock is right. The rest
/// (a COMMIT that was held up, a node with another clock, a host that slept or whose clock was set) is found
/// by reading everything from time to time.
bool RevocationFeed::Impl::all_is_due(Instant began) const {
  const auto pause = pause_after(read_all_took, options.read_all_every, longest_without_all);
  return is_blind(began) || began - read_all_at >= pause;
}

/// In pages: with a day of many logouts it takes seconds, in which others log out, too.
void RevocationFeed::Impl::read_all(Instant began) {
  const auto ahead = wall_ahead_of(began);
  const bool blind = is_blind(began);
  std::int64_t highest = 0;
  std::int64_t last = 0;  // of the pages so far
  for (bool more = true; more;) {
    const auto page = revocations.page(last, options.page);
    for (const auto& revocation : page) {
      revoked.add(revocation);
      last = std::max(last, revocation.id);
    }
    more = page.size() >= options.page;
    highest = std::max(highest, last);
    if (!more) break;
    const Instant polled = now();
    highest = std::max(highest, read_recent(polled));
    // However long all of it takes, the feed is as fresh as that, and goes on with polls after it.
    if (!blind) succeeded(polled);
  }
  settled_id = std::min(settled_id, highest);  // a table that was restored counts from lower again
  settling_id = std::min(settling_id, highest);
  highest_id = highest;
  read_all_at = began;
  read_all_took = now() - began;
  wall_ahead = ahead;
}

/// The ids of what is written at the same time are in no order, on one server by a little, in a cluster by as
/// much as its nodes are apart: only the time of writing tells where a poll may begin.
bool RevocationFeed::Impl::window_is_due(Instant began) const {
  // No longer than what a poll leaves out as settled is young enough to be seen by it.
  return began - read_window_at >= pause_after(read_window_took, options.read_window_every, settled_after);
}

/// The highest id that it saw.
std::int64_t RevocationFeed::Impl::read_recent(Instant began) {
  const bool whole = window_is_due(began);
  std::int64_t highest = 0;
  for (const auto& revocation : revocations.recent(options.window, whole ? 0 : settled_id)) {
    revoked.add(revocation);
    highest = std::max(highest, revocation.id);
  }
  if (whole) {
    read_window_at = began;
    read_window_took = now() - began;
  }
  highest_id = std::max(highest_id, highest);
  if (began - settled_at >= settled_after) {
    settled_at = began;
    settled_id = std::exchange(settling_id, highest_id);
  }
  return highest;
}

/// A read that another thread began after this call gives its outcome: with the database away, threads that
/// tried one after the other would each wait for its own time limit.
void RevocationFeed::Impl::read() {
  const std::uint64_t begun_before = begun.load();
  const std::lock_guard lock(reading);
  if (begun.load() == begun_before) {
    ++begun;
    read_alone();
  } else if (!failure.empty()) {
    throw util::Outage(failure);
  }
}

/// By a read that began then.
void RevocationFeed::Impl::succeeded(Instant began) {
  last_success.store(std::max(last_success.load(), began.time_since_epoch().count()),
                     std::memory_order_release);
}

void RevocationFeed::Impl::read_alone() {
  const Instant began = now();
  try {
    if (all_is_due(began)) {
      read_all(began);
    } else {
      read_recent(began);
    }
    failure.clear();
  } catch (const std::exception& error) {
    failure = error.what();
    throw;
  }
  loaded.store(true, std::memory_order_release);
  succeeded(began);
  if (began - tidied < tidied_every) return;
  tidied = began;
  revoked.drop_expired(clock.unix_now());
}

}  // namespace tokens
