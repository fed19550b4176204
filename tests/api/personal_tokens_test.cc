#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "api/time_text.h"
#include "json/parse.h"
#include "tokens/session_id.h"
#include "util/encoding.h"

namespace api_test {

class PersonalTokensApiTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PersonalTokensApiTest);
  CPPUNIT_TEST(is_shown_once_and_listed_without_itself);
  CPPUNIT_TEST(fields_are_checked_in_drfs_words);
  CPPUNIT_TEST(forms_say_scopes_in_one_string);
  CPPUNIT_TEST(ends_when_it_is_told);
  CPPUNIT_TEST(has_no_end_only_where_that_is_allowed);
  CPPUNIT_TEST(times_are_read_as_drf_reads_them);
  CPPUNIT_TEST(too_many_are_400);
  CPPUNIT_TEST(a_login_that_has_just_ended_is_401);
  CPPUNIT_TEST(a_user_deletes_his_own_only);
  CPPUNIT_TEST(opens_no_account_endpoint);
  CPPUNIT_TEST(makes_only_what_a_login_asks_for);
  CPPUNIT_TEST(services_are_told_of_it_and_end_it);
  CPPUNIT_TEST(a_cookie_needs_the_csrf_token);
  CPPUNIT_TEST(switched_off_they_are_not_there);
  CPPUNIT_TEST_SUITE_END();

  House house_{{.sessions = true, .oauth = true, .cookies = true, .access_cookie = true}};
  std::string bearer_;
  const std::string service_ = "Basic " + util::to_base64("orders:secret");

  http::Response send(std::string_view method, std::string_view path, std::string_view body = {}) {
    auto request = House::request(method, path, body);
    request.authorization = bearer_;
    return house_.send(request);
  }
  json::Value make(std::string_view body = R"({"name":"deploy"})") {
    const auto response = send("POST", "/api/tokens/", body);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(response.body, 201, response.status);
    return json::parse(response.body).value();
  }
  static std::string text(const json::Value& object, std::string_view name) {
    return std::string(object.get(name)->as_string());
  }
  std::string introspect(const std::string& token) {
    const std::string body = R"({"token":")" + token + "\"}";
    auto request = House::request("POST", "/api/oauth/introspect/", body);
    request.authorization = service_;
    return house_.send(request).body;
  }

 public:
  void setUp() override {
    house_.clients = accounts::ServiceClients::parse(
                         "orders 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n")
                         .value();
    house_.add_user("ada", "x");
    bearer_ = "Bearer " + house_.session_tokens.grant(house_.users.rows[0], {}).value().access;
  }

  void is_shown_once_and_listed_without_itself() {
    const auto response = send("POST", "/api/tokens/", R"({"name":" deploy ","scopes":["read","write"]})");
    CPPUNIT_ASSERT_EQUAL(201, response.status);
    CPPUNIT_ASSERT(response.no_store);
    const auto made = json::parse(response.body).value();
    const std::string token = text(made, "token");
    CPPUNIT_ASSERT_EQUAL(std::size_t{49}, token.size());
    const auto listed = send("GET", "/api/tokens/");
    CPPUNIT_ASSERT(listed.no_store);
    CPPUNIT_ASSERT_EQUAL(
        R"([{"id":")" + text(made, "id") + R"(","name":"deploy","hint":")" + token.substr(45) +
            R"(","scopes":["read","write"],"created":"2023-11-14T22:13:20Z","expires":"2024-02-12T22:13:20Z",)"
            R"("last_used":null}])",
        listed.body);
    house_.clock.now_ += std::chrono::seconds(1);
    const std::string newest = text(make(), "id");
    CPPUNIT_ASSERT_EQUAL(newest, text(json::parse(send("GET", "/api/tokens/").body)->at(0), "id"));
  }

  void fields_are_checked_in_drfs_words() {
    const struct {
      std::string body;
      std::string errors;
    } rows[] = {
        {"{}", R"({"name":["This field is required."]})"},
        {R"({"name":" "})", R"({"name":["This field may not be blank."]})"},
        {R"({"name":null})", R"({"name":["This field may not be null."]})"},
        {R"({"name":"a\u0000"})", R"({"name":["Null characters are not allowed."]})"},
        {R"({"name":"a\ud800"})", R"({"name":["Surrogate characters are not allowed: U+D800."]})"},
        {R"({"name":")" + std::string(101, 'x') + "\"}",
         R"({"name":["Ensure this field has no more than 100 characters."]})"},
        {R"({"name":"a","scopes":{}})", R"({"scopes":["Not a valid string."]})"},
        {R"({"name":"a","scopes":["x",7]})", R"({"scopes":["Not a valid string."]})"},
        {R"({"name":"a","scopes":["x y"]})", R"({"scopes":["Not a valid string."]})"},
        {R"({"name":"a","scopes":["x\"y"]})",
         R"({"scopes":["Enter words of printable ASCII, without quotes and backslashes."]})"},
        {R"({"name":"a","scopes":")" + std::string(1001, 'x') + "\"}",
         R"({"scopes":["Ensure this field has no more than 1000 characters."]})"},
        {R"({"name":"a","expires_in":"soon"})", R"({"expires_in":["A valid integer is required."]})"},
        {R"({"name":"a","expires_in":1.5})", R"({"expires_in":["A valid integer is required."]})"},
        {R"({"name":"a","expires_in":0})",
         R"({"expires_in":["Ensure this value is greater than or equal to 1."]})"},
        {R"({"name":"a","expires_in":-5})",
         R"({"expires_in":["Ensure this value is greater than or equal to 1."]})"},
        {R"({"name":"a","expires_in":-99999999999999999999})",
         R"({"expires_in":["Ensure this value is greater than or equal to 1."]})"},
        {R"({"name":"a","expires_in":31536001})",
         R"({"expires_in":["Ensure this value is less than or equal to 31536000."]})"},
        {R"({"name":"a","expires_in":99999999999999999999})",
         R"({"expires_in":["Ensure this value is less than or equal to 31536000."]})"},
        {R"({"name":"a","expires_at":"2023-11-14T22:13:20Z"})",
         R"({"expires_at":["Ensure this time is not over."]})"},
        {R"({"name":"a","expires_at":"2024-11-13T22:13:21Z"})",
         R"({"expires_at":["Ensure this time is at most 31536000 seconds from now."]})"},
        {R"({"name":"a","expires_at":"tomorrow"})",
         R"({"expires_at":["Datetime has wrong format. Use one of these formats instead: )"
         R"(YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."]})"},
        {R"({"name":"a","expires_in":60,"expires_at":"2024-01-01T00:00:00Z"})",
         R"({"expires_at":["Give expires_in or expires_at, not both."]})"},
        {R"({"scopes":7,"expires_in":[]})",
         R"({"name":["This field is required."],"expires_in":["Not a valid string."]})"},
    };
    for (const auto& row : rows) {
      const auto response = send("POST", "/api/tokens/", row.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, row.errors, response.body);
      CPPUNIT_ASSERT_EQUAL(400, response.status);
    }
    CPPUNIT_ASSERT(house_.personal_token_rows.rows().empty());
  }

  void forms_say_scopes_in_one_string() {
    auto request = House::request("POST", "/api/tokens/", "name=ci&scopes=read++write+read&expires_in=60");
    request.content_type = "application/x-www-form-urlencoded";
    request.authorization = bearer_;
    CPPUNIT_ASSERT_EQUAL(201, house_.send(request).status);
    CPPUNIT_ASSERT_EQUAL(std::string("read write"), house_.personal_token_rows.rows().at(0).scope);
  }

  void ends_when_it_is_told() {
    CPPUNIT_ASSERT_EQUAL(std::string("2023-11-14T22:14:20Z"),
                         text(make(R"({"name":"a","expires_in":60})"), "expires"));
    CPPUNIT_ASSERT_EQUAL(std::string("2024-11-13T22:13:20Z"),
                         text(make(R"({"name":"a","expires_in":"31536000"})"), "expires"));
    CPPUNIT_ASSERT_EQUAL(std::string("2024-01-01T01:00:00Z"),
                         text(make(R"({"name":"a","expires_at":"2024-01-01T00:00-01:00"})"), "expires"));
  }

  void has_no_end_only_where_that_is_allowed() {
    tokens::PersonalTokens endless(house_.personal_token_rows, house_.feed, house_.clock, house_.random,
                                   {.max_lifetime = std::chrono::seconds(0)});
    api::Services services{house_.services.options,
                           house_.registration,
                           house_.credentials,
                           house_.password_change,
                           house_.profile,
                           house_.clients,
                           house_.keys,
                           house_.verifier,
                           house_.session_tokens,
                           &house_.session_tokens,
                           house_.bearer,
                           house_.user_of_token,
                           house_.directory,
                           house_.sessions,
                           endless,
                           house_.gateway_tokens,
                           house_.clock,
                           house_.services.not_ready};
    api::App app(services);
    const auto ask = [&](std::string_view body) {
      auto request = House::request("POST", "/api/tokens/", body);
      request.authorization = bearer_;
      return app.handle(request, api::Lane::database).value().body;
    };
    CPPUNIT_ASSERT(json::parse(ask(R"({"name":"a","expires_in":0})"))->get("expires")->is(json::Type::null));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("unless it is asked for", std::string("2024-02-12T22:13:20Z"),
                                 text(json::parse(ask(R"({"name":"a"})")).value(), "expires"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"expires_in":["Ensure this value is less than or equal to 3153600000."]})"),
        ask(R"({"name":"a","expires_in":3153600001})"));
  }

  void times_are_read_as_drf_reads_them() {
    const struct {
      const char* text;
      const char* expected;  // "": refused
    } rows[] = {
        {"2024-02-29T23:59:59.000001Z", "2024-02-29T23:59:59.000001Z"},
        {"2024-02-29T23:59:59+02:30", "2024-02-29T21:29:59Z"},
        {"2024-02-29T23:59-00:30", "2024-03-01T00:29:00Z"},
        {"2024-02-29 23:59:59", "2024-02-29T23:59:59Z"},
        {"2024-02-29T23:59", "2024-02-29T23:59:00Z"},
        {"2024-02-29", ""},
        {"2024-02-30T00:00:00Z", ""},
        {"2024-02-29T24:00:00Z", ""},
        {"2024-02-29T23:59:59+25:00", ""},
        {"2024-02-29T23:59:59+0x:00", ""},
        {"2024-02-29T23:59:59ZZ", ""},
        {"2024-02-29x23:59:59", ""},
        {"Z", ""},
        {"", ""},
        {"1700000000", ""},
    };
    for (const auto& row : rows) {
      const auto time = api::parse_time_text(row.text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.text, std::string(row.expected), time ? api::time_text(*time) : "");
    }
  }

  void too_many_are_400() {
    for (int i = 0; i < 3; ++i) make();
    const auto response = send("POST", "/api/tokens/", R"({"name":"fourth"})");
    CPPUNIT_ASSERT_EQUAL(400, response.status);
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"non_field_errors":["You have 3 tokens, and may have no more. Delete one first."]})"),
        response.body);
  }

  void a_login_that_has_just_ended_is_401() {
    house_.personal_token_rows.ended = true;
    const auto response = send("POST", "/api/tokens/", R"({"name":"a"})");
    CPPUNIT_ASSERT_EQUAL(401, response.status);
    CPPUNIT_ASSERT(response.body.find("Token is blacklisted") != std::string::npos);
    CPPUNIT_ASSERT(house_.personal_token_rows.made_by.session == store::SessionId{});
  }

  void a_user_deletes_his_own_only() {
    const std::string path = "/api/tokens/" + text(make(), "id") + "/";
    const std::string mine = bearer_;
    bearer_ = "Bearer " + house_.issuer.issue_pair(house_.add_user("eve", "x")).access;
    CPPUNIT_ASSERT_EQUAL(404, send("DELETE", path).status);
    CPPUNIT_ASSERT_EQUAL(std::string("[]"), send("GET", "/api/tokens/").body);
    bearer_ = mine;
    CPPUNIT_ASSERT_EQUAL(204, send("DELETE", path).status);
    CPPUNIT_ASSERT_EQUAL(404, send("DELETE", path).status);
    CPPUNIT_ASSERT_EQUAL(404, send("DELETE", "/api/tokens/7/").status);
    CPPUNIT_ASSERT_EQUAL(405, send("GET", path).status);
    CPPUNIT_ASSERT_EQUAL(std::string("login token_created token_revoked"), house_.audit.told());
  }

  void opens_no_account_endpoint() {
    const std::string token = text(make(), "token");
    const auto good =
        house_.bearer.authenticate("Bearer " + token, true, tokens::Accepts::credentials);  // now cached
    CPPUNIT_ASSERT(std::holds_alternative<tokens::Principal>(good));
    bearer_ = "Bearer " + token;
    for (const char* path : {"/api/tokens/", "/api/me/", "/api/dashboard/", "/api/sessions/"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 401, send("GET", path).status);
    CPPUNIT_ASSERT_EQUAL(401, send("POST", "/api/tokens/", R"({"name":"child"})").status);
  }

  void makes_only_what_a_login_asks_for() {
    bearer_.clear();
    CPPUNIT_ASSERT_EQUAL(401, send("POST", "/api/tokens/", R"({"name":"a"})").status);
    // One without `sid` says when it was issued: what ended before counts for it.
    bearer_ = "Bearer " + house_.issuer.issue_pair(house_.users.rows[0]).access;
    make();
    CPPUNIT_ASSERT(house_.personal_token_rows.made_by.issued == house_.clock.unix_now());
  }

  void services_are_told_of_it_and_end_it() {
    const auto made = make(R"({"name":"a","scopes":["read"],"expires_in":60})");
    const std::string token = text(made, "token");
    CPPUNIT_ASSERT_EQUAL(
        R"({"active":true,"sub":"1","username":"ada","token_type":"Bearer",)"
        R"("token_use":"personal","scope":"read","exp":1700000060,"iat":1700000000,"jti":")" +
            text(made, "id") + "\"}",
        introspect(token));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), introspect(token.substr(0, 48) + "-"));
    house_.users.rows[0].is_active = false;
    house_.directory.forget(1);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), introspect(token));
    house_.users.rows[0].is_active = true;
    house_.directory.forget(1);

    for (int i = 0; i < 2; ++i) {
      const std::string body = R"({"token":")" + token + "\"}";
      auto request = House::request("POST", "/api/oauth/revoke/", body);
      request.authorization = service_;
      const auto response = house_.send(request);
      CPPUNIT_ASSERT_EQUAL(200, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("{}"), response.body);
    }
    CPPUNIT_ASSERT(house_.personal_token_rows.rows().empty());
    CPPUNIT_ASSERT_EQUAL(std::string("login token_created token_revoked:orders"), house_.audit.told());
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"active":false})"), introspect(token));
  }

  void a_cookie_needs_the_csrf_token() {
    auto request = House::request("POST", "/api/tokens/", R"({"name":"a"})");
    const std::string cookie = "__Host-jwtauthd_access=" + bearer_.substr(7);
    request.cookie = cookie;
    CPPUNIT_ASSERT_EQUAL(403, house_.send(request).status);
    CPPUNIT_ASSERT(house_.personal_token_rows.rows().empty());
    request.method = "GET";
    request.body = {};
    CPPUNIT_ASSERT_EQUAL(200, house_.send(request).status);
  }

  void switched_off_they_are_not_there() {
    House off({.sessions = true, .personal_tokens = false});
    for (const char* path : {"/api/tokens/", "/api/tokens/019ab3c47d1e7c55b1c7a0d3e4f50617/"})
      CPPUNIT_ASSERT_EQUAL(404, off.send("GET", path).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokensApiTest);

}  // namespace api_test
