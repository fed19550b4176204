#include "accounts/throttle.h"

#include <cppunit/extensions/HelperMacros.h>

#include <future>

#include "accounts/fake_session_store.h"
#include "accounts/fake_throttle_store.h"

namespace {

using accounts::Throttle;
using accounts::Throttled;
using std::chrono::seconds;
using Kind = store::ThrottleSubject::Kind;

class ThrottleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ThrottleTest);
  CPPUNIT_TEST(first_failures_cost_nothing_and_then_the_delay_doubles_up_to_its_end);
  CPPUNIT_TEST(too_many_failures_lock_the_account_and_then_it_begins_anew);
  CPPUNIT_TEST(a_success_forgets_the_account_and_not_the_address);
  CPPUNIT_TEST(an_account_is_not_slowed_by_another_ones_failures);
  CPPUNIT_TEST(an_address_is_slowed_over_all_accounts);
  CPPUNIT_TEST(an_address_begins_anew_after_an_hour);
  CPPUNIT_TEST(successes_from_a_slowed_address_are_not_counted);
  CPPUNIT_TEST(what_is_no_address_is_not_counted);
  CPPUNIT_TEST(of_guesses_at_once_one_gets_the_turn);
  CPPUNIT_TEST(no_more_than_the_free_ones_are_looked_at_at_once);
  CPPUNIT_TEST(right_passwords_at_once_are_refused_by_no_earlier_failure);
  CPPUNIT_TEST(of_rivals_after_a_lockout_one_begins_anew);
  CPPUNIT_TEST(a_turn_that_came_to_nothing_counts_as_a_failure);
  CPPUNIT_TEST(the_good_case_costs_one_statement);
  CPPUNIT_TEST(each_failure_is_recorded_and_each_delay_once);
  CPPUNIT_TEST(strangers_keep_no_owner_out);
  CPPUNIT_TEST(an_owner_has_a_count_of_his_own_with_the_same_bounds);
  CPPUNIT_TEST(an_owner_is_known_by_his_network_and_his_own_account_only);
  CPPUNIT_TEST(nobody_asks_for_the_owner_before_there_is_a_delay);
  CPPUNIT_TEST(a_slowed_address_keeps_no_owner_out);
  CPPUNIT_TEST(what_an_address_is_refused_counts_towards_it_once_a_second);
  CPPUNIT_TEST(who_is_logged_in_counts_by_his_session);
  CPPUNIT_TEST(tokens_without_session_count_together);
  CPPUNIT_TEST(a_clock_that_was_ahead_costs_no_more_than_max_delay);
  CPPUNIT_TEST_SUITE_END();

 public:
  void first_failures_cost_nothing_and_then_the_delay_doubles_up_to_its_end() {
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(0L, wait_and_fail("ada"));
    std::string waits;
    for (int i = 0; i < 6; ++i) waits += std::to_string(wait_and_fail("ada")) + " ";
    CPPUNIT_ASSERT_EQUAL(std::string("2 4 8 16 20 20 "), waits);
  }

  void too_many_failures_lock_the_account_and_then_it_begins_anew() {
    origin_.address.clear();  // whose failures would slow it, too
    for (int i = 0; i < 12; ++i) wait_and_fail("ada");
    CPPUNIT_ASSERT_EQUAL(1000L, waiting("ada"));
    clock_.now_ += seconds(999);
    CPPUNIT_ASSERT_EQUAL(1L, waiting("ada"));
    clock_.now_ += seconds(1);
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(0L, wait_and_fail("ada"));
    CPPUNIT_ASSERT_EQUAL(2L, waiting("ada"));
  }

  void a_success_forgets_the_account_and_not_the_address() {
    for (int i = 0; i < 5; ++i) wait_and_fail("ada");
    clock_.now_ += seconds(100);
    throttle_.succeeded(attempt("ada"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures_.failures_of("ada"));
    for (int i = 0; i < 3; ++i) wait_and_fail("bob");
    CPPUNIT_ASSERT_EQUAL(2L, waiting("eve"));  // of the address: the eighth failure
  }

  void a_clock_that_was_ahead_costs_no_more_than_max_delay() {
    clock_.now_ += std::chrono::hours(24);
    for (const auto* name : {"ada", "ada", "ada", "ada", "b", "c", "d", "e"}) wait_and_fail(name);
    CPPUNIT_ASSERT(waiting("bob") > 0);  // of the address
    clock_.now_ -= std::chrono::hours(24);
    CPPUNIT_ASSERT_EQUAL(20L, waiting("bob"));
    clock_.now_ += seconds(20);
    throttle_.failed(attempt("ada"), 7, origin_);  // its turn, and what was counted still is
    CPPUNIT_ASSERT_EQUAL(8L, std::get<Throttled>(begin_at("ada", "")).wait.count());
    CPPUNIT_ASSERT_EQUAL(8L, waiting("bob"));  // eight, the one that shortened the delay, and this one
  }

  void an_account_is_not_slowed_by_another_ones_failures() {
    for (int i = 0; i < 5; ++i) wait_and_fail("ada");
    CPPUNIT_ASSERT_EQUAL(0L, waiting("bob"));
  }

  void an_address_is_slowed_over_all_accounts() {
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 0L, waiting(name));
      throttle_.failed(attempt(name), 0, origin_);
    }
    CPPUNIT_ASSERT_EQUAL(2L, waiting("i"));
    const store::Origin neighbour{"192.0.2.8", "", ""};
    CPPUNIT_ASSERT(std::holds_alternative<Throttle::Attempt>(throttle_.begin("i", neighbour)));
    clock_.now_ += seconds(2);
    throttle_.failed(attempt("i"), 0, origin_);
    CPPUNIT_ASSERT_EQUAL(4L, waiting("j"));
  }

  void an_address_begins_anew_after_an_hour() {
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g"}) throttle_.failed(attempt(name), 0, origin_);
    clock_.now_ += std::chrono::hours(1) + seconds(1);
    throttle_.failed(attempt("h"), 0, origin_);
    CPPUNIT_ASSERT_EQUAL(0L, waiting("i"));
  }

  void successes_from_a_slowed_address_are_not_counted() {
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h"})
      throttle_.failed(attempt(name), 0, origin_);
    clock_.now_ += seconds(2);
    for (int i = 0; i < 20; ++i) throttle_.succeeded(attempt("ada"));
    CPPUNIT_ASSERT_EQUAL(0L, waiting("ada"));
  }

  void what_is_no_address_is_not_counted() {
    for (const auto* address : {"", "unix:", "here"}) {
      const store::Origin origin{address, "", ""};
      for (int i = 0; i < 20; ++i) {
        const std::string name = address + std::to_string(i);
        throttle_.failed(std::get<Throttle::Attempt>(throttle_.begin(name, origin)), 0, origin);
      }
    }
  }

  void of_guesses_at_once_one_gets_the_turn() {
    for (int i = 0; i < 3; ++i) wait_and_fail("ada");
    clock_.now_ += seconds(100);
    // Both have read the same row when the rival claims it.
    failures_.before_claim = [&] {
      CPPUNIT_ASSERT(std::holds_alternative<Throttle::Attempt>(throttle_.begin("ada", origin_)));
    };
    const auto late = throttle_.begin("ada", origin_);
    CPPUNIT_ASSERT_EQUAL(4L, std::get<Throttled>(late).wait.count());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, failures_.failures_of("ada"));
  }

  void no_more_than_the_free_ones_are_looked_at_at_once() {
    std::vector<Throttle::Attempt> under_way;
    for (const auto* name : {"ada", "ADA", "ada"}) under_way.push_back(attempt(name));
    auto fourth = std::async(std::launch::async, [&] { return throttle_.begin("\u00c5da", origin_); });
    CPPUNIT_ASSERT(fourth.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
    attempt("bob");
    under_way.pop_back();  // neither right nor wrong
    CPPUNIT_ASSERT(std::holds_alternative<Throttle::Attempt>(fourth.get()));
    under_way.push_back(attempt("ada"));
    auto fifth = std::async(std::launch::async, [&] { return throttle_.begin("ada", origin_); });
    for (const auto& one : under_way) throttle_.failed(one, 7, origin_);
    under_way.clear();
    CPPUNIT_ASSERT(std::holds_alternative<Throttled>(fifth.get()));
  }

  void right_passwords_at_once_are_refused_by_no_earlier_failure() {
    wait_and_fail("ada");
    wait_and_fail("ada");
    std::vector<Throttle::Attempt> under_way;
    for (int i = 0; i < 3; ++i) under_way.push_back(attempt("ada"));
    for (const auto& one : under_way) throttle_.succeeded(one);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures_.failures_of("ada"));
  }

  void of_rivals_after_a_lockout_one_begins_anew() {
    origin_.address.clear();
    for (int i = 0; i < 12; ++i) wait_and_fail("ada");
    clock_.now_ += seconds(1000);
    // Both have read twelve when the rival begins anew, and fails twice.
    failures_.before_claim = [&] {
      for (int i = 0; i < 2; ++i) throttle_.failed(attempt("ada"), 7, origin_);
    };
    throttle_.failed(attempt("ada"), 7, origin_);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, failures_.failures_of("ada"));
    CPPUNIT_ASSERT(std::holds_alternative<Throttled>(begin_at("ada", "")));
  }

  void a_turn_that_came_to_nothing_counts_as_a_failure() {
    for (int i = 0; i < 3; ++i) wait_and_fail("ada");
    clock_.now_ += seconds(100);
    attempt("ada");
    CPPUNIT_ASSERT_EQUAL(4L, waiting("ada"));
  }

  void the_good_case_costs_one_statement() {
    throttle_.succeeded(attempt("ada"));
    CPPUNIT_ASSERT_EQUAL(1, failures_.statements);
  }

  void each_failure_is_recorded_and_each_delay_once() {
    wait_and_fail("ada");
    CPPUNIT_ASSERT_EQUAL(std::string("login_failed"), audit_.told());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, audit_.events[0].user_id);
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7"), audit_.events[0].address);
    CPPUNIT_ASSERT_EQUAL(std::string("request"), audit_.events[0].request_id);
    wait_and_fail("ada");
    wait_and_fail("ada");
    for (int i = 0; i < 5; ++i) waiting("ada");
    CPPUNIT_ASSERT_EQUAL(std::string("login_failed login_failed login_failed login_throttled:account"),
                         audit_.told());
    for (int i = 3; i < 11; ++i) wait_and_fail("ada");
    audit_.events.clear();
    wait_and_fail("ada");
    CPPUNIT_ASSERT_EQUAL(std::string("login_failed locked_out"), audit_.told());
  }

  void strangers_keep_no_owner_out() {
    has_session("ada", "192.0.2.7");
    // Each from another address, so that no address is slowed: they take every turn until the lock.
    int stranger = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto turn = begin_at("ada", "203.0.113." + std::to_string(stranger++ % 250));
      if (const auto* taken = std::get_if<Throttle::Attempt>(&turn)) throttle_.failed(*taken, 7, {});
      CPPUNIT_ASSERT(!std::holds_alternative<Throttled>(begin_at("ada", "192.0.2.7")));
      clock_.now_ += seconds(1);
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{12}, failures_.failures_of("ada"));
    CPPUNIT_ASSERT(std::holds_alternative<Throttled>(begin_at("ada", "198.51.100.1")));
    // And what he does there opens nothing to the others.
    throttle_.succeeded(std::get<Throttle::Attempt>(begin_at("ada", "192.0.2.7")));
    CPPUNIT_ASSERT(std::holds_alternative<Throttled>(begin_at("ada", "198.51.100.1")));
  }

  void an_owner_has_a_count_of_his_own_with_the_same_bounds() {
    has_session("ada", "192.0.2.7");
    origin_.address = "203.0.113.9";
    for (int i = 0; i < 3; ++i) wait_and_fail("ada");
    std::string waits;
    for (int i = 0; i < 12; ++i) {
      audit_.events.clear();
      const auto turn = begin_at("ada", "192.0.2.7");
      throttle_.failed(std::get<Throttle::Attempt>(turn), 7, {});
      failures_.clear({Kind::address, "192.0.2.7"});  // which would be slowed, too
      const auto until = failures_.read({Kind::owner, "1/192.0.2.7"}, {}).account.blocked_until;
      if (!until || i == 11) continue;
      waits += std::to_string(std::chrono::ceil<seconds>(*until - clock_.now_).count()) + " ";
      clock_.now_ = *until;
    }
    CPPUNIT_ASSERT_EQUAL(std::string("2 4 8 16 20 20 20 20 20 "), waits);
    CPPUNIT_ASSERT_EQUAL(std::string("login_failed locked_out"), audit_.told());
    CPPUNIT_ASSERT_EQUAL(1000L, std::get<Throttled>(begin_at("ada", "192.0.2.7")).wait.count());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, failures_.failures_of("ada"));
  }

  void an_owner_is_known_by_his_network_and_his_own_account_only() {
    has_session("ada", "2001:db8:1:2::9");
    for (int i = 0; i < 3; ++i) wait_and_fail("ada");
    for (int i = 0; i < 3; ++i) wait_and_fail("bob");
    const struct {
      const char* name;
      const char* address;
      bool known;
    } rows[] = {
        {"ada", "2001:db8:1:2::9", true},  {"ada", "2001:db8:1:2:ffff::1", true},
        {"ada", "2001:db8:1:3::9", false}, {"ada", "", false},
        {"bob", "2001:db8:1:2::9", false}, {"nobody", "2001:db8:1:2::9", true},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          std::string(row.name) + " " + row.address, row.known,
          std::holds_alternative<Throttle::Attempt>(begin_at(row.name, row.address)));
    }
  }

  void nobody_asks_for_the_owner_before_there_is_a_delay() {
    has_session("ada", "192.0.2.7");
    for (int i = 0; i < 3; ++i) wait_and_fail("ada");
    CPPUNIT_ASSERT_EQUAL(0, sessions_.place_questions);
    attempt("ada");
    CPPUNIT_ASSERT_EQUAL(1, sessions_.place_questions);
    failures_.statements = 0;
    for (int i = 0; i < 3; ++i) wait_and_fail("nobody");
    begin_at("nobody", "192.0.2.8");
    CPPUNIT_ASSERT_EQUAL(2, sessions_.place_questions);
  }

  void a_slowed_address_keeps_no_owner_out() {
    has_session("ada", "192.0.2.7");
    for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h"})
      throttle_.failed(attempt(name), 0, origin_);
    CPPUNIT_ASSERT(std::holds_alternative<Throttled>(throttle_.begin("bob", origin_)));
    confirmation({7, store::SessionId{1}});
    for (int i = 0; i < 3; ++i) throttle_.failed(attempt("ada"), 1, origin_);
    // His own failures do, and that refuses him is nothing to his neighbours.
    const auto before = failures_.failures_of("192.0.2.7", Kind::address);
    clock_.now_ += seconds(1);
    CPPUNIT_ASSERT_EQUAL(1L, std::get<Throttled>(throttle_.begin("ada", origin_)).wait.count());
    CPPUNIT_ASSERT_EQUAL(before, failures_.failures_of("192.0.2.7", Kind::address));
  }

  void what_an_address_is_refused_counts_towards_it_once_a_second() {
    origin_.address = "203.0.113.9";
    for (int i = 0; i < 7; ++i) wait_and_fail("ada");
    for (int i = 0; i < 20; ++i)
      CPPUNIT_ASSERT(std::holds_alternative<Throttled>(begin_at("ada", "192.0.2.7")));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures_.failures_of("192.0.2.7", Kind::address));
    for (int i = 0; i < 7; ++i) {
      clock_.now_ += seconds(1);
      CPPUNIT_ASSERT(std::holds_alternative<Throttled>(begin_at("ada", "192.0.2.7")));
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{8}, failures_.failures_of("192.0.2.7", Kind::address));
    CPPUNIT_ASSERT_EQUAL(2L, std::get<Throttled>(begin_at("bob", "192.0.2.7")).wait.count());
    // What the address itself is refused is not counted.
    CPPUNIT_ASSERT_EQUAL(std::int64_t{8}, failures_.failures_of("192.0.2.7", Kind::address));
  }

  void who_is_logged_in_counts_by_his_session() {
    const store::SessionId one{1};
    const store::SessionId two{2};
    for (int i = 0; i < 3; ++i) throttle_.failed(attempt("ada"), 7, {});
    for (int i = 0; i < 3; ++i) throttle_.failed(confirmation({7, one}), 7, {});
    CPPUNIT_ASSERT(std::holds_alternative<Throttled>(throttle_.begin(accounts::LoggedIn{7, one}, origin_)));
    confirmation({7, two});
    confirmation({8, one});
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, failures_.failures_of("ada"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3},
                         failures_.failures_of("7/01000000000000000000000000000000", Kind::owner));
  }

  void tokens_without_session_count_together() {
    for (int i = 0; i < 3; ++i) throttle_.failed(confirmation({7, std::nullopt}), 7, {});
    CPPUNIT_ASSERT(
        std::holds_alternative<Throttled>(throttle_.begin(accounts::LoggedIn{7, std::nullopt}, origin_)));
    confirmation({8, std::nullopt});
  }

 private:
  void has_session(const std::string& username, const std::string& address) {
    store::Session session;
    session.user_id = users_.add(username, "").id;
    session.address = address;
    sessions_.rows.push_back(session);
  }
  std::variant<Throttle::Attempt, Throttled> begin_at(const std::string& name, const std::string& address) {
    return throttle_.begin(name, store::Origin{address, "", ""});
  }
  Throttle::Attempt confirmation(const accounts::LoggedIn& who) {
    return std::get<Throttle::Attempt>(throttle_.begin(who, origin_));
  }
  /// The seconds that the next attempt is told to wait; 0: it is its turn. Counts nothing: what an account's
  /// delay refuses counts towards the address, which is left out for that.
  long waiting(const std::string& name) {
    const auto both = failures_.read({Kind::account, name}, {Kind::address, origin_.address});
    const auto is_blocked = [&](const store::ThrottleState& state) {
      return state.blocked_until && *state.blocked_until > clock_.now_;
    };
    if (is_blocked(both.address)) return std::get<Throttled>(throttle_.begin(name, origin_)).wait.count();
    return is_blocked(both.account) ? std::get<Throttled>(begin_at(name, "")).wait.count() : 0;
  }
  Throttle::Attempt attempt(const std::string& name) {
    return std::get<Throttle::Attempt>(throttle_.begin(name, origin_));
  }
  /// Waits as long as it takes, and fails.
  long wait_and_fail(const std::string& name) {
    long waited = 0;
    while (const long more = waiting(name)) {
      clock_.now_ += seconds(more);
      waited += more;
    }
    throttle_.failed(attempt(name), 7, origin_);
    return waited;
  }

  const accounts::ThrottleOptions options_{.account_failures = 3,
                                           .address_failures = 8,
                                           .first_delay = seconds(2),
                                           .max_delay = seconds(20),
                                           .max_failures = 12,
                                           .lockout = seconds(1000)};
  store::Origin origin_{"192.0.2.7", "agent", "request"};
  accounts_test::FakeThrottleStore failures_;
  accounts_test::FakeUserStore users_;
  accounts_test::FakeSessionStore sessions_{users_};
  accounts_test::FakeAuditStore audit_;
  accounts_test::FixedClock clock_;
  Throttle throttle_{failures_, &sessions_, &audit_, clock_, options_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(ThrottleTest);

}  // namespace
