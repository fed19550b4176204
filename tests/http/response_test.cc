#include "http/response.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using std::string_literals::operator""s;

std::string written(const http::Response& response, std::string_view request_id = "r1",
                    bool head_only = false) {
  std::string out;
  http::write(out, response, request_id, head_only);
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class ResponseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ResponseTest);
  CPPUNIT_TEST(writes_the_headers_in_order);
  CPPUNIT_TEST(varies_by_cookie_where_one_can_authenticate);
  CPPUNIT_TEST(challenges_on_every_401);
  CPPUNIT_TEST(tells_the_length_of_what_head_leaves_out);
  CPPUNIT_TEST(lets_no_header_value_end_its_line);
  CPPUNIT_TEST(appends_to_what_is_there);
  CPPUNIT_TEST(writes_a_status_that_it_does_not_know);
  CPPUNIT_TEST(words_the_standard_answers);
  CPPUNIT_TEST(redirects_as_django_does);
  CPPUNIT_TEST_SUITE_END();

  void writes_the_headers_in_order() {
    http::Response response;
    response.status = 401;
    response.body = "{}";
    response.allow = "GET, HEAD, OPTIONS";
    response.no_store = true;
    response.headers.emplace_back("Retry-After", "7");
    CPPUNIT_ASSERT_EQUAL(
        "Status: 401 Unauthorized\r\n"
        "Content-Type: application/json\r\n"
        "Content-Length: 2\r\n"
        "WWW-Authenticate: Bearer realm=\"api\"\r\n"
        "Vary: Accept\r\n"
        "Allow: GET, HEAD, OPTIONS\r\n"
        "X-Frame-Options: DENY\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: same-origin\r\n"
        "Cross-Origin-Opener-Policy: same-origin\r\n"
        "Cache-Control: no-store\r\n"
        "X-Request-ID: r1\r\n"
        "Retry-After: 7\r\n"
        "\r\n"
        "{}"s,
        written(response));
  }

  void varies_by_cookie_where_one_can_authenticate() {
    http::Response response;
    response.vary_cookie = true;
    CPPUNIT_ASSERT(has(written(response), "\r\nVary: Accept, Cookie\r\n"));
  }

  void challenges_on_every_401() {
    http::Response response = http::detail(401, "No active account found with the given credentials");
    CPPUNIT_ASSERT(has(written(response), "\r\nWWW-Authenticate: Bearer realm=\"api\"\r\n"));
    response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    CPPUNIT_ASSERT(!has(written(response), "realm"));
    CPPUNIT_ASSERT(has(written(response), "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
    CPPUNIT_ASSERT(!has(written(http::detail(403, "x")), "WWW-Authenticate"));
  }

  void tells_the_length_of_what_head_leaves_out() {
    http::Response response;
    response.body = "{\"a\":1}";
    const std::string head = written(response, "r1", true);
    CPPUNIT_ASSERT(has(head, "Content-Length: 7\r\n"));
    CPPUNIT_ASSERT_EQUAL(head + response.body, written(response));
  }

  void lets_no_header_value_end_its_line() {
    http::Response response;
    response.headers.emplace_back("Location", "/a\r\nSet-Cookie: x\n\r\0y\r"s);
    const std::string out = written(response, "id\r\nX: y");
    CPPUNIT_ASSERT(has(out, "\r\nLocation: /aSet-Cookie: xy\r\n\r\n"));
    CPPUNIT_ASSERT(has(out, "\r\nX-Request-ID: idX: y\r\n"));
  }

  void appends_to_what_is_there() {
    std::string out = "before";
    http::write(out, http::Response(), {}, false);
    CPPUNIT_ASSERT_EQUAL("beforeStatus: 200 OK\r\n"s, out.substr(0, 22));
    CPPUNIT_ASSERT(!has(out, "X-Request-ID"));
  }

  void writes_a_status_that_it_does_not_know() {
    http::Response response;
    response.status = 418;
    CPPUNIT_ASSERT_EQUAL("Status: 418\r\n"s, written(response).substr(0, 13));
  }

  void words_the_standard_answers() {
    CPPUNIT_ASSERT_EQUAL(R"({"detail":"Token is \"bad\"","code":"token_not_valid"})"s,
                         http::detail(401, "Token is \"bad\"", "token_not_valid").body);
    const http::Response away = http::unavailable(1);
    CPPUNIT_ASSERT_EQUAL(503, away.status);
    CPPUNIT_ASSERT_EQUAL(R"({"detail":"Service temporarily unavailable, try again later."})"s, away.body);
    CPPUNIT_ASSERT(has(written(away), "\r\nRetry-After: 1\r\n"));
    const http::Response throttled = http::throttled(57);
    CPPUNIT_ASSERT_EQUAL(429, throttled.status);
    CPPUNIT_ASSERT_EQUAL(R"({"detail":"Request was throttled. Expected available in 57 seconds."})"s,
                         throttled.body);
    CPPUNIT_ASSERT(has(written(throttled), "\r\nRetry-After: 57\r\n"));
    CPPUNIT_ASSERT(has(http::throttled(1).body, "available in 1 second."));
  }

  void redirects_as_django_does() {
    CPPUNIT_ASSERT_EQUAL(
        "Status: 301 Moved Permanently\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Length: 0\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: same-origin\r\n"
        "Cross-Origin-Opener-Policy: same-origin\r\n"
        "Location: /api/login/?a=b%20c\r\n"
        "\r\n"s,
        written(http::moved_permanently("/api/login/?a=b%20c"), {}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResponseTest);

}  // namespace
