// Personal access tokens over HTTP: made, listed, ended by owner and operator.
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"
#include "json/parse.h"

namespace integration {

class PersonalTokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PersonalTokenTest);
  CPPUNIT_TEST(is_made_listed_and_deleted);
  CPPUNIT_TEST(the_database_has_no_token);
  CPPUNIT_TEST(is_no_login_on_any_worker);
  CPPUNIT_TEST(a_login_that_was_ended_elsewhere_makes_none);
  CPPUNIT_TEST(a_new_password_leaves_it_and_an_operator_ends_it);
  CPPUNIT_TEST_SUITE_END();

  static Answer make(const Account& account, const std::string& body = R"({"name":"ci","scopes":["read"]})") {
    return post_json("/api/tokens/", body, bearer(account.access));
  }
  static json::Value listed(const Account& account) {
    const auto answer = request("GET", "/api/tokens/", bearer(account.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
    return json::parse(answer.body).value();
  }

 public:
  void is_made_listed_and_deleted() {
    const auto account = register_and_login();
    const auto made = make(account);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(made.body, 201, made.status);
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), made.header("cache-control"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, member(made.body, "token").find("jwtauthd_pat_"));
    const auto rows = listed(account);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rows.size());
    CPPUNIT_ASSERT_EQUAL(std::string("ci"), text_of(rows.at(0), "name"));
    CPPUNIT_ASSERT(!rows.at(0).has("token"));

    const std::string path = "/api/tokens/" + member(made.body, "id") + "/";
    const auto stranger = register_and_login();
    CPPUNIT_ASSERT_EQUAL(404, request("DELETE", path, bearer(stranger.access)).status);
    CPPUNIT_ASSERT_EQUAL(204, request("DELETE", path, bearer(account.access)).status);
    CPPUNIT_ASSERT_EQUAL(404, request("DELETE", path, bearer(account.access)).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, listed(account).size());
    const auto events =
        integration::rows(database(), "kind, address) FROM jwtauthd_audit WHERE session = UNHEX('" +
                                          member(made.body, "id") + "') ORDER BY id");
    CPPUNIT_ASSERT(events ==
                   (std::vector<std::string>{"token_created 127.0.0.1", "token_revoked 127.0.0.1"}));
  }

  void the_database_has_no_token() {
    const auto account = register_and_login();
    const auto token = member(make(account).body, "token");
    CPPUNIT_ASSERT_EQUAL(
        std::int64_t{1},
        number(database(), "SELECT COUNT(*) FROM jwtauthd_personal_token WHERE token_hash = UNHEX(SHA2('" +
                               token + "', 256)) AND hint = '" + token.substr(45) +
                               "' AND scope = 'read' AND last_used_at IS NULL"));
  }

  void is_no_login_on_any_worker() {
    const auto token = member(make(register_and_login()).body, "token");
    CPPUNIT_ASSERT_EQUAL(0, others_than(401, token));
    CPPUNIT_ASSERT_EQUAL(401, verified(token));
    CPPUNIT_ASSERT_EQUAL(401, refresh(token).status);
  }

  void a_login_that_was_ended_elsewhere_makes_none() {
    // Whoever is asked first: the worker that has not heard of it yet must not make one either.
    for (int i = 0; i < 20; ++i) {
      const auto account = register_and_login();
      CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
      CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", "{}", bearer(account.access)).status);
      CPPUNIT_ASSERT_EQUAL(401, make(account).status);
    }
  }

  void a_new_password_leaves_it_and_an_operator_ends_it() {
    const auto account = register_and_login();
    const auto made = make(account);
    CPPUNIT_ASSERT_EQUAL(
        200, post_json("/api/password/change/",
                       R"({"old_password":")" + account.password + R"(","new_password":"Ferry-lantern-19"})",
                       bearer(account.access))
                 .status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, listed(account).size());
    const auto id = member(made.body, "id");
    CPPUNIT_ASSERT(jwtauthctl("personal-token list " + account.username).find(id) != std::string::npos);
    jwtauthctl("personal-token revoke " + id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, listed(account).size());
    make(account);
    jwtauthctl("user revoke-tokens " + account.username);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                         number(database(), "SELECT COUNT(*) FROM jwtauthd_personal_token WHERE user_id = " +
                                                std::to_string(account.id)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokenTest);

}  // namespace integration
