#include "ctl/user.h"

#include <cppunit/extensions/HelperMacros.h>

#include "ctl/accounts_in_memory.h"
#include "ctl/user_text.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;
using jwtauthd::ExitCode;
using jwtauthd::UserReference;

class UserTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserTest);
  CPPUNIT_TEST(lists_in_columns);
  CPPUNIT_TEST(says_where_to_go_on);
  CPPUNIT_TEST(lists_all_over_many_pages);
  CPPUNIT_TEST(lists_json_that_parses);
  CPPUNIT_TEST(shows_everything_but_the_hash);
  CPPUNIT_TEST(gives_a_terminal_no_orders);
  CPPUNIT_TEST(names_the_scheme_of_a_hash);
  CPPUNIT_TEST(unknown_users_are_refused);
  CPPUNIT_TEST(switches_accounts_on_and_off);
  CPPUNIT_TEST(a_closed_account_has_no_sessions_left);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::AccountsInMemory accounts_;
  accounts_test::FakeUserStore& users_ = accounts_.users;
  ctl_test::ScriptedTerminal terminal_;

  json::Value parsed() { return json::parse(terminal_.output).value(); }

 public:
  void lists_in_columns() {
    users_.add("ann", "!", "ann@example.com").last_login =
        util::TimePoint(std::chrono::seconds(1'700'000'000));
    users_.add("jürgen", "!", "j@example.com").is_active = false;
    CPPUNIT_ASSERT(jwtauthd::list_users({}, users_, terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(
        "ID  USERNAME  EMAIL            ACTIVE  STAFF  LAST LOGIN\n"
        "1   ann       ann@example.com  yes     no     2023-11-14T22:13:20Z\n"
        "2   jürgen    j@example.com    no      no     never\n"s,
        terminal_.output);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
  }

  void says_where_to_go_on() {
    for (const char* name : {"a", "b", "c"}) users_.add(name);
    jwtauthd::UserList two;
    two.limit = 2;
    jwtauthd::list_users(two, users_, terminal_);
    CPPUNIT_ASSERT_EQUAL("There are more: go on with --after 2\n"s, terminal_.errors);
    terminal_ = {};
    two.filter.after_id = 2;
    jwtauthd::list_users(two, users_, terminal_);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
    CPPUNIT_ASSERT(terminal_.output.find("3   c") != std::string::npos);
    terminal_ = {};
    jwtauthd::UserList three;
    three.limit = 3;
    jwtauthd::list_users(three, users_, terminal_);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
  }

  void lists_all_over_many_pages() {
    for (int i = 0; i < 1203; ++i) users_.add("user" + std::to_string(i));
    for (const unsigned limit : {0U, 1203U, 1100U}) {
      terminal_ = {};
      jwtauthd::UserList all;
      all.limit = limit;
      all.json = true;
      jwtauthd::list_users(all, users_, terminal_);
      const json::Value list = parsed();
      const std::size_t expected = limit == 0 ? 1203 : limit;
      CPPUNIT_ASSERT_EQUAL(expected, list.size());
      for (std::size_t i = 0; i < expected; ++i) {
        CPPUNIT_ASSERT_EQUAL(static_cast<std::int64_t>(i + 1), list.at(i).get("id")->as_integer());
      }
      CPPUNIT_ASSERT_EQUAL(expected < 1203, !terminal_.errors.empty());
    }
  }

  void lists_json_that_parses() {
    jwtauthd::UserList empty;
    empty.json = true;
    jwtauthd::list_users(empty, users_, terminal_);
    CPPUNIT_ASSERT_EQUAL("[]\n"s, terminal_.output);
  }

  void shows_everything_but_the_hash() {
    store::User& user = users_.add("ann", "pbkdf2_sha256$260000$saltsalt$hashhash", "a\"nn@example.com");
    user.first_name = "Ann";
    user.date_joined = util::TimePoint(std::chrono::microseconds(1'700'000'000'000'001));
    CPPUNIT_ASSERT(jwtauthd::show_user({{}, "ANN"}, true, users_, terminal_) == ExitCode::ok);
    const json::Value shown = parsed();
    CPPUNIT_ASSERT(shown.get("username")->as_string() == "ann");
    CPPUNIT_ASSERT(shown.get("email")->as_string() == "a\"nn@example.com");
    CPPUNIT_ASSERT(shown.get("date_joined")->as_string() == "2023-11-14T22:13:20.000001Z");
    CPPUNIT_ASSERT(shown.get("last_login")->is(json::Type::null));
    CPPUNIT_ASSERT(shown.get("is_active")->as_boolean());
    CPPUNIT_ASSERT(shown.get("password_scheme")->as_string() == "pbkdf2_sha256, 260000 iterations");
    CPPUNIT_ASSERT(terminal_.output.find("hashhash") == std::string::npos);
    CPPUNIT_ASSERT(terminal_.output.find("saltsalt") == std::string::npos);

    terminal_ = {};
    CPPUNIT_ASSERT(jwtauthd::show_user({1, ""}, false, users_, terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT(terminal_.output.find("username      ann\n") != std::string::npos);
    CPPUNIT_ASSERT(terminal_.output.find("password      pbkdf2_sha256, 260000 iterations\n") !=
                   std::string::npos);
    CPPUNIT_ASSERT(terminal_.output.find("saltsalt") == std::string::npos);
  }

  void gives_a_terminal_no_orders() {
    users_.add("evil\x1b[2J", "!",
               "\xc2\x9b"
               "31m\r\n\xff@example.com");
    jwtauthd::list_users({}, users_, terminal_);
    jwtauthd::show_user({1, ""}, false, users_, terminal_);
    for (const char* order : {"\x1b", "\xc2\x9b", "\r", "\xff"}) {
      CPPUNIT_ASSERT(terminal_.output.find(order) == std::string::npos);
    }
    terminal_ = {};
    jwtauthd::show_user({1, ""}, true, users_, terminal_);
    CPPUNIT_ASSERT(json::parse(terminal_.output).has_value());
  }

  void names_the_scheme_of_a_hash() {
    const struct {
      const char* encoded;
      const char* expected;
    } rows[] = {
        {"", "none"},
        {"!abc", "unusable"},
        {"pbkdf2_sha256$260000$salt$hash", "pbkdf2_sha256, 260000 iterations"},
        {"pbkdf2_sha1$1$salt$hash", "pbkdf2_sha1, 1 iterations"},
        {"argon2$argon2id$v=19$m=19456,t=2,p=1$salt$hash", "argon2id"},
        {"scrypt$16384$salt$8$5$hash", "scrypt"},
        {"bcrypt_sha256$$2b$12$hash", "bcrypt_sha256"},
        {"md5$salt$hash", "md5"},
        {"d41d8cd98f00b204e9800998ecf8427e", "unknown"},
        {"plaintext", "unknown"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), jwtauthd::password_scheme(row.encoded));
    }
  }

  void unknown_users_are_refused() {
    CPPUNIT_ASSERT(jwtauthd::show_user({{}, "nobody"}, false, users_, terminal_) == ExitCode::refused);
    CPPUNIT_ASSERT(jwtauthd::set_user_active({7, ""}, true, accounts_.all(), terminal_) == ExitCode::refused);
    CPPUNIT_ASSERT_EQUAL("Error: user 'nobody' does not exist\nError: there is no user with id 7\n"s,
                         terminal_.errors);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.output);
  }

  void switches_accounts_on_and_off() {
    users_.add("ann");
    const UserReference ann{{}, "ann"};
    CPPUNIT_ASSERT(jwtauthd::set_user_active(ann, false, accounts_.all(), terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT(!users_.rows[0].is_active);
    CPPUNIT_ASSERT(jwtauthd::set_user_active(ann, false, accounts_.all(), terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT(jwtauthd::set_user_active(ann, true, accounts_.all(), terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT(users_.rows[0].is_active);
    CPPUNIT_ASSERT_EQUAL(
        "User 'ann' is now inactive.\nUser 'ann' is already inactive.\nUser 'ann' is now active.\n"s,
        terminal_.output);
    CPPUNIT_ASSERT_EQUAL(1, users_.writes);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, users_.events.size());
    CPPUNIT_ASSERT(users_.events[0].kind == store::AuditKind::user_activated);
    CPPUNIT_ASSERT_EQUAL("cli"s, users_.events[0].request_id);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, users_.events[0].user_id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, accounts_.sessions.endings.size());  // Django's admin ends none
    const auto& closed = accounts_.sessions.endings[0];
    CPPUNIT_ASSERT(closed.event.kind == store::AuditKind::user_deactivated);
    CPPUNIT_ASSERT_MESSAGE("as of the moment at which his row is held", closed.clock == &accounts_.clock);
  }

  void a_closed_account_has_no_sessions_left() {
    users_.add("ann");
    store::Session open;
    open.id = {7};
    open.user_id = 1;
    open.idle_expires_at = open.expires_at = accounts_.clock.now() + std::chrono::hours(1);
    accounts_.sessions.rows.push_back(open);
    for (const bool active : {false, true}) {
      CPPUNIT_ASSERT(jwtauthd::set_user_active({{}, "ann"}, active, accounts_.all(), terminal_) ==
                     ExitCode::ok);
    }
    CPPUNIT_ASSERT_EQUAL("admin"s, accounts_.sessions.rows[0].revoked_for);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserTest);

}  // namespace
