// The one model of a SessionStore, for the tests of all who call one: rows in memory, each call one step.
// Thread-safe, but for `rows`.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/rotated.h"
#include "store/session_store.h"
#include "util/error.h"

namespace store_test {

class SessionsInMemory : public store::SessionStore {
 public:
  std::vector<store::Session> rows;
  std::atomic<bool> away{false};                            // for rotations
  std::vector<std::size_t> together;                        // how many each rotation of several had
  std::optional<store::SessionId> held;                     // its row is locked by somebody else
  std::atomic<const util::Clock*> database_clock{nullptr};  // nullptr: rows are as of now

  store::Created create(const store::Session& session, const store::Grounds& grounds) override {
    const std::lock_guard lock(mutex_);
    if (!holds(session, grounds)) return store::Created::refused;
    const auto live = std::count_if(rows.begin(), rows.end(), [&](const auto& one) {
      return one.user_id == session.user_id && is_live(one, session.created_at);
    });
    if (grounds.fewer_than > 0 && live >= grounds.fewer_than) return store::Created::full;
    if (row(session.id) != nullptr) return store::Created::taken;
    rows.push_back(session);
    touched_.push_back({session.id, database_time()});
    return store::Created::done;
  }
  bool rotate(const store::Rotation& rotation) override {
    if (away) throw util::Outage("the database is away");
    const std::lock_guard lock(mutex_);
    return rotate_row(rotation);
  }
  /// One statement that tells how many rows it changed, and then a look at each, as MysqlSessionStore's.
  std::vector<bool> rotate_all(std::span<const store::Rotation> rotations) override {
    if (away) throw util::Outage("the database is away");
    const std::lock_guard lock(mutex_);
    together.push_back(rotations.size());
    if (std::any_of(rotations.begin(), rotations.end(), [&](const auto& one) { return one.id == held; }))
      throw store::Busy("a row is locked");
    if (rotations.size() == 1) return {rotate_row(rotations.front())};
    const auto count = static_cast<std::uint64_t>(
        std::count_if(rotations.begin(), rotations.end(), [&](const auto& one) { return rotate_row(one); }));
    if (count == rotations.size()) return std::vector<bool>(rotations.size(), true);
    std::vector<std::optional<store::Session>> found;
    for (const auto& rotation : rotations) found.push_back(read(rotation.id));
    return store::which_rotated(rotations, found, count, {});
  }
  bool rotate_without_waiting(const store::Rotation& rotation) override {
    return rotation.id != held && rotate(rotation);
  }
  std::optional<store::Session> find(const store::SessionId& id) override {
    const std::lock_guard lock(mutex_);
    return read(id);
  }
  std::vector<store::SessionPlace> places_of(std::string_view) override { return {}; }
  std::vector<store::Session> list(const store::SessionFilter& filter, util::TimePoint now) override {
    const std::lock_guard lock(mutex_);
    std::vector<store::Session> found;
    for (const auto& one : rows) {
      const bool matches = one.user_id == filter.user_id.value_or(one.user_id);
      if (matches && (is_live(one, now) || !filter.live_only)) found.push_back(one);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.last_used_at > b.last_used_at; });
    if (found.size() > filter.limit) found.resize(filter.limit);
    return found;
  }
  std::uint64_t count(std::int64_t user_id, const std::optional<store::SessionId>& except,
                      util::TimePoint now) override {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::count_if(rows.begin(), rows.end(), [&](const auto& one) {
      return one.user_id == user_id && one.id != except && is_live(one, now);
    }));
  }

  std::vector<store::SessionId> revoke(std::int64_t user_id, const store::SessionId& id,
                                       const store::Ending& ending) override {
    const std::lock_guard lock(mutex_);
    auto ended = end(ending, [&](const auto& one) { return one.user_id == user_id && one.id == id; });
    if (!ended.empty()) told(ending);
    return ended;
  }
  bool revoke_or_bar(const store::Session& session, const store::Ending& ending) override {
    const std::lock_guard lock(mutex_);
    if (row(session.id) != nullptr) return !revoke(session.user_id, session.id, ending).empty();
    rows.push_back(session);
    mark(rows.back(), ending);
    revoked({0, session.user_id, session.id, 0, seconds(ending.refresh_end)});
    told(ending);
    return true;
  }
  std::vector<store::SessionId> revoke_all(std::int64_t user_id,
                                           const std::optional<store::SessionId>& except,
                                           const store::Ending& ending) override {
    const std::lock_guard lock(mutex_);
    const auto moment = std::chrono::floor<std::chrono::seconds>(ending.now).time_since_epoch().count();
    revoked({0, user_id, {}, moment, seconds(ending.refresh_end)});
    told(ending);
    return end(ending, [&](const auto& one) { return one.user_id == user_id && one.id != except; });
  }
  std::vector<store::SessionId> revoke_beyond(std::int64_t user_id, unsigned keep,
                                              const store::Ending& ending) override {
    const std::lock_guard lock(mutex_);
    auto live = list({.user_id = user_id}, ending.now);
    live.erase(live.begin(), live.begin() + std::min<std::ptrdiff_t>(keep, std::ssize(live)));
    auto ended = end(ending, [&](const auto& one) {
      return std::any_of(live.begin(), live.end(), [&](const auto& old) { return old.id == one.id; });
    });
    if (!ended.empty()) told(ending);
    return ended;
  }
  std::optional<std::vector<store::SessionId>> change_password(std::int64_t user_id, std::string_view encoded,
                                                               std::optional<std::string_view> expected_old,
                                                               const std::optional<store::SessionId>& except,
                                                               const store::Ending& ending) override {
    if (!set_password(user_id, encoded, expected_old)) return std::nullopt;
    return revoke_all(user_id, except, ending);
  }
  bool deactivate(std::int64_t user_id, const store::Ending& ending) override {
    if (!close_account(user_id)) return false;
    revoke_all(user_id, std::nullopt, ending);
    return true;
  }
  Deleted delete_user(std::int64_t, const store::Ending&) override { return Deleted::no_such_user; }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

 protected:
  // What the other tables have to say, and what they are told.
  virtual bool holds(const store::Session&, const store::Grounds&) { return true; }
  virtual bool set_password(std::int64_t, std::string_view, std::optional<std::string_view>) { return false; }
  virtual bool close_account(std::int64_t) { return false; }
  virtual void told(const store::Ending&) {}
  virtual void revoked(const store::Revocation&) {}

  mutable std::recursive_mutex mutex_;  // guards rows

 private:
  struct Touched {
    store::SessionId id;
    util::TimePoint at;
  };

  store::Session* row(const store::SessionId& id) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& one) { return one.id == id; });
    return found == rows.end() ? nullptr : &*found;
  }
  std::optional<store::Session> read(const store::SessionId& id) {
    const auto* const found = row(id);
    if (found == nullptr) return std::nullopt;
    store::Session copy = *found;
    for (const auto& touched : touched_) {
      if (touched.id == id) copy.unchanged_for = database_time() - touched.at;
    }
    return copy;
  }
  bool rotate_row(const store::Rotation& rotation) {
    auto* const found = row(rotation.id);
    if (found == nullptr || found->current != rotation.presented || found->revoked_at ||
        found->expires_at <= rotation.now) {
      return false;
    }
    if (rotation.next != rotation.presented) {
      found->previous = found->current;
      found->current = rotation.next;
      ++found->generation;
    }
    found->last_used_at = rotation.now;
    found->idle_expires_at = std::min(rotation.idle_expires_at, found->expires_at);
    found->address = rotation.address;
    found->user_agent = rotation.user_agent;
    for (auto& touched : touched_) {
      if (touched.id == rotation.id) touched.at = database_time();
    }
    return true;
  }
  static bool is_live(const store::Session& one, util::TimePoint now) {
    return !one.revoked_at && one.idle_expires_at > now;
  }
  static void mark(store::Session& one, const store::Ending& ending) {
    one.revoked_at = ending.now;
    one.revoked_for = store::name(ending.reason);
  }
  static std::int64_t seconds(util::TimePoint time) {
    return std::chrono::ceil<std::chrono::seconds>(time).time_since_epoch().count();
  }
  template <typename Chosen>
  std::vector<store::SessionId> end(const store::Ending& ending, Chosen chosen) {
    std::vector<store::SessionId> ended;
    for (auto& one : rows) {
      if (!chosen(one) || !is_live(one, ending.now - (ending.access_end - ending.now))) continue;
      mark(one, ending);
      revoked({0, one.user_id, one.id, 0, seconds(ending.access_end)});
      ended.push_back(one.id);
    }
    return ended;
  }
  util::TimePoint database_time() const {
    const util::Clock* known = database_clock;
    return known != nullptr ? known->now() : util::TimePoint{};
  }

  std::vector<Touched> touched_;  // when the rows that create() made were last written
};

}  // namespace store_test
