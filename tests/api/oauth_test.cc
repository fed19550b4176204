#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "json/parse.h"
#include "util/encoding.h"

namespace api_test {
namespace {

// SHA-256 of "secret" and of "a b:c".
constexpr const char* kClients =
    "orders 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n"
    "odd 7bede3ae839e42b854a129de79aa70f68f90f6ecd5720d0c2ef39c0f9b8cfa2c\n";

}  // namespace

class OAuthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OAuthTest);
  CPPUNIT_TEST(a_client_says_who_it_is_in_either_way);
  CPPUNIT_TEST(everybody_else_is_401_by_rfc_6749);
  CPPUNIT_TEST(a_token_must_be_named);
  CPPUNIT_TEST(introspection_tells_of_good_tokens);
  CPPUNIT_TEST(introspection_of_anything_else_tells_nothing);
  CPPUNIT_TEST(revocation_ends_the_session_of_either_token);
  CPPUNIT_TEST(a_revocation_is_recorded_as_the_services_and_not_the_users);
  CPPUNIT_TEST(revocation_of_what_is_no_token_is_done);
  CPPUNIT_TEST(a_known_token_is_introspected_without_the_database);
  CPPUNIT_TEST(without_sessions_only_what_can_be_revoked_is);
  CPPUNIT_TEST_SUITE_END();

  House house_{{.sessions = true, .oauth = true, .challenge = "JWT realm=\"api\""}};

  static std::string basic(std::string_view pair) { return "Basic " + util::to_base64(pair); }

  http::Response ask(std::string_view path, const std::string& body,
                     const std::string& authorization = basic("orders:secret")) {
    auto request = House::request("POST", path, body);
    request.content_type = "application/x-www-form-urlencoded";
    request.authorization = authorization;
    return house_.send(request);
  }
  http::Response introspect(const std::string& token) {
    return ask("/api/oauth/introspect/", "token=" + token);
  }
  tokens::TokenPair log_in() { return house_.session_tokens.grant(house_.users.rows[0], {}).value(); }
  bool active(const std::string& token) {
    return json::parse(introspect(token).body).value().get("active")->as_boolean();
  }

 public:
  void setUp() override {
    house_.add_user("ada", "x");
    house_.clients = accounts::ServiceClients::parse(kClients).value();
  }

  void a_client_says_who_it_is_in_either_way() {
    CPPUNIT_ASSERT_EQUAL(200, introspect("x").status);
    CPPUNIT_ASSERT_EQUAL(
        200, ask("/api/oauth/introspect/", "token=x", "basic  " + util::to_base64("orders:secret")).status);
    CPPUNIT_ASSERT_EQUAL(200, ask("/api/oauth/introspect/", "token=x", basic("odd:a+b%3Ac")).status);
    CPPUNIT_ASSERT_EQUAL(
        200, ask("/api/oauth/introspect/", "token=x&client_id=orders&client_secret=secret", "").status);
    CPPUNIT_ASSERT_EQUAL(200, house_
                                  .send("POST", "/api/oauth/introspect/",
                                        R"({"token":"x","client_id":"orders","client_secret":"secret"})")
                                  .status);
  }

  void everybody_else_is_401_by_rfc_6749() {
    const auto pair = log_in();
    for (const auto& authorization :
         {std::string(), basic("orders:wrong"), basic("orders"), basic("nobody:secret"), basic(":"),
          std::string("Basic"), std::string("Basic !"), "Bearer " + pair.access}) {
      for (const auto* path : {"/api/oauth/introspect/", "/api/oauth/revoke/"}) {
        const auto response = ask(path, "token=" + pair.refresh, authorization);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(authorization, 401, response.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"invalid_client"})"), response.body);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, response.headers.size());
        CPPUNIT_ASSERT_EQUAL(std::string("Basic realm=\"oauth\""), response.headers[0].second);
      }
    }
    CPPUNIT_ASSERT(active(pair.refresh));
    // a header that is wrong is not made good by the body
    CPPUNIT_ASSERT_EQUAL(
        401,
        ask("/api/oauth/introspect/", "token=x&client_id=orders&client_secret=secret", basic("a:b")).status);
  }

  void a_token_must_be_named() {
    for (const auto* body : {"", "token=", "tokens=x"}) {
      const auto response = ask("/api/oauth/introspect/", body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body, 400, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"invalid_request"})"), response.body);
    }
  }

  void introspection_tells_of_good_tokens() {
    const auto pair = log_in();
    const auto access = introspect(pair.access);
    CPPUNIT_ASSERT(access.no_store);
    const auto told = json::parse(access.body).value();
    CPPUNIT_ASSERT(told.get("active")->as_boolean());
    CPPUNIT_ASSERT_EQUAL(std::string_view("1"), told.get("sub")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::string_view("ada"), told.get("username")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::string_view("Bearer"), told.get("token_type")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::string_view("access"), told.get("token_use")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1'700'000'300}, told.get("exp")->as_integer());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1'700'000'000}, told.get("iat")->as_integer());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, told.get("jti")->as_string().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, told.get("sid")->as_string().size());
    const auto refresh = json::parse(introspect(pair.refresh).body).value();
    CPPUNIT_ASSERT_EQUAL(std::string_view("refresh"), refresh.get("token_use")->as_string());
    CPPUNIT_ASSERT(!refresh.has("token_type"));
  }

  void introspection_of_anything_else_tells_nothing() {
    const auto pair = log_in();
    const auto ended = log_in();
    ask("/api/oauth/revoke/", "token=" + ended.refresh);
    for (const auto& token : {std::string("x.y.z"), ended.access, ended.refresh}) {
      const auto response = introspect(token);
      CPPUNIT_ASSERT_EQUAL(200, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), response.body);
    }
    house_.users.rows[0].is_active = false;
    CPPUNIT_ASSERT(!active(pair.access));
    CPPUNIT_ASSERT(!active(pair.refresh));
    house_.users.rows[0].is_active = true;
    house_.directory.forget(1);
    CPPUNIT_ASSERT(active(pair.access));
    house_.clock.now_ += std::chrono::seconds(301);
    CPPUNIT_ASSERT(!active(pair.access));
  }

  void revocation_ends_the_session_of_either_token() {
    const auto foreign = house_.issuer.issue_pair(house_.users.rows[0]);
    const auto first = log_in();
    const auto second = log_in();
    const auto third = log_in();
    for (const auto& token : {first.access, second.refresh, foreign.access}) {
      const auto response = ask("/api/oauth/revoke/", "token=" + token + "&token_type_hint=refresh_token");
      CPPUNIT_ASSERT_EQUAL(200, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("{}"), response.body);
    }
    CPPUNIT_ASSERT(!active(first.access) && !active(first.refresh));
    CPPUNIT_ASSERT(!active(second.access) && !active(second.refresh));
    CPPUNIT_ASSERT(!active(foreign.access));
    CPPUNIT_ASSERT(active(third.access) && active(third.refresh));
  }

  void a_revocation_is_recorded_as_the_services_and_not_the_users() {
    const auto foreign = house_.issuer.issue_pair(house_.users.rows[0]);
    const auto first = log_in();
    const auto second = log_in();
    for (const auto& token : {first.access, second.refresh, foreign.access, foreign.refresh}) {
      house_.session_rows.events.clear();
      ask("/api/oauth/revoke/", "token=" + token);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, house_.session_rows.events.size());
      const auto& event = house_.session_rows.events.at(0);
      CPPUNIT_ASSERT_EQUAL(std::string("session_ended orders"),
                           std::string(store::name(event.kind)) + " " + event.reason);
    }
  }

  void revocation_of_what_is_no_token_is_done() {
    CPPUNIT_ASSERT_EQUAL(200, ask("/api/oauth/revoke/", "token=x.y.z").status);
    const auto pair = log_in();
    CPPUNIT_ASSERT_EQUAL(200, ask("/api/oauth/revoke/", "token=" + pair.refresh).status);
    CPPUNIT_ASSERT_EQUAL(200, ask("/api/oauth/revoke/", "token=" + pair.refresh).status);
  }

  void a_known_token_is_introspected_without_the_database() {
    const auto pair = log_in();
    CPPUNIT_ASSERT(active(pair.access));
    const std::string body = "token=" + pair.access + "&client_id=orders&client_secret=secret";
    auto request = House::request("POST", "/api/oauth/introspect/", body);
    request.content_type = "application/x-www-form-urlencoded";
    house_.users.queries = 0;
    CPPUNIT_ASSERT(house_.app.handle(request, api::Lane::token).has_value());
    CPPUNIT_ASSERT_EQUAL(0, house_.users.queries);
  }

  void without_sessions_only_what_can_be_revoked_is() {
    House house({.oauth = true});
    house.clients = accounts::ServiceClients::parse(kClients).value();
    const auto pair = house.issuer.issue_pair(house.add_user("ada", "x"));
    for (const auto& token : {pair.access, pair.refresh}) {
      const auto response =
          house.send("POST", "/api/oauth/revoke/",
                     R"({"client_id":"orders","client_secret":"secret","token":")" + token + "\"}");
      CPPUNIT_ASSERT_EQUAL(400, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"error":"unsupported_token_type"})"), response.body);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OAuthTest);

}  // namespace api_test
