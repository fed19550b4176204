// Sessions, revocations and audit in memory, for tests of many threads too.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/audit_store.h"
#include "store/blacklist_store.h"
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
  std::atomic<int> last_poll{0};   // rows that the last one of these gave
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
  bool ended(std::int64_t user_id, std::int64_t issued) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) {
      return row.first.user_id == user_id && row.first.session == store::SessionId{} &&
             row.first.not_before >= issued;
    });
  }

  std::vector<store::Revocation> all() override {
    ++everything;
    return read(false);
  }
  std::vector<store::Revocation> recent(std::chrono::seconds, std::int64_t after_id) override {
    ++polls;
    auto rows = read(true);
    // Rows that a test gave no id are of none of these.
    std::erase_if(rows, [&](const auto& row) { return row.id != 0 && row.id <= after_id; });
    last_poll = static_cast<int>(rows.size());
    return rows;
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
  /// Runs when a token without session is about to be ended: where another request adopts it.
  std::function<void()> before_bar = [] {};
  /// Whether the user's password is still that one.
  std::function<bool(std::string_view)> has_password = [](std::string_view) { return true; };
  /// The database's clock.
  std::atomic<const util::Clock*> clock{nullptr};

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

  store::Created create(const store::Session& session, const store::Grounds& grounds) override {
    ++statements;
    if (!holds(session, grounds)) return store::Created::refused;
    const std::lock_guard lock(mutex_);
    if (!rows_.try_emplace(session.id, session).second) return store::Created::taken;
    touched_[session.id] = database_time();
    return store::Created::done;
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
    if (found == rows_.end()) return std::nullopt;
    store::Session row = found->second;
    row.unchanged_for = database_time() - touched_[id];
    return row;
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
  bool revoke_or_bar(const store::Session& session, const store::Ending& ending) override {
    before_bar();
    {
      const std::lock_guard lock(mutex_);
      const auto [row, is_new] = rows_.try_emplace(session.id, session);
      if (is_new) {
        row->second.revoked_at = ending.now;
        row->second.revoked_for = store::name(ending.reason);
        revocations_.append(
            {0, session.user_id, session.id, 0,
             std::chrono::ceil<std::chrono::seconds>(ending.refresh_end).time_since_epoch().count()});
        audit_.append(ending.event);
        return true;
      }
    }
    return !revoke(session.user_id, session.id, ending).empty();
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
    if (rotation.next != rotation.presented) {
      row.previous = row.current;
      row.current = rotation.next;
      ++row.generation;
    }
    row.last_used_at = rotation.now;
    row.idle_expires_at = std::min(rotation.idle_expires_at, row.expires_at);
    row.address = rotation.address;
    row.user_agent = rotation.user_agent;
    touched_[rotation.id] = database_time();
    return true;
  }

  static bool is_live(const store::Session& row, util::TimePoint now) {
    return !row.revoked_at && row.idle_expires_at > now;
  }
  util::TimePoint database_time() const {
    const util::Clock* known = clock;
    return known != nullptr ? known->now() : util::TimePoint{};
  }
  bool holds(const store::Session& session, const store::Grounds& grounds) {
    if (grounds.password) return has_password(*grounds.password);
    return !revocations_.ended(session.user_id, grounds.issued);
  }
  template <typename Which>
  std::vector<store::SessionId> end(const store::Ending& ending, Which which) {
    ++statements;
    std::vector<store::SessionId> ended;
    const std::lock_guard lock(mutex_);
    for (auto& [id, row] : rows_) {
      if (!which(row) || !is_live(row, ending.now - (ending.access_end - ending.now))) continue;
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
  std::map<store::SessionId, util::TimePoint> touched_;  // last written
};

/// Django's blacklist as sessions see it; not there until a test says so.
class FakeDjango final : public store::BlacklistStore {
 public:
  bool there = false;
  std::set<std::string, std::less<>> blacklisted;
  std::atomic<int> statements{0};

  bool tables_exist() override { return there; }
  bool may_be_asked() override {
    ++statements;
    return there;
  }
  bool is_blacklisted(std::string_view jti) override {
    ++statements;
    return blacklisted.contains(jti);
  }
  void record(const store::OutstandingToken&) override {}
  store::Blacklisting blacklist(const store::OutstandingToken&, util::TimePoint,
                                const store::OutstandingToken*) override {
    return store::Blacklisting::done;
  }
  store::Flushed flush_expired(util::TimePoint, std::int64_t, unsigned) override { return {}; }
};

}  // namespace tokens_test
