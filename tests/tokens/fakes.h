// Time, users and tokens for the tests of this room.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "store/user_store.h"
#include "tests/util/counting_random.h"
#include "tokens/key_ring.h"
#include "util/clock.h"
#include "util/encoding.h"
#include "util/error.h"

namespace tokens_test {

inline constexpr std::int64_t now = 1'700'000'000;

class ManualClock final : public util::Clock {
 public:
  util::TimePoint now() const override { return util::TimePoint(std::chrono::microseconds(micros_.load())); }
  void set(std::int64_t seconds) { micros_ = seconds * 1'000'000; }
  void advance(std::chrono::microseconds by) { micros_ += by.count(); }

 private:
  std::atomic<std::int64_t> micros_{tokens_test::now * 1'000'000};
};

using util_test::CountingRandom;

inline constexpr std::string_view secret = "tokens-room-4b1d77e05c92-a8f3-6620e";

inline tokens::KeyRing hs256_ring() {
  tokens::KeyRingOptions options;
  options.algorithm = jwt::Algorithm::hs256;
  options.secret = util::Secret(secret);
  return std::move(*tokens::KeyRing::open(std::move(options)));
}

/// A token with these claims, signed with the ring's key.
inline std::string signed_with(std::string_view claims, std::string_view key = secret) {
  const std::string part =
      util::to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + util::to_base64url(claims);
  return part + "." + util::to_base64url(crypto::hmac(crypto::HashAlg::sha256, key, part));
}

/// Users in memory, behind a lock. Only the calls that this room makes are more than a stub.
class FakeUsers final : public store::UserStore {
 public:
  void put(std::int64_t id, std::string username, bool is_active = true) {
    store::User user;
    user.id = id;
    user.username = std::move(username);
    user.is_active = is_active;
    const std::lock_guard lock(mutex_);
    rows_[id] = std::move(user);
  }
  void set_stored_password(std::int64_t id, std::string encoded) {
    const std::lock_guard lock(mutex_);
    rows_[id].password = std::move(encoded);
  }
  /// In the order of a store's answer.
  void set_memberships(std::vector<store::Membership> memberships) {
    const std::lock_guard lock(mutex_);
    memberships_ = std::move(memberships);
  }
  void remove(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    rows_.erase(id);
  }

  std::atomic<bool> away{false};  // every call throws
  std::atomic<int> single{0};     // calls of find_by_id
  std::atomic<int> batches{0};    // calls of find_by_ids
  std::atomic<int> group_queries{0};
  std::atomic<std::size_t> longest_batch{0};
  /// Runs when a row was read and is not returned yet: the place where a change overtakes a read.
  std::function<void()> after_read = [] {};

  std::optional<store::User> find_by_id(std::int64_t id) override {
    ++single;
    throw_if_away();
    std::optional<store::User> read;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = rows_.find(id); found != rows_.end()) read = found->second;
    }
    read_was_made();
    return read;
  }
  std::vector<store::User> find_by_ids(std::span<const std::int64_t> ids) override {
    ++batches;
    longest_batch = std::max(longest_batch.load(), ids.size());
    throw_if_away();
    std::vector<store::User> read;
    {
      const std::lock_guard lock(mutex_);
      for (const std::int64_t id : ids) {
        if (const auto found = rows_.find(id); found != rows_.end()) read.push_back(found->second);
      }
    }
    read_was_made();
    return read;
  }

  std::vector<store::Membership> groups_of(std::span<const std::int64_t> ids) override {
    ++group_queries;
    throw_if_away();
    std::vector<store::Membership> read;
    const std::lock_guard lock(mutex_);
    for (const auto& membership : memberships_) {
      if (std::ranges::count(ids, membership.user_id) != 0) read.push_back(membership);
    }
    return read;
  }
  std::optional<store::User> find_by_username(std::string_view username) override {
    throw_if_away();
    const std::lock_guard lock(mutex_);
    for (const auto& [id, user] : rows_) {
      if (user.username == username) return user;
    }
    return std::nullopt;
  }
  bool username_exists(std::string_view) override { return false; }
  bool email_exists(std::string_view) override { return false; }
  store::ProfileUpdate update_profile(std::int64_t, const store::ProfileChange&, bool,
                                      const store::AuditEvent*) override {
    return store::ProfileUpdate::ok;
  }
  store::Inserted insert(store::User&, bool, const store::AuditEvent*) override {
    return store::Inserted::ok;
  }
  bool set_password(std::int64_t, std::string_view, std::optional<std::string_view>) override {
    return false;
  }
  bool has_password(std::int64_t id, std::string_view encoded) override {
    throw_if_away();
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(id);
    return found != rows_.end() && found->second.is_active && found->second.password == encoded;
  }
  bool set_last_login(std::int64_t, util::TimePoint) override { return false; }
  bool activate(std::int64_t, const store::AuditEvent*) override { return false; }
  std::vector<store::User> list(const store::UserFilter&) override { return {}; }

 private:
  void read_was_made() const {
    const auto hook = after_read;  // it may put another in its place
    hook();
  }
  void throw_if_away() const {
    if (away) throw util::Outage("the database is away");
  }

  std::mutex mutex_;
  std::map<std::int64_t, store::User> rows_;
  std::vector<store::Membership> memberships_;
};

}  // namespace tokens_test
