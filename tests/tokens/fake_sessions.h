// Sessions, revocations and audit in memory, for tests of many threads too.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/audit_store.h"
#include "store/revocation_store.h"
#include "store/session_store.h"
#include "util/error.h"

namespace tokens_test {

class FakeAudit final : public store::AuditStore {
 public:
  /// "login 7 logout", one for each event.
  std::vector<std::string> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  std::vector<store::AuditEvent> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  void append(const store::AuditEvent& event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    told_.push_back(std::string(store::name(event.kind)) + " " + std::to_string(event.user_id) +
                    (event.reason.empty() ? "" : " ") + event.reason);
  }
  std::vector<store::AuditRecord> list(const store::AuditFilter&) override { return {}; }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

 private:
  mutable std::mutex mutex_;
  std::vector<store::AuditEvent> events_;
  std::vector<std::string> told_;
};

/// The table that workers share. A row that is `hidden` was not committed yet.
class FakeRevocations final : public store::RevocationStore {
 public:
  std::atomic<bool> away{false};
  std::atomic<int> everything{0};  // calls of all()
  std::atomic<int> polls{0};       // calls of recent()
  std::function<void()> before_answer = [] {};

  void append(const store::Revocation& revocation) override { put(revocation, true); }
  /// `is_recent`: written within the window.
  void put(const store::Revocation& revocation, bool is_recent) {
    const std::lock_guard lock(mutex_);
    rows_.emplace_back(revocation, is_recent);
  }
  void age() {
    const std::lock_guard lock(mutex_);
    for (auto& [row, is_recent] : rows_) is_recent = false;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return rows_.size();
  }

  std::vector<store::Revocation> all() override {
    ++everything;
    return read(false);
  }
  std::vector<store::Revocation> recent(std::chrono::seconds) override {
    ++polls;
    return read(true);
  }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

 private:
  std::vector<store::Revocation> read(bool recent_only) {
    before_answer();
    if (away) throw util::Outage("the database is away");
    const std::lock_guard lock(mutex_);
    std::vector<store::Revocation> read;
    for (const auto& [row, is_recent] : rows_) {
      if (is_recent || !recent_only) read.push_back(row);
    }
    return read;
  }

  mutable std::mutex mutex_;
  std::vector<std::pair<store::Revocation, bool>> rows_;
};

/// The rows, and what ends with them, as the contract has it: each call is one step.
class FakeSessions final : public store::SessionStore {
 public:
  FakeSessions(FakeRevocations& revocations, FakeAudit& audit) : revocations_(revocations), audit_(audit) {}

  std::atomic<int> statements{0};
  std::atomic<bool> away{false};  // for rotations
  /// Runs when a rotation was refused and the row is not read yet: where another request overtakes.
  std::function<void()> before_find = [] {};
  /// As a server says of an UPDATE that leaves a row as it is.
  std::atomic<bool> counts_unchanged_rows{true};

  std::vector<store::Session> rows() const {
    const std::lock_guard lock(mutex_);
    std::vector<store::Session> rows;
    for (const auto& [id, row] : rows_) rows.push_back(row);
    return rows;
  }
  void erase(const store::SessionId& id) {
    const std::lock_guard lock(mutex_);
    rows_.erase(id);
  }
  void change(const store::SessionId& id, const std::function<void(store::Session&)>& how) {
    const std::lock_guard lock(mutex_);
    how(rows_.at(id));
  }

