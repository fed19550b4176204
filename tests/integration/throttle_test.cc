// Guessing at passwords: what is slowed, for how long, and that nothing tells whether there is an account.
// Times are not waited for: a row's end is moved where a test needs one that is over, or one that is not.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {
namespace {

constexpr const char* kWrong = "Zebra-quilt-78";

/// Everything of an answer that is not different in each one.
std::string bytes_of(const Answer& answer) {
  std::string all = std::to_string(answer.status) + "\n";
  for (const auto& [name, value] : answer.headers) {
    if (name != "x-request-id" && name != "date") all += name + ": " + value + "\n";
  }
  return all + answer.body;
}

/// The blocks that there are go on for a while: no longer than one can be (a later end is a clock that was
/// ahead) …
void hold_blocks(mysql::Pool& pool) {
  change(pool, "UPDATE jwtauthd_throttle SET blocked_until = blocked_until + INTERVAL 10 MINUTE");
}
/// … or are over.
void end_blocks(mysql::Pool& pool) {
  change(pool,
         "UPDATE jwtauthd_throttle SET blocked_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND "
         "WHERE blocked_until IS NOT NULL");
}

std::vector<int> fail(const std::string& username, int times) {
  std::vector<int> statuses;
  for (int i = 0; i < times; ++i) statuses.push_back(login(username, kWrong).status);
  return statuses;
}

/// Seconds from the last failure to the end of the block.
std::int64_t delay_of(mysql::Pool& pool, std::int64_t user_id) {
  return number(pool,
                "SELECT COALESCE(ROUND(TIMESTAMPDIFF(MICROSECOND, last_failed_at, blocked_until) / 1e6), 0) "
                "FROM jwtauthd_throttle WHERE kind = 'n' AND user_id = " +
                    std::to_string(user_id));
}

/// Of somebody who has been logged in elsewhere only: here, whoever asks is a stranger to him.
auto register_elsewhere() {
  auto account = register_and_login();
  change(database(),
         "UPDATE jwtauthd_session SET address = '203.0.113.9' WHERE user_id = " + std::to_string(account.id));
  return account;
}

}  // namespace

class ThrottleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ThrottleTest);
  CPPUNIT_TEST(answers_429_in_drfs_words_and_does_not_look_at_the_password);
  CPPUNIT_TEST(unknown_accounts_are_treated_the_same_to_the_byte);
  CPPUNIT_TEST(each_further_failure_doubles_the_delay);
  CPPUNIT_TEST(many_guesses_at_once_have_one_turn);
  CPPUNIT_TEST(a_success_clears_the_count);
  CPPUNIT_TEST(names_that_are_one_account_count_together);
  CPPUNIT_TEST(an_operator_sees_and_clears);
  CPPUNIT_TEST(a_password_asked_again_counts_too);
  CPPUNIT_TEST(where_he_was_logged_in_an_owner_gets_in);
  CPPUNIT_TEST(an_address_is_slowed_for_all_accounts);
  CPPUNIT_TEST(an_account_is_locked_at_the_limit);
  CPPUNIT_TEST_SUITE_END();

 public:
  // All suites come from one address, and 50 failures of it are a delay for each of them.
  void setUp() override { change(database(), "DELETE FROM jwtauthd_throttle"); }
  void tearDown() override { setUp(); }

  void answers_429_in_drfs_words_and_does_not_look_at_the_password() {
    const auto account = register_elsewhere();
    CPPUNIT_ASSERT(std::vector<int>(5, 401) == fail(account.username, 5));
    hold_blocks(database());
    const auto blocked = login(account.username, account.password);
    CPPUNIT_ASSERT_EQUAL(429, blocked.status);
    const auto wait = blocked.header("retry-after");
    CPPUNIT_ASSERT_MESSAGE(wait, std::stoi(wait) > 500 && std::stoi(wait) <= 601);
    CPPUNIT_ASSERT_EQUAL(
        R"({"detail":"Request was throttled. Expected available in )" + wait + R"( seconds."})",
        blocked.body);
    // The tokens that there are know nothing of it.
    CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(account.refresh).status);
    end_blocks(database());
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
  }

  void unknown_accounts_are_treated_the_same_to_the_byte() {
    const auto account = register_elsewhere();
    const auto inactive = register_elsewhere();
    change(database(), "UPDATE auth_user SET is_active = 0 WHERE id = " + std::to_string(inactive.id));
    const std::string nobody = fresh_username();
    for (int i = 1; i <= 8; ++i) {
      if (i == 6) hold_blocks(database());
      if (i == 8) end_blocks(database());
      const auto known = login(account.username, kWrong);
      CPPUNIT_ASSERT_EQUAL(i == 6 || i == 7 ? 429 : 401, known.status);
      const auto unknown = login(nobody, kWrong);
      const auto closed = login(inactive.username, inactive.password);
      if (known.status == 429) {  // a second may begin in between
        const int other = std::stoi(unknown.header("retry-after"));
        CPPUNIT_ASSERT(std::abs(std::stoi(known.header("retry-after")) - other) <= 3);
        CPPUNIT_ASSERT_EQUAL(429, closed.status);
        CPPUNIT_ASSERT_EQUAL(known.headers.size(), unknown.headers.size());
      } else {
        CPPUNIT_ASSERT_EQUAL(bytes_of(known), bytes_of(unknown));
        CPPUNIT_ASSERT_EQUAL(bytes_of(known), bytes_of(closed));
      }
    }
  }

  void each_further_failure_doubles_the_delay() {
    const auto account = register_elsewhere();
    fail(account.username, 4);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, delay_of(database(), account.id));
    for (const std::int64_t delay : {1, 2, 4, 8}) {
      end_blocks(database());
      CPPUNIT_ASSERT_EQUAL(401, login(account.username, kWrong).status);
      CPPUNIT_ASSERT_EQUAL(delay, delay_of(database(), account.id));
    }
    change(database(), "UPDATE jwtauthd_throttle SET failures = 60 WHERE kind = 'n'");
    end_blocks(database());
    CPPUNIT_ASSERT_EQUAL(401, login(account.username, kWrong).status);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{900}, delay_of(database(), account.id));
  }

  void many_guesses_at_once_have_one_turn() {
    const auto account = register_elsewhere();
    fail(account.username, 5);
    // So that the delay after the one turn outlasts the slowest machine.
    change(database(), "UPDATE jwtauthd_throttle SET failures = 20 WHERE kind = 'n'");
    end_blocks(database());
    std::atomic<int> tried{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> guesses;
    for (int i = 0; i < 16; ++i) {
      guesses.emplace_back([&] {
        const int status = login(account.username, kWrong).status;
        tried += status == 401;
        refused += status == 429;
      });
    }
    for (auto& guess : guesses) guess.join();
    CPPUNIT_ASSERT_EQUAL(1, tried.load());
    CPPUNIT_ASSERT_EQUAL(15, refused.load());
  }

  void a_success_clears_the_count() {
    const auto account = register_elsewhere();
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(std::vector<int>(4, 401) == fail(account.username, 4));
      CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        "what an address failed at is not made good by one account of its own", std::int64_t{12},
        number(database(), "SELECT failures FROM jwtauthd_throttle WHERE kind = 'a'"));
  }

  void names_that_are_one_account_count_together() {
    const auto account = register_elsewhere();
    std::string upper = account.username;
    upper[0] = 'I';
    std::string full_width = account.username;
    full_width.replace(0, 1, "\xef\xbd\x89");  // U+FF49
    for (const auto& name : {account.username, upper, full_width, account.username, upper}) {
      CPPUNIT_ASSERT_EQUAL(401, login(name, kWrong).status);
    }
    hold_blocks(database());
    for (const auto& name : {account.username, upper, full_width}) {
      CPPUNIT_ASSERT_EQUAL(429, login(name, kWrong).status);
    }
  }

  void an_operator_sees_and_clears() {
    const auto account = register_elsewhere();
    fail(account.username, 5);
    hold_blocks(database());
    CPPUNIT_ASSERT_EQUAL(429, login(account.username, account.password).status);
    const auto list = jwtauthctl("throttle list");
    CPPUNIT_ASSERT_MESSAGE(list, list.find(account.username) != std::string::npos &&
                                     list.find("127.0.0.1") != std::string::npos);
    jwtauthctl("throttle clear " + account.username);
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
    jwtauthctl("throttle clear --address 127.0.0.1");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, number(database(), "SELECT COUNT(*) FROM jwtauthd_throttle"));
  }

  void a_password_asked_again_counts_too() {
    const auto account = register_and_login();
    const auto guess = [&](const std::string& password) {
      return post_json("/api/password/change/",
                       R"({"old_password":")" + password + R"(","new_password":"Ferry-lantern-19"})",
                       bearer(account.access));
    };
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL(400, guess(kWrong).status);
    hold_blocks(database());
    CPPUNIT_ASSERT_EQUAL_MESSAGE("whoever has a token has not the password yet", 429,
                                 guess(account.password).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("of this session alone", 200,
                                 login(account.username, account.password).status);
  }

  void where_he_was_logged_in_an_owner_gets_in() {
    const auto account = register_and_login();
    fail(account.username, 5);
    change(database(), "UPDATE jwtauthd_throttle SET failures = 100 WHERE kind = 'n'");
    hold_blocks(database());
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
    CPPUNIT_ASSERT(std::vector<int>(5, 401) == fail(account.username, 5));
    hold_blocks(database());
    CPPUNIT_ASSERT_EQUAL(429, login(account.username, account.password).status);
    jwtauthctl("throttle clear " + account.username);
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
  }

  void an_address_is_slowed_for_all_accounts() {
    const SessionsStack quick;  // throttle.address_failures = 8
    change(quick.database(), "DELETE FROM jwtauthd_throttle");
    const auto owner = register_and_login();
    const auto account = register_and_login();
    change(quick.database(), "UPDATE jwtauthd_session SET address = '203.0.113.9' WHERE user_id = " +
                                 std::to_string(account.id));
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT_EQUAL(401, login(fresh_username(), kWrong).status);
    hold_blocks(quick.database());
    CPPUNIT_ASSERT_EQUAL(429, login(account.username, account.password).status);
    CPPUNIT_ASSERT_EQUAL(200, login(owner.username, owner.password).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(account.refresh).status);
    change(quick.database(), "DELETE FROM jwtauthd_throttle");
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
  }

  void an_account_is_locked_at_the_limit() {
    const SessionsStack quick;  // throttle: delays from 3 failures on, locked for a minute at 4
    change(quick.database(), "DELETE FROM jwtauthd_throttle");
    const auto account = register_and_login();
    change(quick.database(), "UPDATE jwtauthd_session SET address = '203.0.113.9'");
    fail(account.username, 3);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, delay_of(quick.database(), account.id));
    end_blocks(quick.database());
    CPPUNIT_ASSERT_EQUAL(401, login(account.username, kWrong).status);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{60}, delay_of(quick.database(), account.id));
    CPPUNIT_ASSERT_EQUAL(429, login(account.username, account.password).status);
    CPPUNIT_ASSERT_EQUAL(
        std::int64_t{1},
        number(quick.database(),
               "SELECT COUNT(*) FROM jwtauthd_audit WHERE kind = 'locked_out' AND user_id = " +
                   std::to_string(account.id)));
    // When it is over, the count begins anew.
    end_blocks(quick.database());
    CPPUNIT_ASSERT(std::vector<int>(2, 401) == fail(account.username, 2));
    CPPUNIT_ASSERT_EQUAL(200, login(account.username, account.password).status);
    change(quick.database(), "DELETE FROM jwtauthd_throttle");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ThrottleTest);

}  // namespace integration
