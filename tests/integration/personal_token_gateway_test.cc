// Personal access tokens at the gateway: what they open, and how fast they stop.
#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {

class PersonalTokenGatewayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PersonalTokenGatewayTest);
  CPPUNIT_TEST(opens_what_its_scope_says);
  CPPUNIT_TEST(its_use_is_noted);
  CPPUNIT_TEST(every_end_reaches_every_worker_within_a_second);
  CPPUNIT_TEST_SUITE_END();

  struct Made {
    std::string id;
    std::string token;
  };
  static Made make(const Account& account, const std::string& scopes) {
    const auto answer =
        post_json("/api/tokens/", R"({"name":"ci","scopes":[)" + scopes + "]}", bearer(account.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 201, answer.status);
    return {member(answer.body, "id"), member(answer.body, "token")};
  }
  static int gate(const std::string& location, const std::string& token) {
    return get("/gate/" + location + "/", bearer(token)).status;
  }
  /// Many times, so that both workers are asked.
  static void all_are(int expected, const char* what, const std::string& token) {
    for (int i = 0; i < 40; ++i) CPPUNIT_ASSERT_EQUAL_MESSAGE(what, expected, gate("any", token));
  }

 public:
  void opens_what_its_scope_says() {
    const auto account = register_and_login();
    const auto reader = make(account, R"("read")");
    const auto other = make(account, R"("readings","write")");
    CPPUNIT_ASSERT_EQUAL(200, gate("any", other.token));
    CPPUNIT_ASSERT_EQUAL(200, gate("scope", reader.token));
    CPPUNIT_ASSERT_EQUAL(403, gate("scope", other.token));
    std::string changed = reader.token;
    changed[20] = changed[20] == 'x' ? 'y' : 'x';
    CPPUNIT_ASSERT_EQUAL(401, gate("any", changed));
    const auto answer = get("/gate/any/", bearer(reader.token));
    CPPUNIT_ASSERT_MESSAGE(answer.body, answer.body.find("user=" + account.username) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(answer.body, answer.body.find("session=" + reader.id) != std::string::npos);
  }

  void its_use_is_noted() {
    const auto account = register_and_login();
    const auto made = make(account, "");
    CPPUNIT_ASSERT_EQUAL(200, gate("any", made.token));
    CPPUNIT_ASSERT_EQUAL(
        std::int64_t{1},
        number(database(), "SELECT COUNT(*) FROM jwtauthd_personal_token WHERE id = UNHEX('" + made.id +
                               "') AND last_used_at > UTC_TIMESTAMP() - INTERVAL 1 MINUTE"));
  }

  void every_end_reaches_every_worker_within_a_second() {
    const struct {
      const char* what;
      std::function<void(const Account&, const Made&)> end;
    } rows[] = {
        {"deleted by its owner",
         [](const Account& account, const Made& made) {
           CPPUNIT_ASSERT_EQUAL(
               204, request("DELETE", "/api/tokens/" + made.id + "/", bearer(account.access)).status);
         }},
        {"revoked by an operator",
         [](const Account&, const Made& made) { jwtauthctl("personal-token revoke " + made.id); }},
        {"all of the user's revoked",
         [](const Account& account, const Made&) { jwtauthctl("user revoke-tokens " + account.username); }},
        {"its user deactivated",
         [](const Account& account, const Made&) { jwtauthctl("user deactivate " + account.username); }},
        {"the account deleted",
         [](const Account& account, const Made&) {
           auto headers = bearer(account.access);
           headers.emplace_back("Content-Type", "application/json");
           CPPUNIT_ASSERT_EQUAL(
               204,
               request("DELETE", "/api/me/", headers, R"({"password":")" + account.password + "\"}").status);
         }},
    };
    for (const auto& row : rows) {
      const auto account = register_and_login();
      const auto made = make(account, R"("read")");
      all_are(200, row.what, made.token);
      row.end(account, made);
      let_a_second_pass();
      all_are(401, row.what, made.token);
    }
    // What ends a login leaves it.
    const auto account = register_and_login();
    const auto made = make(account, "");
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/all/", "{}", bearer(account.access)).status);
    let_a_second_pass();
    all_are(200, "logged out everywhere", made.token);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokenGatewayTest);

}  // namespace integration
