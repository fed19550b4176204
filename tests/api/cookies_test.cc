#include "api/cookies.h"

#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "http/cookie.h"
#include "json/parse.h"

namespace api_test {

class CookiesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CookiesTest);
  CPPUNIT_TEST(login_sets_them_as_configured);
  CPPUNIT_TEST(refresh_takes_the_cookie_and_sets_it_anew);
  CPPUNIT_TEST(a_token_in_the_body_goes_before_the_cookie);
  CPPUNIT_TEST(changing_something_by_cookie_wants_the_sessions_csrf_token);
  CPPUNIT_TEST(reading_by_cookie_wants_none);
  CPPUNIT_TEST(a_header_goes_before_the_cookie_and_wants_none);
  CPPUNIT_TEST(logout_takes_the_cookies_away);
  CPPUNIT_TEST(cookies_are_nothing_where_they_are_not_configured);
  CPPUNIT_TEST_SUITE_END();

  /// What a browser has after a login.
  struct Browser {
    std::string cookies;
    std::string csrf;
    std::vector<std::string> set;
  };

  static std::vector<std::string> set_by(const http::Response& response) {
    std::vector<std::string> set;
    for (const auto& [name, value] : response.headers) {
      if (name == "Set-Cookie") set.push_back(value);
    }
    return set;
  }
  static Browser remembered(const http::Response& response) {
    Browser browser;
    browser.set = set_by(response);
    for (const auto& cookie : browser.set) browser.cookies += cookie.substr(0, cookie.find(';')) + "; ";
    browser.csrf = http::cookie(browser.cookies, "jwtauthd_csrf").value_or("");
    return browser;
  }
  static Browser log_in(House& house) {
    if (house.users.rows.empty()) house.add_user("ada", "Zebra-quilt-77");
    return remembered(house.send("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})"));
  }
  static http::Response send(House& house, const Browser& browser, std::string_view method,
                             std::string_view path, std::string_view csrf, std::string_view body = {}) {
    auto request = House::request(method, path, body);
    request.cookie = browser.cookies;
    request.csrf_token = csrf;
    return house.send(request);
  }

  static constexpr api::ApiOptions options(bool access) {
    api::ApiOptions made;
    made.sessions = made.cookies = true;
    made.access_cookie = access;
    return made;
  }

 public:
  void login_sets_them_as_configured() {
    House both(options(true));
    const auto set = log_in(both).set;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set.size());
    CPPUNIT_ASSERT(set[0].starts_with("jwtauthd_refresh=ey"));
    CPPUNIT_ASSERT(set[0].ends_with("; Path=/api/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"));
    CPPUNIT_ASSERT(set[1].starts_with("jwtauthd_access=ey"));
    CPPUNIT_ASSERT(set[1].ends_with("; Path=/api/; Max-Age=300; HttpOnly; Secure; SameSite=Strict"));
    CPPUNIT_ASSERT(set[2].starts_with("jwtauthd_csrf="));
    CPPUNIT_ASSERT(set[2].ends_with("; Path=/; Max-Age=86400; Secure; SameSite=Strict"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{14 + 64}, set[2].find(';'));

    House refresh_only(options(false));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log_in(refresh_only).set.size());
  }

  void refresh_takes_the_cookie_and_sets_it_anew() {
    House house(options(true));
    const auto browser = log_in(house);
    const auto response = send(house, browser, "POST", "/api/token/refresh/", browser.csrf);
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    const auto after = remembered(response);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, after.set.size());
    CPPUNIT_ASSERT_EQUAL(browser.csrf, after.csrf);  // it is the session's
    const auto body = json::parse(response.body).value();
    CPPUNIT_ASSERT_EQUAL(std::string(body.get("refresh")->as_string()),
                         std::string(*http::cookie(after.cookies, "jwtauthd_refresh")));
    CPPUNIT_ASSERT(http::cookie(after.cookies, "jwtauthd_refresh") !=
                   http::cookie(browser.cookies, "jwtauthd_refresh"));
    CPPUNIT_ASSERT_EQUAL(200, send(house, after, "POST", "/api/token/refresh/", after.csrf).status);
  }

  void a_token_in_the_body_goes_before_the_cookie() {
    House house(options(true));
    const auto browser = log_in(house);
    const auto response =
        send(house, browser, "POST", "/api/token/refresh/", browser.csrf, R"({"refresh":"x.y.z"})");
    CPPUNIT_ASSERT_EQUAL(401, response.status);
  }

  void changing_something_by_cookie_wants_the_sessions_csrf_token() {
    House house(options(true));
    const auto browser = log_in(house);
    const auto another = log_in(house);
    CPPUNIT_ASSERT(browser.csrf != another.csrf);
    const std::string first_wrong = (browser.csrf[0] == '0' ? "1" : "0") + browser.csrf.substr(1);
    const struct {
      const char* method;
      const char* path;
    } rows[] = {{"POST", "/api/token/refresh/"},   {"POST", "/api/logout/"}, {"POST", "/api/logout/all/"},
                {"POST", "/api/password/change/"}, {"PATCH", "/api/me/"},    {"DELETE", "/api/me/"},
                {"DELETE", "/api/sessions/7/"},    {"POST", "/api/me/"}};
    for (const auto& row : rows) {
      const auto missing = send(house, browser, row.method, row.path, "");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, 403, missing.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"CSRF Failed: CSRF token missing."})"), missing.body);
      for (const std::string& wrong :
           {another.csrf, first_wrong, browser.csrf.substr(1), browser.csrf + "0", std::string("x")}) {
        const auto response = send(house, browser, row.method, row.path, wrong);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, 403, response.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"CSRF Failed: CSRF token incorrect."})"),
                             response.body);
      }
      CPPUNIT_ASSERT(set_by(send(house, browser, row.method, row.path, "")).empty());
    }
    CPPUNIT_ASSERT_EQUAL(200, send(house, browser, "PATCH", "/api/me/", browser.csrf).status);
  }

  void reading_by_cookie_wants_none() {
    House house(options(true));
    const auto browser = log_in(house);
    CPPUNIT_ASSERT_EQUAL(200, send(house, browser, "GET", "/api/dashboard/", "").status);
    CPPUNIT_ASSERT_EQUAL(200, send(house, browser, "OPTIONS", "/api/me/", "").status);
    House refresh_only(options(false));
    CPPUNIT_ASSERT_EQUAL(401, send(refresh_only, log_in(refresh_only), "GET", "/api/dashboard/", "").status);
  }

  void a_header_goes_before_the_cookie_and_wants_none() {
    House house(options(true));
    const auto browser = log_in(house);
    const std::string header = "Bearer " + std::string(*http::cookie(browser.cookies, "jwtauthd_access"));
    auto request = House::request("PATCH", "/api/me/");
    request.cookie = browser.cookies;
    request.authorization = header;
    CPPUNIT_ASSERT_EQUAL(200, house.send(request).status);
    request.authorization = "Bearer junk";
    CPPUNIT_ASSERT_EQUAL(401, house.send(request).status);
  }

  void logout_takes_the_cookies_away() {
    House house(options(true));
    for (const auto* path : {"/api/logout/", "/api/logout/all/"}) {
      const auto browser = log_in(house);
      const auto response = send(house, browser, "POST", path, browser.csrf);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 200, response.status);
      const auto gone = set_by(response);
      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, gone.size());
      for (const auto& cookie : gone) CPPUNIT_ASSERT(cookie.find("=; Path=") != std::string::npos);
      for (const auto& cookie : gone) CPPUNIT_ASSERT(cookie.find("Max-Age=0;") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(401, send(house, browser, "GET", "/api/dashboard/", "").status);
      CPPUNIT_ASSERT_EQUAL(401, send(house, browser, "POST", "/api/token/refresh/", browser.csrf).status);
    }
    House refresh_only(options(false));
    const auto browser = log_in(refresh_only);
    CPPUNIT_ASSERT_EQUAL(200, send(refresh_only, browser, "POST", "/api/logout/", browser.csrf).status);
    CPPUNIT_ASSERT(refresh_only.session_rows.rows[0].revoked_at.has_value());
  }

  void cookies_are_nothing_where_they_are_not_configured() {
    House with(options(true));
    const auto browser = log_in(with);
    House house({.sessions = true});
    CPPUNIT_ASSERT(log_in(house).set.empty());
    CPPUNIT_ASSERT_EQUAL(401, send(house, browser, "GET", "/api/dashboard/", "").status);
    CPPUNIT_ASSERT_EQUAL(400, send(house, browser, "POST", "/api/token/refresh/", browser.csrf).status);
    CPPUNIT_ASSERT_EQUAL(401, send(house, browser, "POST", "/api/logout/", browser.csrf).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CookiesTest);

}  // namespace api_test
