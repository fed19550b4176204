#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "api/openapi.h"
#include "api/routes.h"
#include "json/parse.h"

namespace api_test {

using api::Lane;

namespace {

/// The path with something in the place of its parameter.
std::string asked_for(std::string_view path) {
  std::string asked(path);
  if (const auto open = asked.find('{'); open != std::string::npos) {
    asked.replace(open, asked.find('}') - open + 1, "7");
  }
  return asked;
}

}  // namespace

class AppTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AppTest);
  CPPUNIT_TEST(every_protected_row_asks_for_a_token);
  CPPUNIT_TEST(authentication_comes_before_the_method_on_protected_paths);
  CPPUNIT_TEST(refuses_methods_that_no_row_has_and_names_the_others);
  CPPUNIT_TEST(every_view_tells_its_allow_header_on_every_answer);
  CPPUNIT_TEST(unknown_paths_are_404_and_a_missing_slash_is_301_for_get_only);
  CPPUNIT_TEST(accept_is_checked_before_the_token);
  CPPUNIT_TEST(probes_answer_any_accept);
  CPPUNIT_TEST(indents_on_request);
  CPPUNIT_TEST(describes_a_view_to_options);
  CPPUNIT_TEST(what_may_wait_never_runs_on_the_token_lane);
  CPPUNIT_TEST(a_known_user_is_answered_on_the_token_lane);
  CPPUNIT_TEST(an_outage_is_503_with_a_fixed_text);
  CPPUNIT_TEST(readiness_says_what_is_missing);
  CPPUNIT_TEST(registration_can_be_closed);
  CPPUNIT_TEST(the_blacklist_is_there_when_it_is_configured);
  CPPUNIT_TEST(a_401_names_the_configured_scheme);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_blacklist_is_there_when_it_is_configured() {
    CPPUNIT_ASSERT_EQUAL(404, House().send("POST", "/api/token/blacklist/", "{}").status);
    CPPUNIT_ASSERT_EQUAL(400, House({.blacklist = true}).send("POST", "/api/token/blacklist/", "{}").status);
  }

  void a_401_names_the_configured_scheme() {
    CPPUNIT_ASSERT(House().send("GET", "/api/dashboard/").headers.empty());
    const auto response = House({.challenge = "JWT realm=\"api\""}).send("GET", "/api/dashboard/");
    CPPUNIT_ASSERT_EQUAL(std::string("JWT realm=\"api\""), response.headers.at(0).second);
  }

  void every_protected_row_asks_for_a_token() {
    House house(api::everything());
    int protected_rows = 0;
    for (const auto& row : api::routes()) {
      if (row.access != api::Access::bearer) continue;
      ++protected_rows;
      const auto response = house.send(row.method, asked_for(row.path));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.path), 401, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Authentication credentials were not provided."})"),
                           response.body);
    }
    CPPUNIT_ASSERT(protected_rows > 0);
  }

  void authentication_comes_before_the_method_on_protected_paths() {
    House house;
    auto request = House::request("POST", "/api/dashboard/");
    CPPUNIT_ASSERT_EQUAL(401, house.send(request).status);
    const auto header = "Bearer " + house.issuer.issue_pair(house.add_user("ada", "x")).access;
    request.authorization = header;
    CPPUNIT_ASSERT_EQUAL(405, house.send(request).status);
  }

  void refuses_methods_that_no_row_has_and_names_the_others() {
    House house;
    for (const auto* method : {"GET", "PUT", "PATCH", "DELETE", "HEAD", "FOO", "post"}) {
      const auto response = house.send(method, "/api/login/");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 405, response.status);
      CPPUNIT_ASSERT_EQUAL(R"({"detail":"Method \")" + std::string(method) + R"(\" not allowed."})",
                           response.body);
      CPPUNIT_ASSERT_EQUAL(std::string_view("POST, OPTIONS"), response.allow);
    }
    CPPUNIT_ASSERT_EQUAL(std::string_view("GET, HEAD, OPTIONS"), house.send("GET", "/api/dashboard/").allow);
  }

  void every_view_tells_its_allow_header_on_every_answer() {
    House house(api::everything());
    for (const auto& row : api::routes()) {
      for (const auto* method : {"GET", "POST", "OPTIONS", "BREW"}) {
        CPPUNIT_ASSERT_MESSAGE(std::string(row.path), !house.send(method, asked_for(row.path)).allow.empty());
      }
    }
  }

  void unknown_paths_are_404_and_a_missing_slash_is_301_for_get_only() {
    House house;
    for (const auto* path : {"/", "/api/", "/api/login/x", "/API/login/", "", "/api/login//"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, house.send("GET", path).status);
    }
    auto request = House::request("GET", "/api/login");
    request.query = "a=b%20c";
    const auto moved = house.send(request);
    CPPUNIT_ASSERT_EQUAL(301, moved.status);
    CPPUNIT_ASSERT_EQUAL(std::string("/api/login/?a=b%20c"), moved.headers.at(0).second);
    CPPUNIT_ASSERT_EQUAL(400, house.send("POST", "/api/login", "{}").status);
  }

  void accept_is_checked_before_the_token() {
    House house;
    auto request = House::request("GET", "/api/dashboard/");
    request.accept = "application/xml";
    CPPUNIT_ASSERT_EQUAL(406, house.send(request).status);
  }

  void probes_answer_any_accept() {
    House house;
    auto request = House::request("GET", "/healthz");
    request.accept = "text/plain";
    CPPUNIT_ASSERT_EQUAL(200, house.send(request).status);
  }

  void indents_on_request() {
    House house;
    auto request = House::request("POST", "/api/token/verify/", "{}");
    request.accept = "application/json; indent=2";
    CPPUNIT_ASSERT_EQUAL(std::string("{\n  \"token\": [\n    \"This field is required.\"\n  ]\n}"),
                         house.send(request).body);
  }

  void describes_a_view_to_options() {
    House house;
    const auto told = json::parse(house.send("OPTIONS", "/api/register/").body).value();
    CPPUNIT_ASSERT_EQUAL(std::string_view("Register"), told.get("name")->as_string());
    const auto email = *told.get("actions")->get("POST")->get("email");
    CPPUNIT_ASSERT(email.get("required")->as_boolean());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{254}, email.get("max_length")->as_integer());

    House relaxed({.require_email = false});
    const auto relaxed_told = json::parse(relaxed.send("OPTIONS", "/api/register/").body).value();
    CPPUNIT_ASSERT(!relaxed_told.get("actions")->get("POST")->get("email")->get("required")->as_boolean());
  }

  void what_may_wait_never_runs_on_the_token_lane() {
    House house;
    CPPUNIT_ASSERT(house.app.lane(House::request("POST", "/api/login/")) == Lane::password);
    CPPUNIT_ASSERT(house.app.lane(House::request("POST", "/api/register/")) == Lane::password);
    CPPUNIT_ASSERT(house.app.lane(House::request("GET", "/api/login/")) == Lane::token);
    CPPUNIT_ASSERT(house.app.lane(House::request("GET", "/nothing")) == Lane::token);
    // a token of a user whom nobody has asked for yet: the database is not asked on the token lane
    const auto header = "Bearer " + house.issuer.issue_pair(house.add_user("ada", "x")).access;
    auto request = House::request("GET", "/api/dashboard/");
    request.authorization = header;
    house.users.queries = 0;
    CPPUNIT_ASSERT(!house.app.handle(request, Lane::token).has_value());
    CPPUNIT_ASSERT_EQUAL(0, house.users.queries);
    CPPUNIT_ASSERT_EQUAL(200, house.app.handle(request, Lane::database)->status);
  }

  void a_known_user_is_answered_on_the_token_lane() {
    House house;
    const auto& user = house.add_user("ada", "x");
    const auto header = "Bearer " + house.issuer.issue_pair(user).access;
    auto request = House::request("GET", "/api/dashboard/");
    request.authorization = header;
    house.send(request);
    house.users.queries = 0;
    const auto response = house.app.handle(request, Lane::token);
    CPPUNIT_ASSERT(response.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"message":"Welcome to your dashboard","username":"ada"})"),
                         response->body);
    CPPUNIT_ASSERT_EQUAL(user.id, response->user_id);
    CPPUNIT_ASSERT_EQUAL(0, house.users.queries);
  }

  void an_outage_is_503_with_a_fixed_text() {
    House house;
    house.users.away = true;
    const auto response = house.send("POST", "/api/login/", R"({"username":"a","password":"b"})");
    CPPUNIT_ASSERT_EQUAL(503, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Service temporarily unavailable, try again later."})"),
                         response.body);
    CPPUNIT_ASSERT_EQUAL(std::string_view("Retry-After"), response.headers.at(0).first);
  }

  void readiness_says_what_is_missing() {
    House house;
    CPPUNIT_ASSERT_EQUAL(200, house.send("GET", "/readyz").status);
    house.missing = {"the database cannot be reached", "migration 0002 is missing"};
    const auto response = house.send("GET", "/readyz");
    CPPUNIT_ASSERT_EQUAL(503, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"not ready","missing":["the database cannot be reached",)"
                                     R"("migration 0002 is missing"]})"),
                         response.body);
    CPPUNIT_ASSERT_EQUAL(200, house.send("GET", "/healthz").status);
  }

  void registration_can_be_closed() {
    House house({.registration = false});
    CPPUNIT_ASSERT_EQUAL(404, house.send("POST", "/api/register/", "{}").status);
    CPPUNIT_ASSERT_EQUAL(400, house.send("POST", "/api/login/", "{}").status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AppTest);

}  // namespace api_test
