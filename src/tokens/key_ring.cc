#include "tokens/key_ring.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "jwt/verify.h"
#include "tokens/key_directory.h"
#include "tokens/single_key.h"
#include "util/guarded.h"
#include "util/log.h"

namespace tokens {
namespace {

using KeyPtr = std::shared_ptr<const jwt::Key>;

// A directory that does not answer (NFS) must not take the threads with it that check tokens.
constexpr std::chrono::milliseconds longest_wait_for_a_look{50};

/// One at a time, for whoever does not wait too long. (ThreadSanitizer does not know std::timed_mutex.)
class Turn {
 public:
  class Taken {
   public:
    Taken(Turn& turn, std::chrono::milliseconds patience) : turn_(turn) {
      auto taken = turn_.taken_.lock();
      mine_ = turn_.given_back_.wait_for(taken.held(), patience, [&] { return !*taken; });
      if (mine_) *taken = true;
    }
    ~Taken() {
      if (!mine_) return;
      *turn_.taken_.lock() = false;
      turn_.given_back_.notify_one();
    }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    explicit operator bool() const noexcept { return mine_; }

   private:
    Turn& turn_;
    bool mine_;
  };

 private:
  util::Guarded<bool> taken_{false};
  std::condition_variable given_back_;
};

struct RingKey {
  KeyPtr key;
  util::TimePoint signs_from;
  KeyLife* life;  // nullptr: a secret

  bool over(std::int64_t now) const noexcept { return life != nullptr && life->over(now); }
};

struct Snapshot {
  std::vector<RingKey> keys;           // in the order in which they sign
  std::vector<const jwt::Key*> plain;  // the same

  void add(RingKey key) {
    plain.push_back(key.key.get());
    keys.push_back(std::move(key));
  }
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

std::int64_t whole_seconds(util::TimePoint time) {
  return std::chrono::ceil<std::chrono::seconds>(time).time_since_epoch().count();
}

const util::Clock& system_clock() {
  static const util::SystemClock clock;
  return clock;
}

}  // namespace

struct KeyRing::Impl {
  explicit Impl(KeyRingOptions& options)
      : clock(options.clock != nullptr ? *options.clock : system_clock()), directory(options.directory) {}

  const util::Clock& clock;
  const KeyDirectory directory;
  KeyPtr secret;  // of HS*
  util::Guarded<SnapshotPtr> snapshot;

  Turn turn;  // guards all that follows
  std::map<std::string, KeyLife, std::less<>> lives;
  FileStamp stamp;
  std::string failure;  // of the last look; empty: it went well

