// What the audit says of an account's life, and what neither it nor a log may ever say.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"
#include "json/parse.h"

namespace integration {
namespace {

std::vector<std::string> kinds_of(std::int64_t user_id) {
  return rows(database(),
              "kind) FROM jwtauthd_audit WHERE user_id = " + std::to_string(user_id) + " ORDER BY id");
}

/// Everything that is kept: the tables of our own, and the logs of workers and nginx.
std::string everything_kept() {
  std::string all;
  for (const char* table :
       {"id, kind, user_id, HEX(session), address, request_id, reason) FROM jwtauthd_audit",
        "HEX(subject), kind, user_id, address) FROM jwtauthd_throttle",
        "HEX(id), user_id, address, user_agent, HEX(current_jti), "
        "COALESCE(HEX(previous_jti), ''), revoked_for) FROM jwtauthd_session"}) {
    for (const auto& row : rows(database(), table)) all += row + "\n";
  }
  int logs = 0;
  for (const auto& file : std::filesystem::directory_iterator(stack().state_dir + "/log")) {
    std::ifstream log(file.path());
    std::stringstream text;
    text << log.rdbuf();
    logs += text.str().find("path=\"/api/login/\"") != std::string::npos;
    all += text.str();
  }
  CPPUNIT_ASSERT_EQUAL_MESSAGE("the workers' log was read", 1, logs);
  return all;
}

std::string jti_of(const std::string& token) {
  return text_of(claims_of(token), "jti");
}

}  // namespace

class AuditTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuditTest);
  CPPUNIT_TEST(an_accounts_life_is_written_down_in_order);
  CPPUNIT_TEST(a_row_tells_session_address_and_request);
  CPPUNIT_TEST(failures_and_operators_are_written_down);
  CPPUNIT_TEST(is_searched_in_json_lines);
  CPPUNIT_TEST(nothing_secret_is_kept);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override { change(database(), "DELETE FROM jwtauthd_throttle"); }

  void an_accounts_life_is_written_down_in_order() {
    const auto account = register_and_login();
    const auto second = login_again(account);
    const auto third = login_again(account);
    Headers json = bearer(account.access);
    json.emplace_back("Content-Type", "application/json");
    CPPUNIT_ASSERT_EQUAL(401, login(account.username, "Zebra-quilt-78").status);
    CPPUNIT_ASSERT_EQUAL(200, request("PATCH", "/api/me/", json, R"({"first_name":"Ada"})").status);
    CPPUNIT_ASSERT_EQUAL(
        204,
        request("DELETE", "/api/sessions/" + sid_of(second.access) + "/", bearer(account.access)).status);
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", R"({"refresh":")" + third.refresh + R"("})").status);
    CPPUNIT_ASSERT_EQUAL(
        200, post_json("/api/password/change/",
                       R"({"old_password":")" + account.password + R"(","new_password":"Ferry-lantern-19"})",
                       bearer(account.access))
                 .status);
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/all/", "{}", bearer(account.access)).status);
    auto renewed = account;
    renewed.password = "Ferry-lantern-19";
    renewed = login_again(renewed);
    json = bearer(renewed.access);
    json.emplace_back("Content-Type", "application/json");
    CPPUNIT_ASSERT_EQUAL(204,
                         request("DELETE", "/api/me/", json, R"({"password":"Ferry-lantern-19"})").status);
    const std::vector<std::string> expected = {"registered",    "login",        "login",
                                               "login",         "login_failed", "profile_changed",
                                               "session_ended", "logout",       "password_changed",
                                               "logout_all",    "login",        "account_deleted"};
    const auto found = kinds_of(account.id);
    std::string told;
    for (const auto& kind : found) told += kind + " ";
    CPPUNIT_ASSERT_MESSAGE(told, expected == found);
  }

  void a_row_tells_session_address_and_request() {
    const auto account = register_and_login();
    const auto again = login(account.username, account.password);
    CPPUNIT_ASSERT_EQUAL(
        sid_of(member(again.body, "access")) + " 127.0.0.1 " + again.header("x-request-id"),
        rows(database(),
             "LOWER(HEX(session)), address, request_id) FROM jwtauthd_audit WHERE kind = 'login' "
             "AND user_id = " +
                 std::to_string(account.id) + " ORDER BY id DESC LIMIT 1")
            .at(0));
  }

  void failures_and_operators_are_written_down() {
    const auto account = register_and_login();
    for (int i = 0; i < 5; ++i) login(account.username, "Zebra-quilt-78");
    jwtauthctl("throttle clear " + account.username);
    jwtauthctl("session revoke " + sid_of(account.access));
    jwtauthctl("user revoke-tokens " + account.username);
    jwtauthctl("user deactivate " + account.username);
    jwtauthctl("user activate " + account.username);
    const auto kinds = kinds_of(account.id);
    for (const char* kind : {"login_throttled", "throttle_cleared", "session_ended", "tokens_revoked",
                             "user_deactivated", "user_activated"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(kind, std::ptrdiff_t{1}, std::count(kinds.begin(), kinds.end(), kind));
    }
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{5}, std::count(kinds.begin(), kinds.end(), "login_failed"));
    // Attempts at what nobody has are recorded as well, and do not say what it was.
    const std::string unknown =
        "SELECT COUNT(*) FROM jwtauthd_audit WHERE kind = 'login_failed' AND user_id = 0";
    const auto before = number(database(), unknown);
    CPPUNIT_ASSERT_EQUAL(401, login(fresh_username(), "Zebra-quilt-78").status);
    CPPUNIT_ASSERT_EQUAL(before + 1, number(database(), unknown));
  }

  void is_searched_in_json_lines() {
    const auto account = register_and_login();
    std::istringstream lines(jwtauthctl("audit search --json --user " + account.username));
    std::string events;
    for (std::string line; std::getline(lines, line);) {
      const auto row = json::parse(line);
      CPPUNIT_ASSERT_MESSAGE(line, row);
      events += text_of(*row, "event") + " ";
    }
    CPPUNIT_ASSERT_EQUAL(std::string("registered login "), events);
    CPPUNIT_ASSERT(!jwtauthctl("audit tail").empty());
  }

  void nothing_secret_is_kept() {
    const auto account = register_and_login();
    const std::string typed_in_the_wrong_field = "Harbour-violet-31";
    login(typed_in_the_wrong_field, account.password);
    login(account.username, "Harbour-violet-32");
    const auto rotated = refresh(account.refresh);
    CPPUNIT_ASSERT_EQUAL(200, rotated.status);
    const std::string next = member(rotated.body, "refresh");
    get("/api/dashboard/", bearer(account.access + "x"));
    post_json("/api/token/verify/", R"({"token":")" + next + R"("})");
    post_json("/api/password/change/",
              R"({"old_password":")" + account.password + R"(","new_password":"Harbour-violet-33"})",
              bearer(account.access));
    post_json("/api/logout/", R"({"refresh":")" + next + R"("})");
    const auto kept = everything_kept();
    CPPUNIT_ASSERT_MESSAGE("what may be kept is found",
                           kept.find("path=\"/api/password/change/\"") != std::string::npos);
    for (const auto& secret :
         {account.password, std::string("Harbour-violet"), jti_of(account.refresh), jti_of(next),
          jti_of(account.access), account.access.substr(account.access.rfind('.') + 1),
          next.substr(next.rfind('.') + 1), account.refresh.substr(account.refresh.rfind('.') + 1)}) {
      CPPUNIT_ASSERT_MESSAGE(secret, kept.find(secret) == std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuditTest);

}  // namespace integration