  bool create(const store::Session& session) override {
    ++statements;
    const std::lock_guard lock(mutex_);
    return rows_.try_emplace(session.id, session).second;
  }
  bool rotate(const store::Rotation& rotation) override {
    ++statements;
    if (away) throw util::Outage("the database is away");
    const std::lock_guard lock(mutex_);
    return rotate_row(rotation);
  }
  std::vector<bool> rotate_all(std::span<const store::Rotation> rotations) override {
    ++statements;
    if (away) throw util::Outage("the database is away");
    const std::lock_guard lock(mutex_);
    std::vector<bool> rotated;
    for (const auto& rotation : rotations) rotated.push_back(rotate_row(rotation));
    return rotated;
  }
  std::optional<store::Session> find(const store::SessionId& id) override {
    ++statements;
    before_find();
    const std::lock_guard lock(mutex_);
    const auto found = rows_.find(id);
    return found == rows_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<store::SessionPlace> places_of(std::string_view) override { return {}; }
  std::vector<store::Session> list(const store::SessionFilter& filter, util::TimePoint now) override {
    const std::lock_guard lock(mutex_);
    std::vector<store::Session> listed;
    for (const auto& [id, row] : rows_) {
      if (row.user_id == filter.user_id && is_live(row, now)) listed.push_back(row);
    }
    std::sort(listed.begin(), listed.end(),
              [](const auto& a, const auto& b) { return a.last_used_at > b.last_used_at; });
    return listed;
  }

  std::vector<store::SessionId> revoke(std::int64_t user_id, const store::SessionId& id,
                                       const store::Ending& ending) override {
    return end(ending, [&](const store::Session& row) { return row.user_id == user_id && row.id == id; });
  }
  std::vector<store::SessionId> revoke_all(std::int64_t user_id,
                                           const std::optional<store::SessionId>& except,
                                           const store::Ending& ending) override {
    revocations_.append(
        {0,
         user_id,
         {},
         std::chrono::floor<std::chrono::seconds>(ending.now).time_since_epoch().count(),
         std::chrono::ceil<std::chrono::seconds>(ending.refresh_end).time_since_epoch().count()});
    return end(ending, [&](const store::Session& row) { return row.user_id == user_id && row.id != except; });
  }
  std::vector<store::SessionId> revoke_beyond(std::int64_t user_id, unsigned keep,
                                              const store::Ending& ending) override {
    auto live = list({.user_id = user_id}, ending.now);
    live.erase(live.begin(), live.begin() + std::min<std::ptrdiff_t>(keep, std::ssize(live)));
    return end(ending, [&](const store::Session& row) {
      return std::any_of(live.begin(), live.end(), [&](const auto& old) { return old.id == row.id; });
    });
  }
  std::optional<std::vector<store::SessionId>> change_password(std::int64_t, std::string_view,
                                                               std::optional<std::string_view>,
                                                               const std::optional<store::SessionId>&,
                                                               const store::Ending&) override {
    return std::nullopt;
  }
  Deleted delete_user(std::int64_t, const store::Ending&) override { return Deleted::no_such_user; }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

 private:
  bool rotate_row(const store::Rotation& rotation) {
    const auto found = rows_.find(rotation.id);
    if (found == rows_.end()) return false;
    store::Session& row = found->second;
    if (row.current != rotation.presented || row.revoked_at || row.expires_at <= rotation.now) return false;
    const bool changes = rotation.next != rotation.presented || row.last_used_at != rotation.now;
    if (rotation.next != rotation.presented) {
      row.previous = row.current;
      row.current = rotation.next;
      ++row.generation;
    }
    row.last_used_at = rotation.now;
    row.idle_expires_at = std::min(rotation.idle_expires_at, row.expires_at);
    row.address = rotation.address;
    row.user_agent = rotation.user_agent;
    return changes || counts_unchanged_rows;
  }

  static bool is_live(const store::Session& row, util::TimePoint now) {
    return !row.revoked_at && row.idle_expires_at > now;
  }
  template <typename Which>
  std::vector<store::SessionId> end(const store::Ending& ending, Which which) {
    ++statements;
    std::vector<store::SessionId> ended;
    const std::lock_guard lock(mutex_);
    for (auto& [id, row] : rows_) {
      if (!which(row) || !is_live(row, ending.now)) continue;
      row.revoked_at = ending.now;
      row.revoked_for = store::name(ending.reason);
      ended.push_back(id);
      revocations_.append({0, row.user_id, id, 0, ending.access_end.time_since_epoch().count() / 1'000'000});
    }
    if (!ended.empty()) audit_.append(ending.event);
    return ended;
  }

  FakeRevocations& revocations_;
  FakeAudit& audit_;
  mutable std::mutex mutex_;
  std::map<store::SessionId, store::Session> rows_;
};

}  // namespace tokens_test
