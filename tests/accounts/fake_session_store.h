// Sessions, what ended, and what was recorded of it, in memory over the users of a FakeUserStore.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/fake_user_store.h"
#include "store/session_store.h"

namespace accounts_test {

class FakeAuditStore final : public store::AuditStore {
 public:
  std::vector<store::AuditEvent> events;

  void append(const store::AuditEvent& event) override { events.push_back(event); }
  std::vector<store::AuditRecord> list(const store::AuditFilter&) override { return {}; }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

  /// "login_failed login_throttled:account"
  std::string told() const {
    std::string out;
    for (const auto& event : events) {
      if (!out.empty()) out += ' ';
      out += store::name(event.kind);
      if (!event.reason.empty()) out += ":" + event.reason;
    }
    return out;
  }
};

class FakeRevocationStore final : public store::RevocationStore {
 public:
  std::vector<store::Revocation> rows;

  std::vector<store::Revocation> all() override { return rows; }
  std::vector<store::Revocation> recent(std::chrono::seconds, std::int64_t) override { return rows; }
  void append(const store::Revocation& revocation) override { rows.push_back(revocation); }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }
};

class FakeSessionStore final : public store::SessionStore {
 public:
  explicit FakeSessionStore(FakeUserStore& users) : users_(users) {}

  std::vector<store::Session> rows;
  std::vector<store::AuditEvent> events;
  bool referred_to = false;
  bool away = false;                  // for rotations of several
  std::vector<std::size_t> together;  // how many each of them had
  int place_questions = 0;
  std::function<void()> before_change_password = [] {};

  store::Created create(const store::Session& session, const store::Grounds&) override {
    if (find(session.id)) return store::Created::taken;
    rows.push_back(session);
    return store::Created::done;
  }
  bool rotate(const store::Rotation& rotation) override {
    for (auto& row : rows) {
      if (row.id != rotation.id || row.current != rotation.presented || row.revoked_at ||
          row.expires_at <= rotation.now) {
        continue;
      }
      if (rotation.next != rotation.presented) {
        row.previous = row.current;
        row.current = rotation.next;
        ++row.generation;
      }
      row.last_used_at = rotation.now;
      row.idle_expires_at = rotation.idle_expires_at;
      row.address = rotation.address;
      row.user_agent = rotation.user_agent;
      return true;
    }
    return false;
  }
  std::vector<bool> rotate_all(std::span<const store::Rotation> rotations) override {
    if (away) throw util::Outage("the database is away");
    together.push_back(rotations.size());
    std::vector<bool> rotated;
    for (const auto& rotation : rotations) rotated.push_back(rotate(rotation));
    return rotated;
  }
  std::optional<store::Session> find(const store::SessionId& id) override {
    for (const auto& row : rows) {
      if (row.id == id) return row;
    }
    return std::nullopt;
  }
  std::vector<store::SessionPlace> places_of(std::string_view username) override {
    ++place_questions;
    std::vector<store::SessionPlace> places;
    for (const auto& row : rows) {
      const auto user = users_.find_by_id(row.user_id);
      if (user && user->username == username) places.push_back({row.user_id, row.address});
    }
    return places;
  }
  std::vector<store::Session> list(const store::SessionFilter& filter, util::TimePoint now) override {
    std::vector<store::Session> found;
    for (const auto& row : rows) {
      const bool live = !row.revoked_at && row.idle_expires_at > now;
      if ((!filter.user_id || row.user_id == *filter.user_id) && (live || !filter.live_only))
        found.push_back(row);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.last_used_at > b.last_used_at; });
    return found;
  }
  std::vector<store::SessionId> revoke(std::int64_t user_id, const store::SessionId& id,
                                       const store::Ending& ending) override {
    auto ended = end(ending, [&](const auto& row) { return row.user_id == user_id && row.id == id; });
    if (!ended.empty()) events.push_back(ending.event);
    return ended;
  }
  bool revoke_or_bar(const store::Session& session, const store::Ending& ending) override {
    if (find(session.id)) return !revoke(session.user_id, session.id, ending).empty();
    rows.push_back(session);
    rows.back().revoked_at = ending.now;
    rows.back().revoked_for = store::name(ending.reason);
    events.push_back(ending.event);
    return true;
  }
  std::vector<store::SessionId> revoke_all(std::int64_t user_id,
                                           const std::optional<store::SessionId>& except,
                                           const store::Ending& ending) override {
    events.push_back(ending.event);
    return end(ending, [&](const auto& row) { return row.user_id == user_id && row.id != except; });
  }
  std::vector<store::SessionId> revoke_beyond(std::int64_t, unsigned, const store::Ending&) override {
    return {};
  }
  std::optional<std::vector<store::SessionId>> change_password(std::int64_t user_id, std::string_view encoded,
                                                               std::optional<std::string_view> expected_old,
                                                               const std::optional<store::SessionId>& except,
                                                               const store::Ending& ending) override {
    before_change_password();
    if (!users_.set_password(user_id, encoded, expected_old)) return std::nullopt;
    return revoke_all(user_id, except, ending);
  }
  Deleted delete_user(std::int64_t user_id, const store::Ending& ending) override {
    if (referred_to) return Deleted::referred_to;
    revoke_all(user_id, std::nullopt, ending);
    std::erase_if(rows, [&](const store::Session& row) { return row.user_id == user_id; });
    const auto gone = std::erase_if(users_.rows, [&](const store::User& user) { return user.id == user_id; });
    return gone > 0 ? Deleted::done : Deleted::no_such_user;
  }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }

 private:
  template <typename Chosen>
  std::vector<store::SessionId> end(const store::Ending& ending, Chosen&& chosen) {
    std::vector<store::SessionId> ended;
    for (auto& row : rows) {
      if (!chosen(row) || row.revoked_at || row.idle_expires_at <= ending.now) continue;
      row.revoked_at = ending.now;
      row.revoked_for = store::name(ending.reason);
      ended.push_back(row.id);
    }
    return ended;
  }

  FakeUserStore& users_;
};

}  // namespace accounts_test
