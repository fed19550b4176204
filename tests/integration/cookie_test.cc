// Tokens in cookies, and what keeps another site's page from using them.
#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <optional>
#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {
namespace {

using Jar = std::map<std::string, std::string>;

/// Name → everything after the `=`.
Jar set_by(const Answer& answer) {
  Jar jar;
  const auto [first, last] = answer.headers.equal_range("set-cookie");
  for (auto it = first; it != last; ++it) {
    const auto equals = it->second.find('=');
    jar[it->second.substr(0, equals)] = it->second.substr(equals + 1);
  }
  return jar;
}

std::string value_of(const Jar& jar, const std::string& name) {
  const auto found = jar.find(name);
  CPPUNIT_ASSERT_MESSAGE(name, found != jar.end());
  return found->second.substr(0, found->second.find(';'));
}

/// What a browser sends back; `csrf`: the header, left out when empty.
Headers with_cookies(const Jar& jar, const std::string& csrf = {}) {
  std::string cookie;
  for (const auto& [name, value] : jar)
    cookie += (cookie.empty() ? "" : "; ") + name + "=" + value_of(jar, name);
  Headers headers{{"Cookie", cookie}};
  if (!csrf.empty()) headers.emplace_back("X-CSRF-Token", csrf);
  return headers;
}

const std::string kMissing = R"({"detail":"CSRF Failed: CSRF token missing."})";
const std::string kIncorrect = R"({"detail":"CSRF Failed: CSRF token incorrect."})";

}  // namespace

class CookieTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CookieTest);
  CPPUNIT_TEST(login_sets_what_scripts_cannot_read);
  CPPUNIT_TEST(the_access_cookie_opens_what_only_reads);
  CPPUNIT_TEST(what_changes_something_wants_the_csrf_token);
  CPPUNIT_TEST(a_refresh_by_cookie_wants_it_too_and_renews_the_cookies);
  CPPUNIT_TEST(a_csrf_token_is_good_for_its_session_only);
  CPPUNIT_TEST(logout_takes_away_what_login_set);
  CPPUNIT_TEST(a_header_needs_no_csrf_token);
  CPPUNIT_TEST(are_neither_set_nor_taken_by_default);
  CPPUNIT_TEST_SUITE_END();

  std::optional<SessionsStack> there_;
  Account account_;
  Jar jar_;

 public:
  void setUp() override {
    there_.emplace();
    account_ = register_and_login();
    jar_ = set_by(login(account_.username, account_.password));
  }
  void tearDown() override { there_.reset(); }

  void login_sets_what_scripts_cannot_read() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, jar_.size());
    const auto attributes = [&](const std::string& name) {
      const auto& all = jar_.at(name);
      return all.substr(all.find(';'));
    };
    CPPUNIT_ASSERT_EQUAL(std::string("; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"),
                         attributes("__Host-jwtauthd_refresh"));
    CPPUNIT_ASSERT_EQUAL(std::string("; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Strict"),
                         attributes("__Host-jwtauthd_access"));
    CPPUNIT_ASSERT_EQUAL(std::string("; Path=/; Max-Age=86400; Secure; SameSite=Strict"),
                         attributes("__Host-jwtauthd_csrf"));
    CPPUNIT_ASSERT_EQUAL(200, refresh(value_of(jar_, "__Host-jwtauthd_refresh")).status);
  }

  void the_access_cookie_opens_what_only_reads() {
    for (const char* path : {"/api/dashboard/", "/api/me/", "/api/sessions/"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 200, get(path, with_cookies(jar_)).status);
    }
    CPPUNIT_ASSERT_EQUAL(401, get("/api/dashboard/", {{"Cookie", "__Host-jwtauthd_access=x.y.z"}}).status);
    Headers both = with_cookies(jar_);
    both.emplace_back("Authorization", "Bearer x.y.z");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the header counts", 401, get("/api/dashboard/", both).status);
  }

  void what_changes_something_wants_the_csrf_token() {
    const auto csrf = value_of(jar_, "__Host-jwtauthd_csrf");
    const auto change = [&](const std::string& token) {
      Headers headers = with_cookies(jar_, token);
      headers.emplace_back("Content-Type", "application/json");
      return request("PATCH", "/api/me/", headers, R"({"first_name":"Eve"})");
    };
    const auto missing = change("");
    CPPUNIT_ASSERT_EQUAL(403, missing.status);
    CPPUNIT_ASSERT_EQUAL(kMissing, missing.body);
    for (const auto& wrong : {csrf.substr(1), csrf + "0", std::string(csrf.size(), '0')}) {
      const auto refused = change(wrong);
      CPPUNIT_ASSERT_EQUAL(403, refused.status);
      CPPUNIT_ASSERT_EQUAL(kIncorrect, refused.body);
    }
    const std::string name =
        "SELECT COUNT(*) FROM auth_user WHERE first_name = 'Eve' AND id = " + std::to_string(account_.id);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, number(there_->database(), name));
    CPPUNIT_ASSERT_EQUAL(200, change(csrf).status);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, number(there_->database(), name));
  }

  void a_refresh_by_cookie_wants_it_too_and_renews_the_cookies() {
    const auto ask = [&](const Jar& jar, const std::string& csrf) {
      return post_json("/api/token/refresh/", "{}", with_cookies(jar, csrf));
    };
    CPPUNIT_ASSERT_EQUAL(kMissing, ask(jar_, "").body);
    CPPUNIT_ASSERT_EQUAL(kIncorrect, ask(jar_, "0").body);
    const auto done = ask(jar_, value_of(jar_, "__Host-jwtauthd_csrf"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    const auto renewed = set_by(done);
    CPPUNIT_ASSERT_EQUAL(member(done.body, "refresh"), value_of(renewed, "__Host-jwtauthd_refresh"));
    CPPUNIT_ASSERT_EQUAL(member(done.body, "access"), value_of(renewed, "__Host-jwtauthd_access"));
    CPPUNIT_ASSERT_EQUAL(value_of(jar_, "__Host-jwtauthd_csrf"), value_of(renewed, "__Host-jwtauthd_csrf"));
    CPPUNIT_ASSERT_EQUAL(200, ask(renewed, value_of(renewed, "__Host-jwtauthd_csrf")).status);
  }

  void a_csrf_token_is_good_for_its_session_only() {
    const auto others = value_of(set_by(login(account_.username, account_.password)), "__Host-jwtauthd_csrf");
    CPPUNIT_ASSERT_EQUAL(kIncorrect, post_json("/api/logout/", "{}", with_cookies(jar_, others)).body);
    CPPUNIT_ASSERT_EQUAL(200, get("/api/dashboard/", with_cookies(jar_)).status);
  }

  void logout_takes_away_what_login_set() {
    CPPUNIT_ASSERT_EQUAL(403, post_json("/api/logout/", "{}", with_cookies(jar_)).status);
    const auto done =
        post_json("/api/logout/", "{}", with_cookies(jar_, value_of(jar_, "__Host-jwtauthd_csrf")));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(done.body, 200, done.status);
    const auto cleared = set_by(done);
    CPPUNIT_ASSERT_EQUAL(jar_.size(), cleared.size());
    for (const auto& [name, value] : cleared) {
      CPPUNIT_ASSERT_MESSAGE(
          value, value.substr(0, 7) == "; Path=" && value.find("Max-Age=0;") != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(401, refresh(value_of(jar_, "__Host-jwtauthd_refresh")).status);
    let_a_second_pass();
    CPPUNIT_ASSERT_EQUAL(401, get("/api/dashboard/", with_cookies(jar_)).status);
  }

  void a_header_needs_no_csrf_token() {
    Headers headers = with_cookies(jar_);
    headers.emplace_back("Authorization", "Bearer " + account_.access);
    headers.emplace_back("Content-Type", "application/json");
    CPPUNIT_ASSERT_EQUAL(200, request("PATCH", "/api/me/", headers, R"({"last_name":"Lovelace"})").status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(value_of(jar_, "__Host-jwtauthd_refresh")).status);
  }

  void are_neither_set_nor_taken_by_default() {
    there_.reset();
    const auto account = register_and_login();
    CPPUNIT_ASSERT(set_by(login(account.username, account.password)).empty());
    const Headers cookie{{"Cookie", "__Host-jwtauthd_access=" + account.access +
                                        "; __Host-jwtauthd_refresh=" + account.refresh}};
    CPPUNIT_ASSERT_EQUAL(401, get("/api/dashboard/", cookie).status);
    CPPUNIT_ASSERT_EQUAL(400, post_json("/api/token/refresh/", "{}", cookie).status);
    CPPUNIT_ASSERT_EQUAL(401, post_json("/api/logout/", "{}", cookie).status);
    CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CookieTest);

}  // namespace integration
