// The dashboard's door: what opens it, and everything that must not.
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>
#include <thread>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "util/encoding.h"

namespace integration {
namespace {

int dashboard_status(const std::string& token) {
  return get("/api/dashboard/", bearer(token)).status;
}

/// The same token under another header.
std::string with_header(const std::string& token, std::string_view header) {
  return util::to_base64url(header) + token.substr(token.find('.'));
}

}  // namespace

class ProtectedRouteTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProtectedRouteTest);
  CPPUNIT_TEST(asks_for_credentials_when_there_are_none);
  CPPUNIT_TEST(refuses_forged_tokens);
  CPPUNIT_TEST(refuses_the_other_type_of_token);
  CPPUNIT_TEST(answers_head_and_options);
  CPPUNIT_TEST(deactivation_and_deletion_end_the_token_within_a_second);
  CPPUNIT_TEST(a_known_user_is_served_without_sql);
  CPPUNIT_TEST(refreshing_ends_with_the_account);
  CPPUNIT_TEST_SUITE_END();

 public:
  void asks_for_credentials_when_there_are_none() {
    for (const auto* value : {"", "Basic dTpw", "Token x", "bearer x.y.z"}) {
      const auto answer = get("/api/dashboard/", {{"Authorization", value}});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(value, 401, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Authentication credentials were not provided."})"),
                           answer.body);
      CPPUNIT_ASSERT_EQUAL(std::string(R"(Bearer realm="api")"), answer.header("www-authenticate"));
    }
  }

  void refuses_forged_tokens() {
    const auto token = register_and_login().access;
    CPPUNIT_ASSERT_EQUAL(200, dashboard_status(token));
    const auto signature = token.rfind('.');
    std::string tampered = token;
    tampered[signature + 5] = tampered[signature + 5] == 'A' ? 'B' : 'A';
    const std::string forged[] = {
        tampered,
        with_header(token, R"({"alg":"none","typ":"JWT"})"),
        with_header(token, R"({"alg":"none","typ":"JWT"})").substr(0, token.find('.')) + ".",
        with_header(token, R"({"alg":"HS256","typ":"JWT"})"),
        with_header(token, R"({"alg":"es256","typ":"JWT"})"),
        with_header(token, R"({"alg":"ES256","typ":"JWT","kid":"unknown"})"),
        token.substr(0, signature + 1),
        token + ".x",
        token + "=",
        "." + token,
        token.substr(0, signature) + "." + std::string(8000, 'A'),
        "x",
    };
    for (const auto& bad : forged) {
      const auto answer = get("/api/dashboard/", bearer(bad));
      CPPUNIT_ASSERT_MESSAGE(bad.substr(0, 60), answer.status == 401 || answer.status == 400);
    }
    CPPUNIT_ASSERT_EQUAL(200, dashboard_status(token));
  }

  void refuses_the_other_type_of_token() {
    const auto account = register_and_login();
    const auto wrong = get("/api/dashboard/", bearer(account.refresh));
    CPPUNIT_ASSERT_EQUAL(401, wrong.status);
    CPPUNIT_ASSERT(wrong.body.find("Token has wrong type") != std::string::npos);
    const auto refresh = post_json("/api/token/refresh/", R"({"refresh":")" + account.access + R"("})");
    CPPUNIT_ASSERT_EQUAL(401, refresh.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Token has wrong type","code":"token_not_valid"})"),
                         refresh.body);
  }

  void answers_head_and_options() {
    const auto token = register_and_login().access;
    const auto body = get("/api/dashboard/", bearer(token)).body;
    const auto head = request("HEAD", "/api/dashboard/", bearer(token));
    CPPUNIT_ASSERT_EQUAL(200, head.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), head.body);
    CPPUNIT_ASSERT_EQUAL(std::to_string(body.size()), head.header("content-length"));
    CPPUNIT_ASSERT_EQUAL(200, request("OPTIONS", "/api/dashboard/", bearer(token)).status);
    CPPUNIT_ASSERT_EQUAL(401, request("OPTIONS", "/api/dashboard/").status);
    CPPUNIT_ASSERT_EQUAL(401, request("POST", "/api/dashboard/").status);
    CPPUNIT_ASSERT_EQUAL(405, request("POST", "/api/dashboard/", bearer(token)).status);
  }

  void deactivation_and_deletion_end_the_token_within_a_second() {
    struct Row {
      const char* change;
      const char* code;
    };
    for (const Row& row : {Row{"UPDATE auth_user SET is_active=0 WHERE id=", "user_inactive"},
                           Row{"DELETE FROM auth_user WHERE id=", "user_not_found"}}) {
      const auto account = register_and_login();
      for (int i = 0; i < 8; ++i)
        CPPUNIT_ASSERT_EQUAL(200, dashboard_status(account.access));  // every worker knows it
      execute(row.change + std::to_string(account.id));
      std::this_thread::sleep_for(std::chrono::seconds(1));  // the promise: not a measured time, a deadline
      for (int i = 0; i < 8; ++i) {
        const auto answer = get("/api/dashboard/", bearer(account.access));
        CPPUNIT_ASSERT_EQUAL(401, answer.status);
        CPPUNIT_ASSERT_EQUAL(std::string(row.code), member(answer.body, "code"));
      }
    }
  }

  void a_known_user_is_served_without_sql() {
    const auto account = register_and_login();
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT_EQUAL(200, dashboard_status(account.access));
    // 300 requests; the workers' own polls (4 a second each) are all that may show
    const auto before = questions();
    for (int i = 0; i < 300; ++i) CPPUNIT_ASSERT_EQUAL(200, dashboard_status(account.access));
    CPPUNIT_ASSERT(questions() - before < 100);
  }

  void refreshing_ends_with_the_account() {
    const auto account = register_and_login();
    execute("UPDATE auth_user SET is_active=0 WHERE id=" + std::to_string(account.id));
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const auto answer = post_json("/api/token/refresh/", R"({"refresh":")" + account.refresh + R"("})");
    CPPUNIT_ASSERT_EQUAL(401, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"No active account found for the given token."})"),
                         answer.body);
  }

 private:
  /// Statements that the server was sent since its start.
  static std::int64_t questions() {
    auto lease = database().acquire();
    auto rows = lease.prepare("SHOW GLOBAL STATUS LIKE 'Questions'").query();
    CPPUNIT_ASSERT(rows.next());
    return std::stoll(rows.text(2));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProtectedRouteTest);

}  // namespace integration
