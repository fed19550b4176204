// A refresh token that comes twice, a token of a Django that knows no sessions, and a limit of sessions; on a
// stack without grace.
#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {
namespace {

void assert_blacklisted(const Answer& answer) {
  CPPUNIT_ASSERT_EQUAL(401, answer.status);
  CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Token is blacklisted","code":"token_not_valid"})"),
                       answer.body);
}

}  // namespace

class ReuseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReuseTest);
  CPPUNIT_TEST(reuse_ends_the_session_and_is_recorded);
  CPPUNIT_TEST(reuse_ends_no_other_session);
  CPPUNIT_TEST(reuse_is_found_among_refreshes_that_share_a_statement);
  CPPUNIT_TEST(a_token_of_django_is_refreshed_once);
  CPPUNIT_TEST(an_access_token_of_django_can_be_logged_out);
  CPPUNIT_TEST(a_new_password_ends_tokens_of_django);
  CPPUNIT_TEST(a_login_beyond_the_limit_ends_the_oldest_session);
  CPPUNIT_TEST_SUITE_END();

  std::optional<SessionsStack> there_;
  Account account_;

  /// As simplejwt 5.2 writes it: no `sid`, the user's id as a number.
  std::string of_django(const std::string& type) const {
    static int count = 0;
    const auto now = static_cast<long long>(std::time(nullptr));
    const std::string jti =
        "d0000000000040008000" + std::to_string(100000000000 + account_.id * 1000 + ++count);
    return there_->signed_by_django(R"({"token_type":")" + type + R"(","exp":)" + std::to_string(now + 3600) +
                                    R"(,"iat":)" + std::to_string(now - 60) + R"(,"jti":")" + jti +
                                    R"(","user_id":)" + std::to_string(account_.id) + "}");
  }
  std::int64_t recorded(const std::string& kind) const {
    return number(there_->database(), "SELECT COUNT(*) FROM jwtauthd_audit WHERE kind = '" + kind +
                                          "' AND user_id = " + std::to_string(account_.id));
  }

 public:
  void setUp() override {
    there_.emplace();
    account_ = register_and_login();
  }
  void tearDown() override { there_.reset(); }

  void reuse_ends_the_session_and_is_recorded() {
    const auto rotated = refresh(account_.refresh);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(rotated.body, 200, rotated.status);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, recorded("refresh_reuse"));
    CPPUNIT_ASSERT_EQUAL(401, verified(account_.refresh));
    assert_blacklisted(refresh(account_.refresh));
    assert_blacklisted(refresh(member(rotated.body, "refresh")));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(401, dashboard(account_.access).status);
    CPPUNIT_ASSERT_EQUAL(401, dashboard(member(rotated.body, "access")).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("once, however often it comes", std::int64_t{1}, recorded("refresh_reuse"));
    const auto sid = sid_of(account_.refresh);
    CPPUNIT_ASSERT_EQUAL(
        sid + " 127.0.0.1",
        rows(there_->database(),
             "LOWER(HEX(session)), address) FROM jwtauthd_audit WHERE kind = 'refresh_reuse' AND user_id = " +
                 std::to_string(account_.id))
            .at(0));
    CPPUNIT_ASSERT_EQUAL(
        std::string("reuse"),
        rows(there_->database(), "revoked_for) FROM jwtauthd_session WHERE id = UNHEX('" + sid + "')").at(0));
  }

  void reuse_ends_no_other_session() {
    const auto other = login_again(account_);
    CPPUNIT_ASSERT_EQUAL(200, refresh(account_.refresh).status);
    assert_blacklisted(refresh(account_.refresh));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(200, dashboard(other.access).status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(other.refresh).status);
  }

  /// All threads that refresh are kept waiting for the row of one session, so that the three that come
  /// meanwhile are taken together.
  void reuse_is_found_among_refreshes_that_share_a_statement() {
    constexpr int kRefreshThreads = 4;
    const auto stolen = account_.refresh;
    const auto second = refresh(stolen);
    const auto third = refresh(member(second.body, "refresh"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(third.body, 200, third.status);
    const auto first_of_others = register_and_login();
    const auto last_of_others = register_and_login();
    const auto slow = register_and_login();

    std::optional<mysql::Transaction> holds(there_->database());
    const std::string row =
        "SELECT id FROM jwtauthd_session WHERE id = UNHEX('" + sid_of(slow.refresh) + "') FOR UPDATE";
    CPPUNIT_ASSERT(holds->prepare(row.c_str()).query().next());
    std::vector<std::jthread> clients;
    for (int i = 1; i <= kRefreshThreads; ++i) {
      clients.emplace_back([&] { refresh(slow.refresh); });
      const auto all_wait = [&] {
        return number(there_->database(),
                      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE "
                      "'%UPDATE%jwtauthd_session%' AND ID <> CONNECTION_ID()") == i;
      };
      CPPUNIT_ASSERT(eventually(all_wait));
    }
    std::array<Answer, 3> answers;
    const std::array<std::string, 3> tokens{first_of_others.refresh, stolen, last_of_others.refresh};
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      clients.emplace_back([&, i] { answers.at(i) = refresh(tokens.at(i)); });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // less, and they are not taken together
    holds.reset();
    for (auto& client : clients) client.join();

    CPPUNIT_ASSERT_EQUAL_MESSAGE(answers[0].body, 200, answers[0].status);
    assert_blacklisted(answers[1]);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answers[2].body, 200, answers[2].status);
    assert_blacklisted(refresh(member(third.body, "refresh")));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, recorded("refresh_reuse"));
  }

  void a_token_of_django_is_refreshed_once() {
    const auto foreign = of_django("refresh");
    CPPUNIT_ASSERT_EQUAL(200, verified(foreign));
    const auto rotated = refresh(foreign);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(rotated.body, 200, rotated.status);
    const auto successor = member(rotated.body, "refresh");
    CPPUNIT_ASSERT_EQUAL(200, dashboard(member(rotated.body, "access")).status);
    const auto next = refresh(successor);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(next.body, 200, next.status);
    assert_blacklisted(refresh(foreign));
    assert_blacklisted(refresh(member(next.body, "refresh")));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(401, dashboard(member(next.body, "access")).status);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, recorded("refresh_reuse"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the login here has nothing to do with it", 200,
                                 refresh(account_.refresh).status);
  }

  void an_access_token_of_django_can_be_logged_out() {
    const auto foreign = of_django("access");
    const auto another = of_django("access");
    CPPUNIT_ASSERT_EQUAL(200, dashboard(foreign).status);
    const auto done = post_json("/api/logout/", "{}", bearer(foreign));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(401, dashboard(foreign).status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(another).status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(account_.access).status);
  }

  void a_new_password_ends_tokens_of_django() {
    const auto refresh_token = of_django("refresh");
    const auto access = of_django("access");
    CPPUNIT_ASSERT_EQUAL(200, dashboard(access).status);
    const auto done =
        post_json("/api/password/change/",
                  R"({"old_password":")" + account_.password + R"(","new_password":"Ferry-lantern-19"})",
                  bearer(account_.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    assert_blacklisted(refresh(refresh_token));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(401, dashboard(access).status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(account_.access).status);
  }

  void a_login_beyond_the_limit_ends_the_oldest_session() {
    const auto second = login_again(account_);
    const auto third = login_again(account_);
    CPPUNIT_ASSERT_EQUAL(200, verified(account_.refresh));
    const auto fourth = login_again(account_);
    assert_blacklisted(refresh(account_.refresh));
    for (const auto* kept : {&second, &third, &fourth}) {
      CPPUNIT_ASSERT_EQUAL(200, refresh(kept->refresh).status);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReuseTest);

}  // namespace integration
