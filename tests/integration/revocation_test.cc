// What is ended is refused by every worker within a second; what is not costs no query; and when a worker
// cannot know any more, it says so.
#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {
namespace {

/// Statements that the server was sent since its start.
std::int64_t questions() {
  auto lease = database().acquire();
  auto found = lease.prepare("SHOW GLOBAL STATUS LIKE 'Questions'").query();
  CPPUNIT_ASSERT(found.next());
  return std::stoll(found.text(2));
}

void assert_blacklisted(const std::string& access) {
  const auto refused = dashboard(access);
  CPPUNIT_ASSERT_EQUAL(401, refused.status);
  CPPUNIT_ASSERT_EQUAL(
      std::string(R"({"detail":"Given token not valid for any token type","code":"token_not_valid",)"
                  R"("messages":[{"token_class":"AccessToken","token_type":"access",)"
                  R"("message":"Token is blacklisted"}]})"),
      refused.body);
}

/// For its lifetime revocations cannot be read, and all else can.
struct FeedAway {
  explicit FeedAway(mysql::Pool& pool_in) : pool(pool_in) {
    change(pool, "RENAME TABLE jwtauthd_revocation TO jwtauthd_revocation_away");
  }
  ~FeedAway() { change(pool, "RENAME TABLE jwtauthd_revocation_away TO jwtauthd_revocation"); }
  FeedAway(const FeedAway&) = delete;
  FeedAway& operator=(const FeedAway&) = delete;
  mysql::Pool& pool;
};

}  // namespace

class RevocationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RevocationTest);
  CPPUNIT_TEST(every_end_reaches_every_worker_within_a_second);
  CPPUNIT_TEST(an_operator_ends_sessions_of_a_running_stack);
  CPPUNIT_TEST(a_known_user_costs_no_sql_while_there_are_revocations);
  CPPUNIT_TEST(a_purge_keeps_what_is_still_good);
  CPPUNIT_TEST(without_the_database_checks_end_when_what_is_known_is_stale);
  CPPUNIT_TEST(a_stale_feed_alone_is_refused_and_told);
  CPPUNIT_TEST_SUITE_END();

  /// `end` is given the account, and another session of the same user.
  static void ends_within_a_second(const char* what,
                                   const std::function<void(const Account&, const Account&)>& end) {
    const auto victim = register_and_login();
    const auto other = login_again(victim);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 0, others_than(200, victim.access));
    end(victim, other);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 0, others_than(401, victim.access));
    assert_blacklisted(victim.access);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 401, verified(victim.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 401, refresh(victim.refresh).status);
  }

 public:
  void every_end_reaches_every_worker_within_a_second() {
    const auto ok = [](const Answer& answer) {
      CPPUNIT_ASSERT_MESSAGE(answer.body, answer.status == 200 || answer.status == 204);
    };
    ends_within_a_second("logout by access token", [&](const Account& victim, const Account& other) {
      ok(post_json("/api/logout/", "{}", bearer(victim.access)));
      CPPUNIT_ASSERT_EQUAL(200, dashboard(other.access).status);
    });
    ends_within_a_second("logout by refresh token", [&](const Account& victim, const Account&) {
      ok(post_json("/api/logout/", R"({"refresh":")" + victim.refresh + R"("})"));
    });
    ends_within_a_second("logout everywhere", [&](const Account&, const Account& other) {
      ok(post_json("/api/logout/all/", "{}", bearer(other.access)));
    });
    ends_within_a_second("ended from another session", [&](const Account& victim, const Account& other) {
      ok(request("DELETE", "/api/sessions/" + sid_of(victim.access) + "/", bearer(other.access)));
    });
    ends_within_a_second("a new password", [&](const Account& victim, const Account& other) {
      ok(post_json("/api/password/change/",
                   R"({"old_password":")" + victim.password + R"(","new_password":"Ferry-lantern-19"})",
                   bearer(other.access)));
    });
  }

  void an_operator_ends_sessions_of_a_running_stack() {
    ends_within_a_second("session revoke", [](const Account& victim, const Account& other) {
      const auto sid = sid_of(victim.access);
      CPPUNIT_ASSERT(jwtauthctl("session list " + victim.username).find(sid) != std::string::npos);
      jwtauthctl("session revoke " + sid);
      CPPUNIT_ASSERT(jwtauthctl("session list " + victim.username).find(sid) == std::string::npos);
      const auto all = jwtauthctl("session list --all " + victim.username);
      CPPUNIT_ASSERT_MESSAGE(
          all, all.find(sid) != std::string::npos && all.find("ended: admin") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(200, dashboard(other.access).status);
    });
    ends_within_a_second("user revoke-tokens", [](const Account& victim, const Account&) {
      jwtauthctl("user revoke-tokens " + victim.username);
    });
  }

  void a_known_user_costs_no_sql_while_there_are_revocations() {
    const auto ended = register_and_login();
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", "{}", bearer(ended.access)).status);
    const auto account = register_and_login();
    CPPUNIT_ASSERT_EQUAL(0, others_than(200, account.access));
    // The workers' own polls (two each, four times a second) are all that may show.
    const auto before = questions();
    for (int i = 0; i < 300; ++i) CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
    CPPUNIT_ASSERT(questions() - before < 100);
  }

  void a_purge_keeps_what_is_still_good() {
    const auto over = register_and_login();
    const auto ended = register_and_login();
    const auto open = register_and_login();
    change(
        database(),
        "UPDATE jwtauthd_session SET idle_expires_at = UTC_TIMESTAMP() - INTERVAL 31 DAY WHERE id = UNHEX('" +
            sid_of(over.access) + "')");
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", "{}", bearer(ended.access)).status);
    const auto printed = jwtauthctl("sessions purge --batch 2");
    CPPUNIT_ASSERT_MESSAGE(printed, printed.find(" of sessions") != std::string::npos &&
                                        printed.find("Deleted 0 of sessions") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a row that is gone opens nothing", 401, refresh(over.refresh).status);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nor is a logout forgotten", 0, others_than(401, ended.access));
    CPPUNIT_ASSERT_EQUAL(200, refresh(open.refresh).status);
  }

  void without_the_database_checks_end_when_what_is_known_is_stale() {
    const SessionsStack quick;  // cache.stale_after = 2s
    const auto account = register_and_login();
    CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
    {
      const DatabaseAway away(quick.state_dir());
      CPPUNIT_ASSERT(eventually([&] { return dashboard(account.access).status == 503; }));
      const auto refused = dashboard(account.access);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Service temporarily unavailable, try again later."})"),
                           refused.body);
      CPPUNIT_ASSERT(!refused.header("retry-after").empty());
      CPPUNIT_ASSERT(eventually([] {
        return get("/readyz").body.find("revocations: the last successful poll is too long ago") !=
               std::string::npos;
      }));
      CPPUNIT_ASSERT_EQUAL(503, get("/readyz").status);
      CPPUNIT_ASSERT_EQUAL(200, get("/healthz").status);
    }
    CPPUNIT_ASSERT(eventually([&] { return dashboard(account.access).status == 200; }));
  }

  void a_stale_feed_alone_is_refused_and_told() {
    const SessionsStack quick;
    const auto account = register_and_login();
    {
      const FeedAway away(quick.database());
      CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
      CPPUNIT_ASSERT(eventually([&] { return dashboard(account.access).status == 503; }));
      const auto ready = get("/readyz");
      CPPUNIT_ASSERT_EQUAL(503, ready.status);
      CPPUNIT_ASSERT_MESSAGE(ready.body, ready.body.find("revocations: ") != std::string::npos &&
                                             ready.body.find("users: ") == std::string::npos);
    }
    CPPUNIT_ASSERT(eventually([&] { return dashboard(account.access).status == 200; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RevocationTest);

}  // namespace integration
