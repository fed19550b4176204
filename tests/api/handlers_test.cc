#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "json/parse.h"

namespace api_test {
namespace {

std::string token_in(const http::Response& response, std::string_view name) {
  return std::string(json::parse(response.body).value().get(name)->as_string());
}

std::string with(std::string_view name, const std::string& text) {
  std::string out = "{\"";
  return out.append(name).append("\":\"").append(text).append("\"}");
}

}  // namespace

class HandlersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HandlersTest);
  CPPUNIT_TEST(reads_fields_as_drf_does);
  CPPUNIT_TEST(a_body_that_is_no_object_is_refused_by_its_python_name);
  CPPUNIT_TEST(numbers_are_taken_as_text);
  CPPUNIT_TEST(registration_tells_all_fields_in_the_order_of_the_form);
  CPPUNIT_TEST(a_lone_surrogate_is_told_behind_the_fields_own_complaints);
  CPPUNIT_TEST(login_gives_refresh_then_access);
  CPPUNIT_TEST(speaks_either_release_of_simplejwt);
  CPPUNIT_TEST(refresh_looks_at_the_user_in_5_5_only);
  CPPUNIT_TEST(answers_that_carry_tokens_are_no_store);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reads_fields_as_drf_does() {
    House house;
    struct Row {
      const char* body;
      const char* answer;
    };
    const Row rows[] = {
        {"{}", R"({"username":["This field is required."],"password":["This field is required."]})"},
        {R"({"username":null,"password":""})",
         R"({"username":["This field may not be null."],"password":["This field may not be blank."]})"},
        {R"({"username":" \t","password":true})",
         R"({"username":["This field may not be blank."],"password":["Not a valid string."]})"},
        {R"({"username":[],"password":{}})",
         R"({"username":["Not a valid string."],"password":["Not a valid string."]})"},
        {"{\"username\":\"a\\u0000\",\"password\":\"b\\udc00\"}",
         R"({"username":["Null characters are not allowed."],"password":["Surrogate characters are not allowed: U+DC00."]})"},
    };
    for (const auto& row : rows) {
      const auto response = house.send("POST", "/api/login/", row.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, 400, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string(row.answer), response.body);
    }
  }

  void a_body_that_is_no_object_is_refused_by_its_python_name() {
    House house;
    struct Row {
      const char* body;
      const char* name;
    };
    for (const Row& row : {Row{"[]", "list"}, Row{"\"x\"", "str"}, Row{"1", "int"}, Row{"1.5", "float"},
                           Row{"true", "bool"}}) {
      CPPUNIT_ASSERT_EQUAL(R"({"non_field_errors":["Invalid data. Expected a dictionary, but got )" +
                               std::string(row.name) + R"(."]})",
                           house.send("POST", "/api/login/", row.body).body);
    }
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"non_field_errors":["No data provided"]})"),
                         house.send("POST", "/api/login/", "null").body);
  }

  void numbers_are_taken_as_text() {
    House house;
    house.add_user("12345", "1.5");
    CPPUNIT_ASSERT_EQUAL(200,
                         house.send("POST", "/api/login/", R"({"username":12345,"password":1.50})").status);
  }

  void registration_tells_all_fields_in_the_order_of_the_form() {
    House house;
    const auto response = house.send("POST", "/api/register/", R"({"password":null,"username":"a b"})");
    CPPUNIT_ASSERT_EQUAL(400, response.status);
    const auto told = json::parse(response.body).value();
    std::string order;
    told.each([&](std::string_view field, const json::Value&) { order.append(field).append(" "); });
    CPPUNIT_ASSERT_EQUAL(std::string("username email password "), order);
  }

  void a_lone_surrogate_is_told_behind_the_fields_own_complaints() {
    House house;
    const auto response =
        house.send("POST", "/api/register/",
                   R"({"username":"tr_\ud800","email":"a@example.com","password":"Zebra-quilt\ud800"})");
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            R"({"username":["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ )"
            R"(characters.","Surrogate characters are not allowed: U+D800."],)"
            R"("password":["Surrogate characters are not allowed: U+D800."]})"),
        response.body);
    CPPUNIT_ASSERT(house.users.rows.empty());
  }

  void login_gives_refresh_then_access() {
    House house;
    const auto& user = house.add_user("ada", "Zebra-quilt-77");
    const auto response =
        house.send("POST", "/api/login/", R"({"username":"ada","password":" Zebra-quilt-77 "})");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"refresh":"ey)"), response.body.substr(0, 14));
    CPPUNIT_ASSERT_EQUAL(user.id, response.user_id);
    CPPUNIT_ASSERT_EQUAL(
        200, house.send("POST", "/api/token/verify/", with("token", token_in(response, "access"))).status);
  }

  void speaks_either_release_of_simplejwt() {
    struct Row {
      bool simplejwt_5_2;
      const char* invalid;
      const char* expired;
    };
    for (const Row& row : {Row{true, "Token is invalid or expired", "Token is invalid or expired"},
                           Row{false, "Token is invalid", "Token is expired"}}) {
      House house({.simplejwt_5_2 = row.simplejwt_5_2});
      const auto pair = house.issuer.issue_pair(house.add_user("ada", "x"));
      const auto refused = [&](const std::string& token) {
        return token_in(house.send("POST", "/api/token/refresh/", with("refresh", token)), "detail");
      };
      CPPUNIT_ASSERT_EQUAL(std::string(row.invalid), refused("x.y.z"));
      CPPUNIT_ASSERT_EQUAL(std::string("Token has wrong type"), refused(pair.access));
      house.clock.now_ += std::chrono::hours(25);
      CPPUNIT_ASSERT_EQUAL(std::string(row.expired), refused(pair.refresh));
    }
  }

  void refresh_looks_at_the_user_in_5_5_only() {
    for (const bool simplejwt_5_2 : {true, false}) {
      House house({.simplejwt_5_2 = simplejwt_5_2});
      auto& user = house.add_user("ada", "x");
      const auto pair = house.issuer.issue_pair(user);
      user.is_active = false;
      const auto response = house.send("POST", "/api/token/refresh/", with("refresh", pair.refresh));
      CPPUNIT_ASSERT_EQUAL(simplejwt_5_2 ? 200 : 401, response.status);
    }
  }

  void answers_that_carry_tokens_are_no_store() {
    House house;
    const auto pair = house.issuer.issue_pair(house.add_user("ada", "Zebra-quilt-77"));
    CPPUNIT_ASSERT(house.send("POST", "/api/token/refresh/", with("refresh", pair.refresh)).no_store);
    CPPUNIT_ASSERT(
        house.send("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})").no_store);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HandlersTest);

}  // namespace api_test
