// The gateway behind a real nginx: what reaches an upstream, and what does not.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <optional>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {
namespace {

/// What the upstream saw, a line a header; `method=GET` the first.
std::string told(const Answer& answer, const std::string& name) {
  const std::string text = "\n" + answer.body;
  const auto at = text.find("\n" + name + "=");
  if (at == std::string::npos) return "(nothing)";
  const auto from = at + name.size() + 2;
  return text.substr(from, text.find('\n', from) - from);
}

int gate(const std::string& location, const std::string& access) {
  return get("/gate/" + location + "/", bearer(access)).status;
}

void rename(const Account& account, const std::string& quoted_name) {
  execute("UPDATE auth_user SET username = " + quoted_name + " WHERE id = " + std::to_string(account.id));
}

}  // namespace

class GatewayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayTest);
  CPPUNIT_TEST(upstream_learns_who_asks);
  CPPUNIT_TEST(without_a_token_nobody_passes);
  CPPUNIT_TEST(each_rule_is_asked);
  CPPUNIT_TEST(a_rule_that_cannot_be_read_lets_nobody_pass);
  CPPUNIT_TEST(a_location_within_inherits_the_rule);
  CPPUNIT_TEST(groups_count_within_a_second_in_both_workers);
  CPPUNIT_TEST(a_name_cannot_make_a_header);
  CPPUNIT_TEST(what_the_client_says_of_itself_is_not_handed_on);
  CPPUNIT_TEST(the_client_reaches_neither_gateway_nor_rule);
  CPPUNIT_TEST(methods_and_bodies_pass_as_they_are);
  CPPUNIT_TEST(upstream_gets_a_token_that_is_no_use_here);
  CPPUNIT_TEST(what_ended_passes_no_more);
  CPPUNIT_TEST_SUITE_END();

  Account account_;
  std::string group_;

  /// Waits until every worker has seen what was changed in the table.
  void grant(const std::string& column) {
    execute("UPDATE auth_user SET " + column + " = 1 WHERE id = " + std::to_string(account_.id));
    let_a_second_pass();
  }

 public:
  void setUp() override { account_ = register_and_login(); }
  void tearDown() override {
    execute("DELETE FROM auth_user_groups");
    execute("DELETE FROM auth_group");
  }

  void upstream_learns_who_asks() {
    const auto answer = get("/gate/any/", bearer(account_.access));
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::to_string(account_.id), told(answer, "id"));
    CPPUNIT_ASSERT_EQUAL(account_.username, told(answer, "user"));
    CPPUNIT_ASSERT_EQUAL(account_.username + "@example.com", told(answer, "email"));
    CPPUNIT_ASSERT_EQUAL(sid_of(account_.access), told(answer, "session"));
    for (const char* name : {"groups", "issuer", "subject", "omitted", "token"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), told(answer, name));
    }
  }

  void without_a_token_nobody_passes() {
    for (const auto& headers : {Headers{}, bearer("x.y.z"), bearer(account_.refresh)}) {
      const auto refused = get("/gate/any/", headers);
      CPPUNIT_ASSERT_EQUAL(401, refused.status);
      CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"api\""), refused.header("www-authenticate"));
    }
    execute("UPDATE auth_user SET is_active = 0 WHERE id = " + std::to_string(account_.id));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(401, gate("any", account_.access));
  }

  void each_rule_is_asked() {
    CPPUNIT_ASSERT_EQUAL(403, gate("staff", account_.access));
    CPPUNIT_ASSERT_EQUAL(403, gate("superuser", account_.access));
    grant("is_staff");
    CPPUNIT_ASSERT_EQUAL(200, gate("staff", account_.access));
    CPPUNIT_ASSERT_EQUAL(403, gate("superuser", account_.access));
    grant("is_superuser");
    CPPUNIT_ASSERT_EQUAL(200, gate("superuser", account_.access));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a login may do all", 200, gate("scope", account_.access));
    CPPUNIT_ASSERT_EQUAL(200, gate("fresh", account_.access));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(403, gate("stale", account_.access));
    CPPUNIT_ASSERT_EQUAL(403, gate("editors", account_.access));
  }

  void a_rule_that_cannot_be_read_lets_nobody_pass() {
    grant("is_staff");
    for (const char* location : {"typo", "typo-beside", "stuck"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(location, 500, gate(location, account_.access));
    }
  }

  void a_location_within_inherits_the_rule() {
    for (const char* file : {"/gate/files/jwtauthd-errors.conf", "/gate/files/auth-gateway.conf"}) {
      CPPUNIT_ASSERT_EQUAL(401, get(file).status);
      CPPUNIT_ASSERT_EQUAL(403, get(file, bearer(account_.access)).status);
    }
    grant("is_staff");
    for (const char* file : {"/gate/files/jwtauthd-errors.conf", "/gate/files/auth-gateway.conf"}) {
      const auto answer = get(file, bearer(account_.access));
      CPPUNIT_ASSERT_EQUAL(200, answer.status);
      CPPUNIT_ASSERT(answer.body.find("jwtauthd") != std::string::npos);
    }
  }

  void groups_count_within_a_second_in_both_workers() {
    jwtauthctl("group create editors");
    jwtauthctl("group create 'Site owners'");
    jwtauthctl("group create 'a,b'");
    const auto passes = [&](const std::string& location) {
      // Asked often enough that each of the workers answers.
      int first = gate(location, account_.access);
      for (int i = 0; i < 40; ++i) CPPUNIT_ASSERT_EQUAL(first, gate(location, account_.access));
      return first;
    };
    CPPUNIT_ASSERT_EQUAL(403, passes("editors"));
    jwtauthctl("group add 'Site owners' " + account_.username);
    jwtauthctl("group add 'a,b' " + account_.username);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(403, passes("editors"));
    CPPUNIT_ASSERT_EQUAL(200, passes("either"));
    CPPUNIT_ASSERT_EQUAL(403, passes("both"));
    jwtauthctl("group add editors " + account_.username);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(200, passes("both"));
    CPPUNIT_ASSERT_EQUAL(std::string("Site%20owners,a%2Cb,editors"),
                         told(get("/gate/any/", bearer(account_.access)), "groups"));
    jwtauthctl("group remove editors " + account_.username);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(403, passes("both"));
    jwtauthctl("group delete 'Site owners'");
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(403, passes("either"));
  }

  void a_name_cannot_make_a_header() {
    struct Row {
      const char* quoted;
      const char* told;
    };
    for (const Row& row : {Row{"'gw\\r\\nX-Auth-User-Id: 1\\r\\n'", "gw%0D%0AX-Auth-User-Id%3A%201%0D%0A"},
                           Row{"'gw,a=b;\\\"c\\0d'", "gw%2Ca%3Db%3B%22c%00d"},
                           Row{"'gw Grüße 😀'", "gw%20Gr%C3%BC%C3%9Fe%20%F0%9F%98%80"}}) {
      rename(account_, row.quoted);
      let_a_second_pass();
      const auto answer = get("/gate/any/", bearer(account_.access));
      CPPUNIT_ASSERT_EQUAL(std::string(row.told), told(answer, "user"));
      CPPUNIT_ASSERT_EQUAL(std::to_string(account_.id), told(answer, "id"));
    }
    rename(account_, "REPEAT('\xc3\xa9', 150)");
    let_a_second_pass();
    const auto longest = get("/gate/any/", bearer(account_.access));
    CPPUNIT_ASSERT_EQUAL(200, longest.status);
    CPPUNIT_ASSERT_EQUAL(std::to_string(account_.id), told(longest, "id"));
  }

  void what_the_client_says_of_itself_is_not_handed_on() {
    Headers headers = bearer(account_.access);
    for (const char* name :
         {"X-Auth-User-Id", "X-Auth-User", "X-Auth-Email", "X-Auth-Groups", "X-Auth-Session", "X-Auth-Issuer",
          "X-Auth-Subject", "X-Auth-Omitted", "X-Auth-Token", "x-auth-user-id", "X_Auth_User_Id"}) {
      headers.emplace_back(name, "forged");
    }
    const auto answer = get("/gate/any/", headers);
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::to_string(account_.id), told(answer, "id"));
    CPPUNIT_ASSERT_MESSAGE(answer.body, answer.body.find("forged") == std::string::npos);
  }

  void the_client_reaches_neither_gateway_nor_rule() {
    for (const char* path : {"/jwtauthd-gateway", "/jwtauthd-gateway%20staff", "/gateway/"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, get(path, bearer(account_.access)).status);
    }
    Headers headers = bearer(account_.access);
    headers.emplace_back("JWTAUTHD-RULE", "/jwtauthd-gateway");
    headers.emplace_back("JWTAUTHD_RULE", "/jwtauthd-gateway");
    headers.emplace_back("JWTAUTHD-METHOD", "GET");
    CPPUNIT_ASSERT_EQUAL(403, get("/gate/staff/", headers).status);
    CPPUNIT_ASSERT_EQUAL(403, get("/gate/staff/?rule=/jwtauthd-gateway", headers).status);
    CPPUNIT_ASSERT_EQUAL(404, get("/gateway/", headers).status);
  }

  void methods_and_bodies_pass_as_they_are() {
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
      const std::string body = std::string(method) == "POST" ? std::string(200000, 'x') : "";
      const auto answer = request(method, "/gate/any/", bearer(account_.access), body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 200, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string(method), told(answer, "method"));
    }
    CPPUNIT_ASSERT_EQUAL(200, request("HEAD", "/gate/any/", bearer(account_.access)).status);
    CPPUNIT_ASSERT_EQUAL(401, request("POST", "/gate/any/", {}, "x").status);
  }

  void upstream_gets_a_token_that_is_no_use_here() {
    const auto token = told(get("/gate/token/", bearer(account_.access)), "token");
    const auto claims = claims_of(token);
    CPPUNIT_ASSERT_EQUAL(std::string("https://reports.example"), text_of(claims, "aud"));
    CPPUNIT_ASSERT_EQUAL(std::to_string(account_.id), text_of(claims, "sub"));
    CPPUNIT_ASSERT_EQUAL(account_.username, text_of(claims, "username"));
    CPPUNIT_ASSERT_EQUAL(401, verified(token));
    CPPUNIT_ASSERT_EQUAL(401, dashboard(token).status);
    CPPUNIT_ASSERT_EQUAL(401, refresh(token).status);
    CPPUNIT_ASSERT_EQUAL(401, gate("any", token));
  }

  void what_ended_passes_no_more() {
    CPPUNIT_ASSERT_EQUAL(200, gate("any", account_.access));
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", "{}", bearer(account_.access)).status);
    let_a_second_pass();
    for (int i = 0; i < 40; ++i) CPPUNIT_ASSERT_EQUAL(401, gate("any", account_.access));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayTest);

}  // namespace integration
