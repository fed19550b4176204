// RFC 7009 and RFC 7662 for a service whose credentials `jwtauthctl oauth-client new` made.
#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"
#include "json/parse.h"
#include "util/encoding.h"

namespace integration {

class OAuthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OAuthTest);
  CPPUNIT_TEST(tells_what_an_active_token_is);
  CPPUNIT_TEST(tells_nothing_of_one_that_is_not_good);
  CPPUNIT_TEST(revoking_ends_the_session_of_either_token);
  CPPUNIT_TEST(revoking_what_is_no_token_is_no_error);
  CPPUNIT_TEST(knows_a_personal_token_until_it_ends);
  CPPUNIT_TEST(takes_no_one_without_the_secret);
  CPPUNIT_TEST(takes_the_credentials_in_the_body);
  CPPUNIT_TEST(is_not_there_without_clients);
  CPPUNIT_TEST_SUITE_END();

  std::optional<SessionsStack> there_;
  Account account_;
  std::string secret_;

  static Headers as(const std::string& client, const std::string& secret) {
    return {{"Authorization", "Basic " + util::to_base64(client + ":" + secret)}};
  }
  static Answer send(const char* path, const std::string& form, Headers headers) {
    headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return request("POST", path, headers, form);
  }
  json::Value introspect(const std::string& token) const {
    const auto answer = send("/api/oauth/introspect/", "token=" + token, as("orders", secret_));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), answer.header("cache-control"));
    return json::parse(answer.body).value();
  }
  bool active(const std::string& token) const { return introspect(token).get("active")->as_boolean(); }
  Answer revoke(const std::string& token) const {
    return send("/api/oauth/revoke/", "token=" + token, as("orders", secret_));
  }

 public:
  void setUp() override {
    there_.emplace();
    account_ = register_and_login();
    std::ifstream file(there_->state_dir() + "/client.json");
    std::stringstream text;
    text << file.rdbuf();
    secret_ = member(text.str(), "client_secret");
    CPPUNIT_ASSERT(!secret_.empty());
  }
  void tearDown() override { there_.reset(); }

  void tells_what_an_active_token_is() {
    const auto access = introspect(account_.access);
    CPPUNIT_ASSERT(access.get("active")->as_boolean());
    CPPUNIT_ASSERT_EQUAL(std::to_string(account_.id), text_of(access, "sub"));
    CPPUNIT_ASSERT_EQUAL(account_.username, text_of(access, "username"));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer"), text_of(access, "token_type"));
    CPPUNIT_ASSERT_EQUAL(sid_of(account_.access), text_of(access, "sid"));
    CPPUNIT_ASSERT_EQUAL(claims_of(account_.access).get("exp")->as_integer(),
                         access.get("exp")->as_integer());
    CPPUNIT_ASSERT_EQUAL(std::string("refresh"), text_of(introspect(account_.refresh), "token_use"));
  }

  void tells_nothing_of_one_that_is_not_good() {
    for (const auto& token : {account_.access + "x", std::string("x"), std::string("x.y.z")}) {
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), introspect(token).dump());
    }
    change(there_->database(),
           "UPDATE auth_user SET is_active = 0 WHERE id = " + std::to_string(account_.id));
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), introspect(account_.access).dump());
  }

  void revoking_ends_the_session_of_either_token() {
    const auto other = login_again(account_);
    CPPUNIT_ASSERT_EQUAL(200, revoke(account_.refresh).status);
    CPPUNIT_ASSERT(!active(account_.refresh));
    CPPUNIT_ASSERT_EQUAL(401, refresh(account_.refresh).status);
    CPPUNIT_ASSERT_EQUAL(200, revoke(other.access).status);
    let_a_second_pass();
    for (const auto& token : {account_.access, other.access, other.refresh}) CPPUNIT_ASSERT(!active(token));
    CPPUNIT_ASSERT_EQUAL(401, dashboard(account_.access).status);
    CPPUNIT_ASSERT_EQUAL(401, dashboard(other.access).status);
  }

  void revoking_what_is_no_token_is_no_error() {
    CPPUNIT_ASSERT_EQUAL(200, revoke("x.y.z").status);
    CPPUNIT_ASSERT_EQUAL(200, revoke(account_.refresh).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("twice", 200, revoke(account_.refresh).status);
    const auto nothing = send("/api/oauth/revoke/", "", as("orders", secret_));
    CPPUNIT_ASSERT_EQUAL(400, nothing.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"invalid_request"})"), nothing.body);
  }

  void knows_a_personal_token_until_it_ends() {
    const auto made =
        post_json("/api/tokens/", R"({"name":"ci","scopes":["read"]})", bearer(account_.access)).body;
    const auto token = member(made, "token");
    const auto told = introspect(token);
    CPPUNIT_ASSERT_EQUAL(account_.username, text_of(told, "username"));
    CPPUNIT_ASSERT_EQUAL(std::string("read"), text_of(told, "scope"));
    CPPUNIT_ASSERT_EQUAL(member(made, "id"), text_of(told, "jti"));
    CPPUNIT_ASSERT_EQUAL(200, revoke(token).status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), introspect(token).dump());
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), request("GET", "/api/tokens/", bearer(account_.access)).body);
  }

  void takes_no_one_without_the_secret() {
    for (const auto& headers : {Headers{}, as("orders", ""), as("orders", secret_ + "x"),
                                as("nobody", secret_), bearer(account_.access)}) {
      for (const char* path : {"/api/oauth/revoke/", "/api/oauth/introspect/"}) {
        const auto refused = send(path, "token=" + account_.access, headers);
        CPPUNIT_ASSERT_EQUAL(401, refused.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"invalid_client"})"), refused.body);
        CPPUNIT_ASSERT_EQUAL(std::string(R"(Basic realm="oauth")"), refused.header("www-authenticate"));
      }
    }
    CPPUNIT_ASSERT_EQUAL(200, dashboard(account_.access).status);
  }

  void takes_the_credentials_in_the_body() {
    const auto answer = send("/api/oauth/introspect/",
                             "client_id=orders&client_secret=" + secret_ + "&token=" + account_.access, {});
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, answer.body.find(R"({"active":true)"));
  }

  void is_not_there_without_clients() {
    there_.reset();
    CPPUNIT_ASSERT_EQUAL(404, send("/api/oauth/introspect/", "token=x", as("orders", secret_)).status);
    CPPUNIT_ASSERT_EQUAL(404, send("/api/oauth/revoke/", "token=x", as("orders", secret_)).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OAuthTest);

}  // namespace integration
