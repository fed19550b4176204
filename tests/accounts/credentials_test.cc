#include "accounts/credentials.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "accounts/fake_user_store.h"
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
  CPPUNIT_TEST(failing_writes_do_not_fail_the_login);
  CPPUNIT_TEST(last_login_is_written_only_where_configured);
  CPPUNIT_TEST(database_away_is_no_verdict);
  CPPUNIT_TEST(every_failure_costs_about_the_same);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_right_password_opens() {
    const auto id = users_.add("alice", hashes_.encode("secret")).id;
    const auto user = credentials().check("alice", "secret");
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
      CPPUNIT_ASSERT_MESSAGE(row.username, !credentials().check(row.username, row.password));
    }
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void a_name_logs_in_as_it_was_typed() {
    users_.add("full", hashes_.encode("secret"));
    CPPUNIT_ASSERT(credentials().check("ｆｕｌｌ", "secret"));
  }

  void names_that_no_column_holds_are_not_asked_for() {
    CPPUNIT_ASSERT(!credentials().check(std::string(151, 'x'), "secret"));
    CPPUNIT_ASSERT_EQUAL(0, users_.queries);
    CPPUNIT_ASSERT(!credentials().check(std::string(150, 'x'), "secret"));
    CPPUNIT_ASSERT_EQUAL(1, users_.queries);
  }

  void weaker_hash_is_upgraded() {
    const auto old = crypto::PasswordHashes(pbkdf2(1), random_).encode("secret");
    users_.add("alice", old);
    const auto user = credentials().check("alice", "secret");
    CPPUNIT_ASSERT(user.has_value());
    CPPUNIT_ASSERT(users_.rows[0].password != old);
    CPPUNIT_ASSERT_EQUAL(users_.rows[0].password, user->password);
    CPPUNIT_ASSERT(hashes_.verify("secret", users_.rows[0].password).matched);
    CPPUNIT_ASSERT(!hashes_.verify("secret", users_.rows[0].password).upgrade);
    CPPUNIT_ASSERT_EQUAL(1, users_.writes);
    CPPUNIT_ASSERT(!credentials().check("alice", "wrong"));
    CPPUNIT_ASSERT_EQUAL(1, users_.writes);
  }

  void stronger_hash_is_not_lowered() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(kIterations + 1), random_).encode("secret"));
    CPPUNIT_ASSERT(credentials().check("alice", "secret"));
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void upgrade_does_not_undo_a_password_change() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret"));
    users_.before_set_password = [&] { users_.rows[0].password = "changed meanwhile"; };
    CPPUNIT_ASSERT(credentials().check("alice", "secret"));
    CPPUNIT_ASSERT_EQUAL("changed meanwhile"s, users_.rows[0].password);
  }

  void failing_writes_do_not_fail_the_login() {
    users_.add("alice", crypto::PasswordHashes(pbkdf2(1), random_).encode("secret"));
    users_.writes_fail = true;
    options_.update_last_login = true;
    CPPUNIT_ASSERT(credentials().check("alice", "secret"));
  }

  void last_login_is_written_only_where_configured() {
    users_.add("alice", hashes_.encode("secret"));
    CPPUNIT_ASSERT(credentials().check("alice", "secret"));
    CPPUNIT_ASSERT(!users_.rows[0].last_login);
    options_.update_last_login = true;
    CPPUNIT_ASSERT(!credentials().check("alice", "wrong"));
    CPPUNIT_ASSERT(!users_.rows[0].last_login);
    const auto user = credentials().check("alice", "secret");
    CPPUNIT_ASSERT(users_.rows[0].last_login == clock_.now_);
    CPPUNIT_ASSERT(user->last_login == clock_.now_);
  }

  void database_away_is_no_verdict() {
    users_.away = true;
    CPPUNIT_ASSERT_THROW(credentials().check("alice", "secret"), util::Outage);
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
    accounts::Credentials credentials(users_, slow, clock_, {});
    const auto cost = [&](const std::string& username, const char* password) {
      auto best = std::chrono::steady_clock::duration::max();
      for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        CPPUNIT_ASSERT(!credentials.check(username, password));
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

 private:
  static constexpr unsigned kIterations = 10;

  accounts::Credentials credentials() { return {users_, hashes_, clock_, options_}; }

  FakeUserStore users_;
  accounts_test::FixedClock clock_;
  util::SystemRandom random_;
  crypto::PasswordHashes hashes_{pbkdf2(kIterations), random_};
  accounts::CredentialsOptions options_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(CredentialsTest);

}  // namespace
