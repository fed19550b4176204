// Sessions, revocations and audit in memory, for tests of many threads too.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/audit_store.h"
#include "store/blacklist_store.h"
#include "store/revocation_store.h"
#include "store/sessions_in_memory.h"
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
  std::atomic<int> everything{0};  // times that all were read, from the first page on
  std::atomic<int> polls{0};       // calls of recent()
  std::atomic<int> last_poll{0};   // rows that the last one of these gave
  std::atomic<int> looked_up{0};   // calls of has_ended()
  std::function<void()> before_answer = [] {};
  std::function<void()> before_page = [] {};

  /// `is_recent`: written within the window.
  void put(const store::Revocation& revocation, bool is_recent) {
    const std::lock_guard lock(mutex_);
    rows_.emplace_back(revocation, is_recent);
  }
  void age() {
    const std::lock_guard lock(mutex_);
    for (auto& [row, is_recent] : rows_) is_recent = false;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    rows_.clear();
  }
  bool ended(std::int64_t user_id, std::int64_t issued) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) {
      return row.first.user_id == user_id && row.first.session == store::SessionId{} &&
             row.first.not_before >= issued;
    });
  }

  std::vector<store::Revocation> all() { return read(false); }
  std::vector<store::Revocation> page(std::int64_t after_id, unsigned limit) override {
    if (after_id == 0) ++everything;
    before_page();
    auto rows = read(false);
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    std::erase_if(rows,
                  [&](const auto& row) { return row.id < after_id || (row.id == after_id && row.id != 0); });
    if (rows.size() > limit) rows.resize(limit);
    return rows;
  }
  bool has_ended(std::int64_t user_id, const store::SessionId& session, std::int64_t issued,
                 store::Reading) override {
    if (away) throw util::Outage("the database is away");
    ++looked_up;
    const std::lock_guard lock(mutex_);
    return std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) {
      return row.first.user_id == user_id &&
             (row.first.session == session ||
              (row.first.session == store::SessionId{} && row.first.not_before >= issued));
    });
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

/// With the revocations and the audit of what ends.
class FakeSessions final : public store_test::SessionsInMemory {
 public:
  FakeSessions(FakeRevocations& revocations, FakeAudit& audit) : revocations_(revocations), audit_(audit) {}

  std::atomic<int> statements{0};
  /// Runs when a rotation was refused and the row is not read yet: where another request overtakes.
  std::function<void()> before_find = [] {};
  /// Runs when a token without session is about to be ended: where another request adopts it.
  std::function<void()> before_bar = [] {};
  /// Whether the user's password is still that one.
  std::function<bool(std::string_view)> has_password = [](std::string_view) { return true; };

  std::vector<store::Session> all() const {
    const std::lock_guard lock(mutex_);
    return rows;
  }
  void erase(const store::SessionId& id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(rows, [&](const auto& row) { return row.id == id; });
  }
  void change(const store::SessionId& id, const std::function<void(store::Session&)>& how) {
    const std::lock_guard lock(mutex_);
    how(*std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; }));
  }

  store::Created create(const store::Session& session, const store::Grounds& grounds) override {
    ++statements;
    return SessionsInMemory::create(session, grounds);
  }
  bool rotate(const store::Rotation& rotation) override {
    ++statements;
    return SessionsInMemory::rotate(rotation);
  }
  std::optional<store::Session> find(const store::SessionId& id) override {
    ++statements;
    before_find();
    return SessionsInMemory::find(id);
  }
  std::vector<store::SessionId> revoke_beyond(std::int64_t user_id, unsigned keep,
                                              const store::Ending& ending) override {
    if (away) throw util::Outage("the database is away");
    return SessionsInMemory::revoke_beyond(user_id, keep, ending);
  }
  bool revoke_or_bar(const store::Session& session, const store::Ending& ending) override {
    before_bar();
    return SessionsInMemory::revoke_or_bar(session, ending);
  }

 private:
  bool holds(const store::Session& session, const store::Grounds& grounds) override {
    if (grounds.password) return has_password(*grounds.password);
    return !revocations_.ended(session.user_id, grounds.issued);
  }
  void told(const store::Ending& ending) override { audit_.append(ending.event); }
  void revoked(const store::Revocation& revocation) override { revocations_.put(revocation, true); }

  FakeRevocations& revocations_;
  FakeAudit& audit_;
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