  SnapshotPtr current() const { return *snapshot.lock(); }
  Look look(bool again_after_failure);
  util::Result<void> take_over();
  util::Result<std::shared_ptr<Snapshot>> load(const KeyManifest& manifest);
  void set_ends(const KeyManifest& manifest);
  const RingKey& signing(const Snapshot& from) const;
};

/// Those in use, the secret among them where it is to sign.
util::Result<std::shared_ptr<Snapshot>> KeyRing::Impl::load(const KeyManifest& manifest) {
  const util::TimePoint now = clock.now();
  auto loaded = std::make_shared<Snapshot>();
  if (secret && manifest.find("") == nullptr) loaded->add({secret, util::TimePoint::min(), nullptr});
  for (const KeyEntry& entry : manifest.entries()) {
    if (entry.is_secret()) {
      if (secret) loaded->add({secret, entry.signs_from, nullptr});
    } else if (!entry.retired(now)) {
      auto key = directory.open(entry);
      if (!key) return util::unexpected(key.error());
      loaded->add({std::make_shared<jwt::Key>(std::move(*key)), entry.signs_from, &lives[entry.kid]});
    }
  }
  const bool one_signs =
      std::ranges::any_of(loaded->keys, [&](const RingKey& key) { return key.signs_from <= now; });
  if (!one_signs)
    return util::fail("no key of " + directory.path() + " signs: jwtauthctl keys generate makes one");
  return loaded;
}

/// What is not in the manifest any more is over, too.
void KeyRing::Impl::set_ends(const KeyManifest& manifest) {
  const util::TimePoint now = clock.now();
  for (auto& [kid, life] : lives) {
    const KeyEntry* const entry = manifest.find(kid);
    if (entry == nullptr || entry->retired(now)) {
      life.end_now();
    } else if (entry->verifies_until) {
      life.end_at(whole_seconds(*entry->verifies_until));
    } else {
      life.stay_open();
    }
  }
}

util::Result<void> KeyRing::Impl::take_over() {
  const FileStamp seen =
      directory.stamp();  // before it is read: a change meanwhile is found by the next look
  if (seen == FileStamp{} && stamp != seen) return util::fail(directory.manifest_path() + " is gone");
  const auto manifest = directory.read();
  if (!manifest) return util::unexpected(manifest.error());
  auto loaded = load(*manifest);
  if (!loaded) {
    // A key that was retired by hand was perhaps stolen: that is heard whatever else is out of order.
    for (auto& [kid, life] : lives) {
      const KeyEntry* const entry = manifest->find(kid);
      if (entry != nullptr && entry->retired_at) life.end_now();
    }
    return util::unexpected(loaded.error());
  }
  *snapshot.lock() = std::move(*loaded);
  set_ends(*manifest);
  stamp = seen;
  return {};
}

KeyRing::Look KeyRing::Impl::look(bool again_after_failure) {
  if (directory.path().empty()) return Look::unchanged;
  const Turn::Taken mine(turn, longest_wait_for_a_look);
  if (!mine || (failure.empty() ? directory.stamp() == stamp : !again_after_failure)) return Look::unchanged;
  const auto taken = take_over();
  if (!taken) {
    if (failure != taken.error().message) {
      util::log::error("the keys stay as they were: " + taken.error().message);
    }
    failure = taken.error().message;
    return Look::failed;
  }
  failure.clear();
  const SnapshotPtr now = current();
  const jwt::Key& key = *signing(*now).key;
  util::log::info("keys: " + std::string(jwt::name(key.algorithm())) + " " + key.kid() + " signs, " +
                  std::to_string(now->keys.size()) + " verify");
  return Look::taken_over;
}

/// One at least has begun when the ring was opened. When the last of them is over and no other follows, it
/// signs on: nobody could log in else.
const RingKey& KeyRing::Impl::signing(const Snapshot& from) const {
  const util::TimePoint now = clock.now();
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const RingKey* begun = &from.keys.front();
  for (const RingKey& key : from.keys) {
    if (key.signs_from <= now && (!key.over(seconds) || begun->over(seconds))) begun = &key;
  }
  return *begun;
}

KeyRing::KeyRing(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
KeyRing::KeyRing(KeyRing&&) noexcept = default;
KeyRing::~KeyRing() = default;

util::Result<KeyRing> KeyRing::open(KeyRingOptions options) {
  auto impl = std::make_unique<Impl>(options);
  const bool is_secret = jwt::is_hmac(options.algorithm);
  const bool is_single = options.directory.empty();
  if (is_secret || is_single) {
    auto key = is_secret ? open_secret(options) : open_pem(options);
    util::wipe(options.private_pem.data(), options.private_pem.size());
    if (!key) return util::unexpected(key.error());
    impl->secret = std::make_shared<jwt::Key>(std::move(*key));
  }
  if (is_single) {
    auto only = std::make_shared<Snapshot>();
    only->add({impl->secret, util::TimePoint::min(), nullptr});
    *impl->snapshot.lock() = std::move(only);
  } else if (const auto taken = impl->take_over(); !taken) {
    return util::unexpected(taken.error());
  }
  return KeyRing(std::move(impl));
}

KeyPtr KeyRing::signing_key() const {
  return impl_->signing(*impl_->current()).key;
}

std::vector<KeyPtr> KeyRing::verifying_keys() const {
  const std::int64_t now = impl_->clock.unix_now();
  std::vector<KeyPtr> keys;
  for (const RingKey& key : impl_->current()->keys) {
    if (!key.over(now)) keys.push_back(key.key);
  }
  return keys;
}

KeyRing::Census KeyRing::census() const {
  const SnapshotPtr seen = impl_->current();
  const RingKey& active = impl_->signing(*seen);
  const util::TimePoint now = impl_->clock.now();
  const std::int64_t seconds = impl_->clock.unix_now();
  Census census;
  for (const RingKey& key : seen->keys) {
    if (&key == &active) {
      ++census.active;
    } else if (key.signs_from > now) {
      ++census.next;
    } else if (!key.over(seconds)) {
      ++census.retiring;
    }
  }
  return census;
}

std::optional<RingVerdict> KeyRing::verify(std::string_view token) const {
  for (SnapshotPtr seen = impl_->current();;) {
    auto vouched = jwt::verify(token, seen->plain);
    if (vouched) {
      const auto by = std::ranges::find(seen->plain, vouched->key);
      const RingKey& key = seen->keys[static_cast<std::size_t>(by - seen->plain.begin())];
      if (key.over(impl_->clock.unix_now())) return std::nullopt;
      return RingVerdict{std::move(vouched->claims), key.key, key.life};
    }
    if (vouched.error() != jwt::Defect::unknown_key) return std::nullopt;
    impl_->look(false);
    SnapshotPtr now = impl_->current();
    if (now == seen) return std::nullopt;
    seen = std::move(now);
  }
}

KeyRing::Look KeyRing::look_again() const {
  return impl_->look(true);
}

}  // namespace tokens
