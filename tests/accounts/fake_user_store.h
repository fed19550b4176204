// A UserStore in memory, hand-written for tests. Names and e-mails compare without regard to case, as
// the column's collation has it.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/user_store.h"
#include "util/error.h"
#include "util/unicode.h"

namespace accounts_test {

class FixedClock final : public util::Clock {
 public:
  util::TimePoint now() const override { return now_; }
  util::TimePoint now_{std::chrono::seconds(1'700'000'000)};
};

class FakeUserStore final : public store::UserStore {
 public:
  std::vector<store::User> rows;
  std::vector<store::Membership> memberships;  // in order
  std::vector<store::AuditEvent> events;       // as the table would have them
  int queries = 0;                             // calls that would read
  int writes = 0;
  bool away = false;         // every call throws
  bool writes_fail = false;  // calls that would write throw
  /// Runs before an insert looks for duplicates: the place where another request overtakes.
  std::function<void()> before_insert = [] {};
  std::function<void()> before_set_password = [] {};

  store::User& add(std::string username, std::string encoded = "!", std::string email = "") {
    store::User user;
    user.id = next_id_++;
    user.username = std::move(username);
    user.password = std::move(encoded);
    user.email = std::move(email);
    rows.push_back(std::move(user));
    return rows.back();
  }

  std::optional<store::User> find_by_username(std::string_view username) override {
    reading();
    return find([&](const store::User& row) { return same(row.username, username); });
  }
  std::optional<store::User> find_by_id(std::int64_t id) override {
    reading();
    return find([&](const store::User& row) { return row.id == id; });
  }
  std::vector<store::User> find_by_ids(std::span<const std::int64_t> ids) override {
    reading();
    std::vector<store::User> found;
    for (const auto& row : rows) {
      if (std::find(ids.begin(), ids.end(), row.id) != ids.end()) found.push_back(row);
    }
    return found;
  }
  std::vector<store::Membership> groups_of(std::span<const std::int64_t> ids) override {
    reading();
    std::vector<store::Membership> found;
    for (const auto& membership : memberships) {
      if (std::ranges::count(ids, membership.user_id) != 0) found.push_back(membership);
    }
    return found;
  }
  bool username_exists(std::string_view username) override { return find_by_username(username).has_value(); }
  bool email_exists(std::string_view email) override {
    reading();
    return find([&](const store::User& row) { return same(row.email, email); }).has_value();
  }
  store::Inserted insert(store::User& user, bool unique_email, const store::AuditEvent* event) override {
    writing();
    before_insert();
    for (const auto& row : rows) {
      if (same(row.username, user.username)) return store::Inserted::username_taken;
      if (unique_email && !user.email.empty() && same(row.email, user.email)) {
        return store::Inserted::email_taken;
      }
    }
    user.id = next_id_++;
    rows.push_back(user);
    note(event, user.id);
    return store::Inserted::ok;
  }
  store::ProfileUpdate update_profile(std::int64_t id, const store::ProfileChange& profile, bool unique_email,
                                      const store::AuditEvent* event) override {
    writing();
    const bool claims = unique_email && profile.email && !profile.email->empty();
    const bool taken = claims && find([&](const store::User& row) {
                         return row.id != id && same(row.email, *profile.email);
                       });
    const bool known = change(id, [&](store::User& row) {
      if (taken) return true;
      if (profile.first_name) row.first_name = *profile.first_name;
      if (profile.last_name) row.last_name = *profile.last_name;
      if (profile.email) row.email = *profile.email;
      note(event, id);
      return true;
    });
    if (!known) return store::ProfileUpdate::no_such_user;
    return taken ? store::ProfileUpdate::email_taken : store::ProfileUpdate::ok;
  }
  bool set_password(std::int64_t id, std::string_view encoded,
                    std::optional<std::string_view> expected_old) override {
    writing();
    before_set_password();
    return change(id, [&](store::User& row) {
      if (expected_old && row.password != *expected_old) return false;
      row.password = encoded;
      return true;
    });
  }
  bool has_password(std::int64_t id, std::string_view encoded) override {
    const auto user = find_by_id(id);
    return user && user->is_active && user->password == encoded;
  }
  bool set_last_login(std::int64_t id, util::TimePoint when) override {
    writing();
    return change(id, [&](store::User& row) { return (row.last_login = when, true); });
  }
  bool activate(std::int64_t id, const store::AuditEvent* event) override {
    writing();
    const bool known = change(id, [](store::User& row) { return row.is_active = true; });
    if (known) note(event, id);
    return known;
  }
  std::vector<store::User> list(const store::UserFilter& filter) override {
    reading();
    std::vector<store::User> found;
    for (const auto& row : rows) {
      const bool matches = row.id > filter.after_id &&
                           (!filter.is_active || *filter.is_active == row.is_active) &&
                           (!filter.is_staff || *filter.is_staff == row.is_staff) &&
                           (row.username + '\n' + row.email).find(filter.search) != std::string::npos;
      if (matches && found.size() < filter.limit) found.push_back(row);
    }
    return found;
  }

 private:
  void note(const store::AuditEvent* event, std::int64_t user_id) {
    if (event == nullptr) return;
    events.push_back(*event);
    events.back().user_id = user_id;
  }
  static bool same(std::string_view a, std::string_view b) {
    return util::unicode::casefold(a) == util::unicode::casefold(b);
  }
  void reading() {
    if (away) throw util::Outage("the fake database is away");
    ++queries;
  }
  void writing() {
    if (away || writes_fail) throw util::Outage("the fake database takes no writes");
    ++writes;
  }
  template <typename Predicate>
  std::optional<store::User> find(Predicate predicate) const {
    const auto found = std::find_if(rows.begin(), rows.end(), predicate);
    if (found == rows.end()) return std::nullopt;
    return *found;
  }
  template <typename Change>
  bool change(std::int64_t id, Change apply) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const store::User& row) { return row.id == id; });
    return found != rows.end() && apply(*found);
  }

  std::int64_t next_id_ = 1;
};

}  // namespace accounts_test
