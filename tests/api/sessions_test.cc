#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "json/parse.h"
#include "tokens/session_id.h"

namespace api_test {
namespace {

constexpr const char* kBlacklisted = R"({"detail":"Token is blacklisted","code":"token_not_valid"})";

}  // namespace

class SessionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionsTest);
  CPPUNIT_TEST(logout_takes_either_token_and_ends_both);
  CPPUNIT_TEST(logout_without_a_token_is_401);
  CPPUNIT_TEST(logout_with_a_bad_token_asks_no_database);
  CPPUNIT_TEST(a_bad_token_beside_a_good_one_does_not_keep_a_user_logged_in);
  CPPUNIT_TEST(logout_ends_a_token_without_session);
  CPPUNIT_TEST(logout_everywhere_ends_all_sessions_of_this_user);
  CPPUNIT_TEST(sessions_are_listed_newest_use_first);
  CPPUNIT_TEST(a_user_ends_his_own_sessions_only);
  CPPUNIT_TEST(a_changed_password_keeps_this_session_and_ends_the_others);
  CPPUNIT_TEST(a_wrong_old_password_is_a_field_error_and_throttles);
  CPPUNIT_TEST(too_many_failed_logins_are_429);
  CPPUNIT_TEST(me_is_shown_and_changed);
  CPPUNIT_TEST(me_is_deleted_with_the_password);
  CPPUNIT_TEST(an_account_that_others_refer_to_is_409);
  CPPUNIT_TEST(simplejwts_blacklist_ends_the_session);
  CPPUNIT_TEST(without_sessions_their_endpoints_are_not_there);
  CPPUNIT_TEST_SUITE_END();

  struct Login {
    std::string access;
    std::string refresh;
    std::string bearer;
  };

  House house_{{.sessions = true}};

  Login log_in(const char* user_agent = "curl/8") {
    auto request = House::request("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})");
    request.user_agent = user_agent;
    request.client = "192.0.2.7";
    const auto body = json::parse(house_.send(request).body).value();
    Login login{std::string(body.get("access")->as_string()), std::string(body.get("refresh")->as_string()),
                ""};
    login.bearer = "Bearer " + login.access;
    return login;
  }
  http::Response send(const Login& login, std::string_view method, std::string_view path,
                      std::string_view body = {}) {
    auto request = House::request(method, path, body);
    request.authorization = login.bearer;
    return house_.send(request);
  }
  int dashboard(const Login& login) { return send(login, "GET", "/api/dashboard/").status; }
  http::Response refresh(const Login& login) {
    return house_.send("POST", "/api/token/refresh/", R"({"refresh":")" + login.refresh + "\"}");
  }
  void assert_ended(const Login& login) {
    CPPUNIT_ASSERT_EQUAL(401, dashboard(login));
    CPPUNIT_ASSERT_EQUAL(std::string(kBlacklisted), refresh(login).body);
  }
  void assert_alive(const Login& login) {
    CPPUNIT_ASSERT_EQUAL(200, dashboard(login));
    CPPUNIT_ASSERT_EQUAL(200, refresh(login).status);
  }

 public:
  void setUp() override { house_.add_user("ada", "Zebra-quilt-77"); }

  void logout_takes_either_token_and_ends_both() {
    const Login other = log_in();
    for (const bool by_access : {true, false}) {
      const Login login = log_in();
      const std::string body = by_access ? "" : R"({"refresh":")" + login.refresh + "\"}";
      const auto response =
          by_access ? send(login, "POST", "/api/logout/") : house_.send("POST", "/api/logout/", body);
      CPPUNIT_ASSERT_EQUAL(200, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("{}"), response.body);
      CPPUNIT_ASSERT(response.headers.empty());
      CPPUNIT_ASSERT_EQUAL(house_.users.rows[0].id, response.user_id);
      assert_ended(login);
    }
    assert_alive(other);
  }

  void logout_without_a_token_is_401() {
    const auto response = house_.send("POST", "/api/logout/");
    CPPUNIT_ASSERT_EQUAL(401, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Authentication credentials were not provided."})"),
                         response.body);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"refresh":["Not a valid string."]})"),
                         house_.send("POST", "/api/logout/", R"({"refresh":[]})").body);
  }

  void logout_with_a_bad_token_asks_no_database() {
    const auto request = House::request("POST", "/api/logout/", R"({"refresh":"x.y.z"})");
    const auto response = house_.app.handle(request, api::Lane::token);
    CPPUNIT_ASSERT_EQUAL(401, response->status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Token is invalid","code":"token_not_valid"})"),
                         response->body);
  }

  void a_bad_token_beside_a_good_one_does_not_keep_a_user_logged_in() {
    const Login login = log_in();
    CPPUNIT_ASSERT_EQUAL(200, send(login, "POST", "/api/logout/", R"({"refresh":"x.y.z"})").status);
    assert_ended(login);
    const Login another = log_in();
    auto request = House::request("POST", "/api/logout/");
    const std::string body = R"({"refresh":")" + another.refresh + "\"}";
    request.body = body;
    request.authorization = "Bearer junk";
    CPPUNIT_ASSERT_EQUAL(200, house_.send(request).status);
    assert_ended(another);
  }

  void logout_ends_a_token_without_session() {
    const auto pair = house_.issuer.issue_pair(house_.users.rows[0]);
    const auto other = house_.issuer.issue_pair(house_.users.rows[0]);
    CPPUNIT_ASSERT_EQUAL(200, send({"", "", "Bearer " + pair.access}, "POST", "/api/logout/").status);
    CPPUNIT_ASSERT_EQUAL(401, dashboard({"", "", "Bearer " + pair.access}));
    CPPUNIT_ASSERT_EQUAL(200, dashboard({"", "", "Bearer " + other.access}));
    // A row that bars it stands for the session that it never had.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, house_.session_rows.rows.size());
    CPPUNIT_ASSERT(house_.session_rows.rows[0].revoked_at.has_value());
  }

  void logout_everywhere_ends_all_sessions_of_this_user() {
    const Login first = log_in();
    const Login second = log_in();
    const auto foreign = house_.issuer.issue_pair(house_.users.rows[0]);
    const auto response = send(first, "POST", "/api/logout/all/");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"ended":2})"), response.body);
    assert_ended(first);
    assert_ended(second);
    CPPUNIT_ASSERT_EQUAL(401, dashboard({"", "", "Bearer " + foreign.access}));
  }

  void sessions_are_listed_newest_use_first() {
    const Login first = log_in("curl/8");
    house_.clock.now_ += std::chrono::seconds(60);
    log_in("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    const auto listed = json::parse(send(first, "GET", "/api/sessions/").body).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, listed.size());
    CPPUNIT_ASSERT_EQUAL(std::string_view("Firefox on Linux"), listed.at(0).get("device")->as_string());
    CPPUNIT_ASSERT(!listed.at(0).get("current")->as_boolean());
    const auto mine = listed.at(1);
    CPPUNIT_ASSERT(mine.get("current")->as_boolean());
    CPPUNIT_ASSERT_EQUAL(tokens::sid_text(house_.session_rows.rows[0].id),
                         std::string(mine.get("id")->as_string()));
    CPPUNIT_ASSERT_EQUAL(std::string_view("192.0.2.7"), mine.get("address")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::string_view("curl/8"), mine.get("user_agent")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::string_view("2023-11-14T22:13:20Z"), mine.get("created")->as_string());
  }

  void a_user_ends_his_own_sessions_only() {
    const Login mine = log_in();
    const Login other = log_in();
    const std::string path = "/api/sessions/" + tokens::sid_text(house_.session_rows.rows[1].id) + "/";
    const auto eve = house_.issuer.issue_pair(house_.add_user("eve", "x"));
    CPPUNIT_ASSERT_EQUAL(404, send({"", "", "Bearer " + eve.access}, "DELETE", path).status);
    assert_alive(other);
    const auto response = send(mine, "DELETE", path);
    CPPUNIT_ASSERT_EQUAL(204, response.status);
    CPPUNIT_ASSERT(response.body.empty() && response.content_type.empty());
    CPPUNIT_ASSERT_EQUAL(401, dashboard(other));
    assert_alive(mine);
    CPPUNIT_ASSERT_EQUAL(404, send(mine, "DELETE", path).status);
    CPPUNIT_ASSERT_EQUAL(404, send(mine, "DELETE", "/api/sessions/7/").status);
    CPPUNIT_ASSERT_EQUAL(405, send(mine, "GET", path).status);
    const auto moved = send(mine, "GET", path.substr(0, path.size() - 1));
    CPPUNIT_ASSERT_EQUAL(301, moved.status);
    CPPUNIT_ASSERT_EQUAL(path, moved.headers.at(0).second);
  }

  void a_changed_password_keeps_this_session_and_ends_the_others() {
    const Login mine = log_in();
    const Login other = log_in();
    const auto response = send(mine, "POST", "/api/password/change/",
                               R"({"old_password":"Zebra-quilt-77","new_password":"Quilt-zebra-88"})");
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"New password has been saved."})"), response.body);
    assert_alive(mine);
    assert_ended(other);
    CPPUNIT_ASSERT_EQUAL(
        401, house_.send("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})").status);
  }

  void a_wrong_old_password_is_a_field_error_and_throttles() {
    const Login mine = log_in();
    const char* body = R"({"old_password":"wrong","new_password":"Quilt-zebra-88"})";
    for (int i = 0; i < 5; ++i) {
      const auto response = send(mine, "POST", "/api/password/change/", body);
      CPPUNIT_ASSERT_EQUAL(400, response.status);
      CPPUNIT_ASSERT_EQUAL(
          std::string(
              R"({"old_password":["Your old password was entered incorrectly. Please enter it again."]})"),
          response.body);
    }
    CPPUNIT_ASSERT_EQUAL(429, send(mine, "POST", "/api/password/change/", body).status);
    CPPUNIT_ASSERT_EQUAL(429, send(mine, "DELETE", "/api/me/", R"({"password":"Zebra-quilt-77"})").status);
    CPPUNIT_ASSERT_EQUAL(
        200, house_.send("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})").status);
  }

  void too_many_failed_logins_are_429() {
    for (const char* name : {"ada", "nobody"}) {
      const std::string body = std::string(R"({"username":")") + name + R"(","password":"wrong"})";
      for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL(401, house_.send("POST", "/api/login/", body).status);
      const auto response = house_.send("POST", "/api/login/", body);
      CPPUNIT_ASSERT_EQUAL(429, response.status);
      CPPUNIT_ASSERT_EQUAL(
          std::string(R"({"detail":"Request was throttled. Expected available in 1 second."})"),
          response.body);
      CPPUNIT_ASSERT_EQUAL(std::string("1"), response.headers.at(0).second);
    }
  }

  void me_is_shown_and_changed() {
    const Login mine = log_in();
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"id":1,"username":"ada","email":"ada@example.com","first_name":"","last_name":"",)"
                    R"("date_joined":"1970-01-01T00:00:00Z","last_login":null})"),
        send(mine, "GET", "/api/me/").body);
    const auto changed = send(mine, "PATCH", "/api/me/", R"({"first_name":"Ada","username":"eve","id":9})");
    CPPUNIT_ASSERT_EQUAL(200, changed.status);
    CPPUNIT_ASSERT(changed.body.find(R"("username":"ada","email":"ada@example.com","first_name":"Ada")") !=
                   std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"email":["This field may not be blank."]})"),
                         send(mine, "PATCH", "/api/me/", R"({"email":""})").body);
    CPPUNIT_ASSERT_EQUAL(200, send(mine, "PATCH", "/api/me/").status);
    CPPUNIT_ASSERT_EQUAL(405, send(mine, "PUT", "/api/me/").status);
    CPPUNIT_ASSERT_EQUAL(std::string_view("GET, PATCH, DELETE, HEAD, OPTIONS"),
                         send(mine, "OPTIONS", "/api/me/").allow);
  }

  void me_is_deleted_with_the_password() {
    const Login mine = log_in();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"password":["This field is required."]})"),
                         send(mine, "DELETE", "/api/me/").body);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"password":["Invalid password."]})"),
                         send(mine, "DELETE", "/api/me/", R"({"password":"x"})").body);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(mine));
    CPPUNIT_ASSERT_EQUAL(204, send(mine, "DELETE", "/api/me/", R"({"password":"Zebra-quilt-77"})").status);
    CPPUNIT_ASSERT_EQUAL(401, dashboard(mine));
    CPPUNIT_ASSERT(house_.users.rows.empty());
  }

  void an_account_that_others_refer_to_is_409() {
    const Login mine = log_in();
    house_.session_rows.referred_to = true;
    CPPUNIT_ASSERT_EQUAL(409, send(mine, "DELETE", "/api/me/", R"({"password":"Zebra-quilt-77"})").status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(mine));
  }

  void simplejwts_blacklist_ends_the_session() {
    const Login mine = log_in();
    CPPUNIT_ASSERT_EQUAL(
        200, house_.send("POST", "/api/token/blacklist/", R"({"refresh":")" + mine.refresh + "\"}").status);
    assert_ended(mine);
  }

  void without_sessions_their_endpoints_are_not_there() {
    House house;
    for (const auto* path : {"/api/logout/", "/api/logout/all/", "/api/sessions/", "/api/sessions/7/",
                             "/api/oauth/revoke/", "/api/oauth/introspect/"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, house.send("POST", path).status);
    }
    CPPUNIT_ASSERT_EQUAL(401, house.send("GET", "/api/me/").status);
    // an account ends all the same, although no feed tells of it
    const std::string bearer = "Bearer " + house.issuer.issue_pair(house.add_user("ada", "x")).access;
    auto request = House::request("DELETE", "/api/me/", R"({"password":"x"})");
    request.authorization = bearer;
    CPPUNIT_ASSERT_EQUAL(204, house.send(request).status);
    request = House::request("GET", "/api/dashboard/");
    request.authorization = bearer;
    CPPUNIT_ASSERT_EQUAL(401, house.send(request).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionsTest);

}  // namespace api_test
