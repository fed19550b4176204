#include "accounts/credentials.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "accounts/fake_session_store.h"
#include "accounts/fake_throttle_store.h"
#include "util/random.h"

namespace {

using namespace std::string_literals;
using accounts_test::FakeUserStore;

crypto::PasswordParams pbkdf2(unsigned iterations) {
  crypto::PasswordParams params;
  params.hasher = crypto::Hasher::pbkdf2_sha256;
  params.pbkdf2_iterations = iterations;
  return params;
}

class CredentialsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CredentialsTest);
  CPPUNIT_TEST(the_right_password_opens);
  CPPUNIT_TEST(everything_else_gives_nothing);
  CPPUNIT_TEST(a_name_logs_in_as_it_was_typed);
  CPPUNIT_TEST(names_that_no_column_holds_are_not_asked_for);
  CPPUNIT_TEST(weaker_hash_is_upgraded);
  CPPUNIT_TEST(stronger_hash_is_not_lowered);
  CPPUNIT_TEST(upgrade_does_not_undo_a_password_change);
  CPPUNIT_TEST(of_logins_at_once_that_upgrade_each_has_the_hash_that_is_stored);
  CPPUNIT_TEST(failing_writes_do_not_fail_the_login);
  CPPUNIT_TEST(last_login_is_written_only_where_configured);
  CPPUNIT_TEST(database_away_is_no_verdict);
  CPPUNIT_TEST(every_failure_costs_about_the_same);
  CPPUNIT_TEST(a_throttled_login_looks_at_no_password);
  CPPUNIT_TEST(names_that_nobody_has_are_throttled_the_same);
  CPPUNIT_TEST(a_success_ends_the_count_even_when_that_cannot_be_stored);
  CPPUNIT_TEST(a_failure_that_cannot_be_counted_is_no_verdict);
  CPPUNIT_TEST(a_confirmation_is_not_slowed_by_failed_logins);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_right_password_opens() {
    const auto id = users_.add("alice", hashes_.encode("secret")).id;
    const auto user = check("alice", "secret");
    CPPUNIT_ASSERT(user.has_value());
    CPPUNIT_ASSERT_EQUAL(id, user->id);
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void everything_else_gives_nothing() {
    users_.add("alice", hashes_.encode("secret"));
    users_.add("gone", hashes_.encode("secret")).is_active = false;
    users_.add("locked", "!abcdefgh");
    users_.add("odd", "no$such$scheme");
    users_.add("empty", "");
    const struct {
      const char* username;
      std::string password;
    } rows[] = {
        {"alice", "Secret"}, {"alice", ""},      {"alice", "secret\0x"s}, {"nobody", "secret"},
        {"", "secret"},      {"gone", "secret"}, {"locked", ""},          {"locked", "abcdefgh"},
        {"odd", "scheme"},   {"empty", ""},      {"alice ", "secret"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_MESSAGE(row.username, !check(row.username, row.password));
    }
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void a_name_logs_in_as_it_was_typed() {
    users_.add("full", hashes_.encode("secret"));
    CPPUNIT_ASSERT(check("ｆｕｌｌ", "secret"));
  }

  void names_that_no_column_holds_are_not_asked_for() {
    CPPUNIT_ASSERT(!check(std::string(151, 'x'), "secret"));
    CPPUNIT_ASSERT_EQUAL(0, users_.queries);
    CPPUNIT_ASSERT(!check(std::string(150, 'x'), "secret"));
    CPPUNIT_ASSERT_EQUAL(1, users_.queries);
  }

  void weaker_hash_is_upgraded() {
    const auto old = crypto::PasswordHashes(pbkdf2(1), random_).encode("secret");
    users_.add("alice", old);
    const auto user = check("alice", "secret");
    CPPUNIT_ASSERT(user.has_value());
    CPPUNIT_ASSERT(users_.rows[0].password != old);
    CPPUNIT_ASSERT_EQUAL(users_.rows[0].password, user->password);
    CPPUNIT_ASSERT(hashes_.verify("secret", users_.rows[0].password).matched);
    CPPUNIT_ASSERT(!hashes_.verify("secret", users_.rows[0].password).upgrade);
    CPPUNIT_ASSERT_EQUAL(1, users_.writes);
    CPPUNIT_ASSERT(!check("alice", "wrong"));
    CPPUNIT_ASSERT_EQUAL(1, users_.writes);
  }

  void stronger_hash_is_not_lowered() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(kIterations + 1), random_).encode("secret"));
    CPPUNIT_ASSERT(check("alice", "secret"));
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void upgrade_does_not_undo_a_password_change() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret"));
    users_.before_set_password = [&] { users_.rows[0].password = "changed meanwhile"; };
    CPPUNIT_ASSERT(!check("alice", "secret"));
    CPPUNIT_ASSERT_EQUAL("changed meanwhile"s, users_.rows[0].password);
  }

  void of_logins_at_once_that_upgrade_each_has_the_hash_that_is_stored() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret"));
    const std::string others = hashes_.encode("secret");
    users_.before_set_password = [&] { users_.rows[0].password = others; };
    const auto user = check("alice", "secret");
    CPPUNIT_ASSERT(user.has_value());
    CPPUNIT_ASSERT_EQUAL(others, user->password);
    CPPUNIT_ASSERT_EQUAL(others, users_.rows[0].password);
  }

  void failing_writes_do_not_fail_the_login() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret"));
    users_.writes_fail = true;
    options_.update_last_login = true;
    CPPUNIT_ASSERT(check("alice", "secret"));
  }

  void last_login_is_written_only_where_configured() {
    users_.add("alice", hashes_.encode("secret"));
    CPPUNIT_ASSERT(check("alice", "secret"));
    CPPUNIT_ASSERT(!users_.rows[0].last_login);
    options_.update_last_login = true;
    CPPUNIT_ASSERT(!check("alice", "wrong"));
    CPPUNIT_ASSERT(!users_.rows[0].last_login);
    const auto user = check("alice", "secret");
    CPPUNIT_ASSERT(users_.rows[0].last_login == clock_.now_);
    CPPUNIT_ASSERT(user->last_login == clock_.now_);
  }

  void database_away_is_no_verdict() {
    users_.away = true;
    CPPUNIT_ASSERT_THROW(check("alice", "secret"), util::Outage);
  }

  /// Each failure against a wrong password, the fastest of several runs each, within a factor of two:
  /// what is looked for is a path that skips the hash and is a thousand times as fast.
  void every_failure_costs_about_the_same() {
    const crypto::PasswordHashes slow(pbkdf2(20000), random_);
    users_.add("alice", slow.encode("secret"));
    users_.add("gone", slow.encode("secret")).is_active = false;
    users_.add("locked", "!abcdefgh");
    users_.add("odd", "no$such$scheme");
    users_.add("old", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret"));
    users_.add("old-gone", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret")).is_active = false;
    accounts::Credentials credentials(users_, slow, clock_, {}, nullptr);
    const auto cost = [&](const std::string& username, const char* password) {
      auto best = std::chrono::steady_clock::duration::max();
      for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        CPPUNIT_ASSERT(!std::holds_alternative<store::User>(credentials.check(username, password, {})));
        best = std::min(best, std::chrono::steady_clock::now() - start);
      }
      return best;
    };
    const auto wrong = cost("alice", "wrong");
    const struct {
      std::string username;
      const char* password;
    } rows[] = {{"nobody", "secret"},  {std::string(151, 'x'), "secret"},
                {"gone", "secret"},    {"gone", "wrong"},
                {"locked", "secret"},  {"odd", "secret"},
                {"old", "wrong"},      {"old-gone", "wrong"},
                {"old-gone", "secret"}};
    for (const auto& row : rows) {
      const auto other = cost(row.username, row.password);
      CPPUNIT_ASSERT_MESSAGE(row.username, other * 2 > wrong && wrong * 2 > other);
    }
  }

  void a_throttled_login_looks_at_no_password() {
    throttled_ = &throttle_;
    users_.add("alice", hashes_.encode("secret"));
    CPPUNIT_ASSERT(!check("alice", "wrong"));
    CPPUNIT_ASSERT(!check("alice", "wrong"));
    users_.queries = 0;
    const auto outcome = credentials().check("alice", "secret", origin_);
    CPPUNIT_ASSERT(std::holds_alternative<accounts::Throttled>(outcome));
    CPPUNIT_ASSERT_EQUAL(0, users_.queries);
    clock_.now_ += std::chrono::seconds(1);
    CPPUNIT_ASSERT(check("alice", "secret"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures_.failures_of("alice"));
  }

  void names_that_nobody_has_are_throttled_the_same() {
    throttled_ = &throttle_;
    const auto statements_of = [&](const char* name) {
      failures_.statements = users_.queries = 0;
      std::string all;
      for (int i = 0; i < 4; ++i) {
        const auto outcome = credentials().check(name, "wrong", origin_);
        all += std::to_string(outcome.index()) + " " + std::to_string(failures_.statements) + " " +
               std::to_string(users_.queries) + " ";
        if (i == 2) clock_.now_ += std::chrono::seconds(5);
      }
      return all;
    };
    users_.add("alice", hashes_.encode("secret"));
    users_.add("gone", hashes_.encode("secret")).is_active = false;
    const auto wrong = statements_of("alice");
    CPPUNIT_ASSERT_EQUAL(wrong, statements_of("nobody"));
    CPPUNIT_ASSERT_EQUAL(wrong, statements_of("gone"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, audit_.events.front().user_id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3 * 5}, audit_.events.size());
  }

  void a_success_ends_the_count_even_when_that_cannot_be_stored() {
    throttled_ = &throttle_;
    users_.add("alice", hashes_.encode("secret"));
    CPPUNIT_ASSERT(!check("alice", "wrong"));
    failures_.clearing_fails = true;
    CPPUNIT_ASSERT(check("alice", "secret"));
  }

  void a_failure_that_cannot_be_counted_is_no_verdict() {
    throttled_ = &throttle_;
    users_.add("alice", hashes_.encode("secret"));
    failures_.away = true;
    CPPUNIT_ASSERT_THROW(check("alice", "wrong"), util::Outage);
    CPPUNIT_ASSERT_THROW(check("alice", "secret"), util::Outage);
  }

  void a_confirmation_is_not_slowed_by_failed_logins() {
    throttled_ = &throttle_;
    const auto id = users_.add("alice", hashes_.encode("secret")).id;
    const accounts::LoggedIn alice{id, store::SessionId{1}};
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!check("alice", "wrong"));
    CPPUNIT_ASSERT(std::holds_alternative<store::User>(credentials().confirm(alice, "secret", origin_)));
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(
          std::holds_alternative<accounts::BadCredentials>(credentials().confirm(alice, "wrong", origin_)));
    }
    CPPUNIT_ASSERT(
        std::holds_alternative<accounts::Throttled>(credentials().confirm(alice, "secret", origin_)));
    CPPUNIT_ASSERT(std::holds_alternative<accounts::BadCredentials>(
        credentials().confirm({99, std::nullopt}, "secret", origin_)));
  }

 private:
  static constexpr unsigned kIterations = 10;

  accounts::Credentials credentials() { return {users_, hashes_, clock_, options_, throttled_}; }
  std::optional<store::User> check(std::string_view username, std::string_view password) {
    auto outcome = credentials().check(username, password, origin_);
    auto* const user = std::get_if<store::User>(&outcome);
    return user == nullptr ? std::nullopt : std::optional(std::move(*user));
  }

  FakeUserStore users_;
  accounts_test::FixedClock clock_;
  util::SystemRandom random_;
  crypto::PasswordHashes hashes_{pbkdf2(kIterations), random_};
  accounts::CredentialsOptions options_;
  const store::Origin origin_{"192.0.2.7", "agent", "request"};
  accounts_test::FakeThrottleStore failures_;
  accounts_test::FakeAuditStore audit_;
  accounts_test::FakeSessionStore sessions_{users_};
  accounts::Throttle throttle_{failures_, &sessions_, &audit_, clock_, {.account_failures = 2}};
  accounts::Throttle* throttled_ = nullptr;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CredentialsTest);

}  // namespace
