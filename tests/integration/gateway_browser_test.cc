// The gateway for browsers: cookies, the way to the sign-in page and back, and verdicts that nginx keeps.
#include <cppunit/extensions/HelperMacros.h>

#include <optional>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {

class GatewayBrowserTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayBrowserTest);
  CPPUNIT_TEST(a_cookie_passes_what_only_reads);
  CPPUNIT_TEST(what_changes_something_by_cookie_wants_the_csrf_token);
  CPPUNIT_TEST(cookies_are_not_taken_by_default);
  CPPUNIT_TEST(sign_in_goes_back_to_this_host_only);
  CPPUNIT_TEST(who_is_signed_in_is_not_sent_there);
  CPPUNIT_TEST(a_kept_verdict_is_for_its_credential_rule_and_method);
  CPPUNIT_TEST(a_kept_verdict_ends);
  CPPUNIT_TEST_SUITE_END();

  std::optional<SessionsStack> there_;
  Account account_;
  Headers cookie_;

 public:
  void setUp() override {
    there_.emplace();
    account_ = register_and_login();
    cookie_ = {{"Cookie", "other=1; __Host-jwtauthd_access=" + account_.access}};
  }
  void tearDown() override { there_.reset(); }

  static Headers and_csrf(Headers headers, const std::string& token) {
    headers.emplace_back("X-CSRF-Token", token);
    return headers;
  }
  /// Of a login that set cookies.
  std::string csrf_of_new_login() {
    const auto answer = login(account_.username, account_.password);
    account_.access = member(answer.body, "access");
    cookie_ = {{"Cookie", "__Host-jwtauthd_access=" + account_.access}};
    const auto [first, last] = answer.headers.equal_range("set-cookie");
    for (auto it = first; it != last; ++it) {
      if (it->second.starts_with("__Host-jwtauthd_csrf="))
        return it->second.substr(21, it->second.find(';') - 21);
    }
    CPPUNIT_FAIL("no CSRF token");
    return {};
  }

  void a_cookie_passes_what_only_reads() {
    CPPUNIT_ASSERT_EQUAL(200, get("/gate/any/", cookie_).status);
    CPPUNIT_ASSERT_EQUAL(200, request("HEAD", "/gate/any/", cookie_).status);
    CPPUNIT_ASSERT_EQUAL(401, get("/gate/any/", {{"Cookie", "__Host-jwtauthd_access=x.y.z"}}).status);
  }

  void what_changes_something_by_cookie_wants_the_csrf_token() {
    const auto csrf = csrf_of_new_login();
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
      CPPUNIT_ASSERT_EQUAL(403, request(method, "/gate/any/", cookie_).status);
      CPPUNIT_ASSERT_EQUAL(403, request(method, "/gate/any/", and_csrf(cookie_, "0")).status);
      CPPUNIT_ASSERT_EQUAL(200, request(method, "/gate/any/", and_csrf(cookie_, csrf)).status);
      CPPUNIT_ASSERT_EQUAL(200, request(method, "/gate/any/", bearer(account_.access)).status);
    }
  }

  void cookies_are_not_taken_by_default() {
    there_.reset();
    const auto account = register_and_login();
    CPPUNIT_ASSERT_EQUAL(
        401, get("/gate/any/", {{"Cookie", "__Host-jwtauthd_access=" + account.access}}).status);
  }

  void sign_in_goes_back_to_this_host_only() {
    struct Row {
      const char* path;
      const char* next;
    };
    for (const Row& row : {
             Row{"/gate/browser/", "/gate/browser/"},
             Row{"/gate/browser/a.b?page=2", "/gate/browser/a.b?page=2"},
             Row{"/gate/browser/a%20b", "/gate/browser/a%20b"},
             Row{"/gate/browser/?a=1&next=//evil.example", "/gate/browser/"},
             Row{"//gate/browser/", "/"},
             Row{"/%2Fevil.example/../gate/browser/", "/"},
             Row{"/%5Cevil.example/../gate/browser/", "/"},
             Row{"/.%2Fevil.example/../gate/browser/", "/.%2Fevil.example/../gate/browser/"},
             Row{"/\\evil.example/../gate/browser/", "/"},
             Row{"/gate/browser/%0d%0aX-Evil:1", "/"},
             Row{"/gate/browser/\\x", "/"},
             Row{"/gate/browser/?x=#y", "/gate/browser/"},
             Row{"/gate/browser/\xc3\xa9", "/"},
         }) {
      const auto answer = get(row.path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, 302, answer.status);
      const auto location = answer.header("location");
      const auto at = location.find("/sign-in/?next=");
      CPPUNIT_ASSERT_MESSAGE(location, at != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, std::string(row.next), location.substr(at + 15));
      CPPUNIT_ASSERT_EQUAL(std::string(), answer.header("x-evil"));
    }
  }

  void who_is_signed_in_is_not_sent_there() {
    CPPUNIT_ASSERT_EQUAL(200, get("/gate/browser/", cookie_).status);
  }

  void a_kept_verdict_is_for_its_credential_rule_and_method() {
    const auto csrf = csrf_of_new_login();
    const auto status = [](const std::string& method, const std::string& path, const Headers& headers) {
      return request(method, path, headers).status;
    };
    // Each behind one that passed a moment ago.
    for (int i = 0; i < 10; ++i) {
      CPPUNIT_ASSERT_EQUAL(200, status("GET", "/gate/cached/", cookie_));
      CPPUNIT_ASSERT_EQUAL(401, status("GET", "/gate/cached/", {}));
      CPPUNIT_ASSERT_EQUAL(401, status("GET", "/gate/cached/", {{"Cookie", "__Host-jwtauthd_access=x"}}));
      CPPUNIT_ASSERT_EQUAL(401, status("GET", "/gate/cached/", bearer("x.y.z")));
      CPPUNIT_ASSERT_EQUAL_MESSAGE("another rule", 403, status("GET", "/gate/cached/staff/", cookie_));
      CPPUNIT_ASSERT_EQUAL_MESSAGE("another method", 403, status("POST", "/gate/cached/", cookie_));
      CPPUNIT_ASSERT_EQUAL(200, status("POST", "/gate/cached/", and_csrf(cookie_, csrf)));
      CPPUNIT_ASSERT_EQUAL(403, status("POST", "/gate/cached/", and_csrf(cookie_, "0")));
      CPPUNIT_ASSERT_EQUAL(200, status("POST", "/gate/cached/", bearer(account_.access)));
    }
  }

  void a_kept_verdict_ends() {
    const auto asked = [&] { return get("/gate/cached/", bearer(account_.access)); };
    CPPUNIT_ASSERT_EQUAL(200, asked().status);
    CPPUNIT_ASSERT(asked().body.find("user=" + account_.username + "\n") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(200, post_json("/api/logout/", "{}", bearer(account_.access)).status);
    CPPUNIT_ASSERT(eventually([&] { return asked().status == 401; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayBrowserTest);

}  // namespace integration
