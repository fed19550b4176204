// Sessions, what ended, and what was recorded of it, in memory over the users of a FakeUserStore.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/fake_user_store.h"
#include "store/sessions_in_memory.h"

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

  std::vector<store::Revocation> page(std::int64_t after_id, unsigned) override {
    return after_id == 0 ? rows : std::vector<store::Revocation>{};
  }
  std::vector<store::Revocation> recent(std::chrono::seconds, std::int64_t) override { return rows; }
  bool has_ended(std::int64_t, const store::SessionId&, std::int64_t, store::Reading) override {
    return false;
  }
  std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }
};

class FakeSessionStore final : public store_test::SessionsInMemory {
 public:
  explicit FakeSessionStore(FakeUserStore& users) : users_(users) {}

  std::vector<store::AuditEvent> events;
  bool referred_to = false;
  int place_questions = 0;
  std::function<void()> before_change_password = [] {};

  std::vector<store::SessionPlace> places_of(std::string_view username) override {
    ++place_questions;
    std::vector<store::SessionPlace> places;
    for (const auto& row : rows) {
      const auto user = users_.find_by_id(row.user_id);
      if (user && user->username == username) places.push_back({row.user_id, row.address});
    }
    return places;
  }
  Deleted delete_user(std::int64_t user_id, const store::Ending& ending) override {
    if (referred_to) return Deleted::referred_to;
    revoke_all(user_id, std::nullopt, ending);
    std::erase_if(rows, [&](const store::Session& row) { return row.user_id == user_id; });
    const auto gone = std::erase_if(users_.rows, [&](const store::User& user) { return user.id == user_id; });
    return gone > 0 ? Deleted::done : Deleted::no_such_user;
  }

 private:
  bool set_password(std::int64_t user_id, std::string_view encoded,
                    std::optional<std::string_view> expected_old) override {
    before_change_password();
    return users_.set_password(user_id, encoded, expected_old);
  }
  void told(const store::Ending& ending) override { events.push_back(ending.event); }

  FakeUserStore& users_;
};

}  // namespace accounts_test
