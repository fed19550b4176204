#include "api/cookies.h"

#include <cppunit/extensions/HelperMacros.h>

#include "api/house.h"
#include "http/cookie.h"
#include "json/parse.h"

namespace api_test {

class CookiesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CookiesTest);
  CPPUNIT_TEST(login_sets_them_as_configured);
  CPPUNIT_TEST(the_access_cookie_goes_where_it_is_told_to);
  CPPUNIT_TEST(a_login_from_another_site_sets_none);
  CPPUNIT_TEST(refresh_takes_the_cookie_and_sets_it_anew);
  CPPUNIT_TEST(a_token_in_the_body_goes_before_the_cookie);
  CPPUNIT_TEST(changing_something_by_cookie_wants_the_sessions_csrf_token);
  CPPUNIT_TEST(reading_by_cookie_wants_none);
  CPPUNIT_TEST(a_header_goes_before_the_cookie_and_wants_none);
  CPPUNIT_TEST(logout_takes_the_cookies_away);
  CPPUNIT_TEST(no_cache_keeps_what_a_cookie_opened);
  CPPUNIT_TEST(logout_with_another_token_leaves_the_cookies);
  CPPUNIT_TEST(a_header_of_another_scheme_does_not_hide_the_cookie);
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
    browser.csrf = http::cookie(browser.cookies, "__Host-jwtauthd_csrf").value_or("");
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
  void the_access_cookie_goes_where_it_is_told_to() {
    auto wide = options(true);
    wide.access_cookie_path = "/";
    House house(wide);
    const auto path = [](const std::string& cookie) {
      const auto from = cookie.find("; Path=") + 7;
      return cookie.substr(from, cookie.find(';', from) - from);
    };
    auto browser = log_in(house);
    const auto check = [&](const std::vector<std::string>& set) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set.size());
      CPPUNIT_ASSERT_EQUAL(std::string("/api/"), path(set[0]));
      CPPUNIT_ASSERT_EQUAL(std::string("/"), path(set[1]));
    };
    check(browser.set);
    check(set_by(send(house, browser, "POST", "/api/logout/", browser.csrf, "{}")));
  }

  void login_sets_them_as_configured() {
    House both(options(true));
    const auto set = log_in(both).set;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set.size());
    CPPUNIT_ASSERT(set[0].starts_with("__Secure-jwtauthd_refresh=ey"));
    CPPUNIT_ASSERT(set[0].ends_with("; Path=/api/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"));
    CPPUNIT_ASSERT(set[1].starts_with("__Secure-jwtauthd_access=ey"));
    CPPUNIT_ASSERT(set[1].ends_with("; Path=/api/; Max-Age=300; HttpOnly; Secure; SameSite=Strict"));
    CPPUNIT_ASSERT(set[2].starts_with("__Host-jwtauthd_csrf="));
    CPPUNIT_ASSERT(set[2].ends_with("; Path=/; Max-Age=86400; Secure; SameSite=Strict"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{21 + 64}, set[2].find(';'));

    House refresh_only(options(false));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log_in(refresh_only).set.size());
  }

  void a_login_from_another_site_sets_none() {
    const struct {
      const char* fetch_site;
      const char* origin;
      bool set;
    } rows[] = {
        {"", "", true},
        {"same-origin", "", true},
        {"none", "", true},
        {"same-origin", "https://elsewhere.example", true},  // what the browser itself says
        {"same-site", "https://api.example", false},
        {"cross-site", "https://api.example", false},
        {"odd", "", false},
        {"", "https://api.example", true},
        {"", "https://API.example", true},
        {"", "http://api.example", false},
        {"", "https://app.example", false},
        {"", "https://api.example.org", false},
        {"", "https://api.example:8443", false},
        {"", "null", false},
    };
    House house(options(true));
    house.add_user("ada", "Zebra-quilt-77");
    for (const auto& row : rows) {
      auto request =
          House::request("POST", "/api/login/", R"({"username":"ada","password":"Zebra-quilt-77"})");
      request.host = "api.example";
      request.fetch_site = row.fetch_site;
      request.origin = row.origin;
      const auto response = house.send(request);
      const std::string told = std::string(row.fetch_site) + " " + row.origin;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(told, 200, response.status);
      CPPUNIT_ASSERT(response.body.find("refresh") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(told, row.set, !set_by(response).empty());
    }
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
                         std::string(*http::cookie(after.cookies, "__Secure-jwtauthd_refresh")));
    CPPUNIT_ASSERT(http::cookie(after.cookies, "__Secure-jwtauthd_refresh") !=
                   http::cookie(browser.cookies, "__Secure-jwtauthd_refresh"));
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
    const std::string header =
        "Bearer " + std::string(*http::cookie(browser.cookies, "__Secure-jwtauthd_access"));
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

  void no_cache_keeps_what_a_cookie_opened() {
    House house(options(true));
    const auto browser = log_in(house);
    for (const auto* path : {"/api/dashboard/", "/api/sessions/"}) {
      const auto response = send(house, browser, "GET", path, "");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 200, response.status);
      CPPUNIT_ASSERT(response.no_store && response.vary_cookie);
    }
    const auto refused = send(house, browser, "PATCH", "/api/me/", "");
    CPPUNIT_ASSERT(refused.status == 403 && refused.no_store && refused.vary_cookie);
    const auto without = house.send("GET", "/api/dashboard/");  // the next visitor of the cache
    CPPUNIT_ASSERT(without.status == 401 && without.vary_cookie);
    CPPUNIT_ASSERT(!house.send("GET", "/healthz").vary_cookie);
    House header_only({.sessions = true});
    const auto header = header_only.send("GET", "/api/dashboard/");
    CPPUNIT_ASSERT(!header.no_store && !header.vary_cookie);
  }

  void logout_with_another_token_leaves_the_cookies() {
    House house(options(true));
    const auto browser = log_in(house);
    const auto attacker = log_in(house);
    const std::string his = std::string(*http::cookie(attacker.cookies, "__Secure-jwtauthd_refresh"));
    const std::string own = std::string(*http::cookie(browser.cookies, "__Secure-jwtauthd_refresh"));
    const auto log_out = [&](const Browser& from, const std::string& token, std::string_view csrf) {
      const std::string body = token.empty() ? "" : R"({"refresh":")" + token + R"("})";
      return send(house, from, "POST", "/api/logout/", csrf, body);
    };
    Browser no_access = browser;  // and so nothing that asks for the CSRF token
    no_access.cookies = "__Secure-jwtauthd_refresh=" + own;
    for (const auto& token : {std::string("x.y.z"), his}) {
      CPPUNIT_ASSERT(set_by(log_out(no_access, token, "")).empty());
    }
    CPPUNIT_ASSERT(set_by(log_out({}, "", "")).empty());  // a form of another site: none is sent
    CPPUNIT_ASSERT_EQUAL(200, send(house, browser, "GET", "/api/dashboard/", "").status);
    // A token that is refused is not worth keeping, and who knows the cookie's token may take it away.
    no_access.cookies = "__Secure-jwtauthd_refresh=x.y.z";
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set_by(log_out(no_access, "", "")).size());
    no_access.cookies = "__Secure-jwtauthd_refresh=" + own;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set_by(log_out(no_access, own, "")).size());
    no_access.cookies = "__Secure-jwtauthd_access=x.y.z";
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set_by(log_out(no_access, "", "")).size());
  }

  void a_header_of_another_scheme_does_not_hide_the_cookie() {
    House house(options(true));
    const auto browser = log_in(house);
    auto request = House::request("GET", "/api/dashboard/");
    request.cookie = browser.cookies;
    request.authorization = "Basic c3RhZ2luZzpzaXRl";
    CPPUNIT_ASSERT_EQUAL(200, house.send(request).status);
    request.method = "POST";
    request.path = "/api/logout/all/";
    CPPUNIT_ASSERT_EQUAL(403, house.send(request).status);
    request.path = "/api/logout/";
    request.csrf_token = browser.csrf;
    CPPUNIT_ASSERT_EQUAL(200, house.send(request).status);
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
