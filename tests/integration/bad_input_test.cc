// Foreign bytes of every kind: always a clear answer in DRF's form, and the worker lives on.
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "integration/http_client.h"
#include "integration/stack.h"

namespace integration {

class BadInputTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BadInputTest);
  CPPUNIT_TEST(refuses_malformed_bodies_with_a_sentence);
  CPPUNIT_TEST(refuses_unknown_media_types);
  CPPUNIT_TEST(refuses_bodies_over_the_limit);
  CPPUNIT_TEST(refuses_wrong_methods_with_allow);
  CPPUNIT_TEST(answers_unknown_paths_in_json);
  CPPUNIT_TEST(redirects_get_without_slash_and_serves_post);
  CPPUNIT_TEST(survives_half_sent_requests);
  CPPUNIT_TEST(survives_nasty_bytes_everywhere);
  CPPUNIT_TEST(names_each_request_and_ignores_a_foreign_name);
  CPPUNIT_TEST_SUITE_END();

  static void assert_alive() { CPPUNIT_ASSERT_EQUAL(200, get("/healthz").status); }

 public:
  void refuses_malformed_bodies_with_a_sentence() {
    struct Row {
      std::string body;
      std::string answer;
    };
    const std::string required =
        R"({"username":["This field is required."],"password":["This field is required."]})";
    const auto parse_error = [](const std::string& text) {
      return R"({"detail":"JSON parse error - )" + text + R"("})";
    };
    const Row rows[] = {
        {"", required},
        {"{}", required},
        {"{", parse_error("Expecting property name enclosed in double quotes: line 1 column 2 (char 1)")},
        {R"({"username": )", parse_error("Expecting value: line 1 column 14 (char 13)")},
        {"{} {}", parse_error("Extra data: line 1 column 4 (char 3)")},
        {"[]", R"({"non_field_errors":["Invalid data. Expected a dictionary, but got list."]})"},
        {"null", R"({"non_field_errors":["No data provided"]})"},
        {R"({"username":true,"password":{}})",
         R"({"username":["Not a valid string."],"password":["Not a valid string."]})"},
        {R"({"username":null,"password":" "})",
         R"({"username":["This field may not be null."],"password":["This field may not be blank."]})"},
        {"{\"username\":\"a\\u0000b\",\"password\":\"x\"}",
         R"({"username":["Null characters are not allowed."]})"},
    };
    for (const auto& row : rows) {
      const auto answer = post_json("/api/login/", row.body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.body, 400, answer.status);
      CPPUNIT_ASSERT_EQUAL(row.answer, answer.body);
    }
    // what has no fixed sentence, but is refused all the same
    for (const auto& body :
         {std::string(2000, '[') + std::string(2000, ']'), std::string(30000, '{'),
          std::string("{\"username\":\"\xff\xfe\"}"), std::string(R"({"username":"\ud800","password":"x"})"),
          std::string("\0\0\0\0", 4), std::string(R"({"username":NaN,"password":"x"})")}) {
      const auto answer = post_json("/api/login/", body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body.substr(0, 40), 400, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string("application/json"), answer.header("content-type"));
    }
    assert_alive();
  }

  void refuses_unknown_media_types() {
    const auto answer = request("POST", "/api/login/", {{"Content-Type", "text/plain"}}, "x");
    CPPUNIT_ASSERT_EQUAL(415, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Unsupported media type \"text/plain\" in request."})"),
                         answer.body);
    CPPUNIT_ASSERT_EQUAL(406, get("/api/dashboard/", {{"Accept", "application/xml"}}).status);
  }

  void refuses_bodies_over_the_limit() {
    const auto answer = post_json("/api/login/", R"({"username":")" + std::string(200000, 'x') + R"("})");
    CPPUNIT_ASSERT_EQUAL(413, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), answer.header("content-type"));
    CPPUNIT_ASSERT(!member(answer.body, "detail").empty());
  }

  void refuses_wrong_methods_with_allow() {
    for (const auto* method : {"GET", "PUT", "PATCH", "DELETE", "FOO"}) {
      const auto answer = request(method, "/api/login/");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 405, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string("POST, OPTIONS"), answer.header("allow"));
      CPPUNIT_ASSERT_EQUAL(R"({"detail":"Method \")" + std::string(method) + R"(\" not allowed."})",
                           answer.body);
    }
    CPPUNIT_ASSERT_EQUAL(200, request("OPTIONS", "/api/login/").status);
  }

  void answers_unknown_paths_in_json() {
    for (const auto* path : {"/api/", "/api/nothing/", "/api/dashboard/x", "/API/dashboard/"}) {
      const auto answer = get(path);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, answer.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Not found."})"), answer.body);
    }
  }

  void redirects_get_without_slash_and_serves_post() {
    const auto moved = get("/api/dashboard?a=b%20c");
    CPPUNIT_ASSERT_EQUAL(301, moved.status);
    CPPUNIT_ASSERT_EQUAL(std::string("/api/dashboard/?a=b%20c"), moved.header("location"));
    CPPUNIT_ASSERT_EQUAL(400, post_json("/api/login", "{}").status);
  }

  void survives_half_sent_requests() {
    for (const auto* part : {"POST /api/login/ HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"user",
                             "GET /api/dashboard/ HTTP/1.1\r\nHost: a\r\nAuthoriz", "POST", "\r\n\r\n"}) {
      Connection connection;
      connection.send(part);
    }
    assert_alive();
  }

  void survives_nasty_bytes_everywhere() {
    const std::string nasty = "\x01\x7f\xff\xc3\x28;\"'\\%00%zz";
    for (const auto* path : {"/api/login/", "/api/register/", "/api/token/refresh/", "/api/token/verify/"}) {
      for (const auto* type :
           {"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=--",
            "multipart/form-data", "text/html; charset=\xff"}) {
        const auto answer = request("POST", path, {{"Content-Type", type}}, nasty);
        CPPUNIT_ASSERT_MESSAGE(std::string(path) + " " + type, answer.status >= 400 && answer.status < 500);
      }
    }
    for (const auto& value :
         {"Bearer " + nasty.substr(2), std::string("Bearer a b c"), std::string("Bearer")}) {
      CPPUNIT_ASSERT_EQUAL(401, get("/api/dashboard/", {{"Authorization", value}}).status);
    }
    CPPUNIT_ASSERT(get("/api/dashboard/", {{"Accept", "\xff/\xfe;q=z, */"}}).status < 500);
    assert_alive();
  }

  void names_each_request_and_ignores_a_foreign_name() {
    const auto first = get("/healthz", {{"X-Request-ID", "chosen-by-the-client"}});
    const auto second = get("/healthz");
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, first.header("x-request-id").size());
    CPPUNIT_ASSERT(first.header("x-request-id") != second.header("x-request-id"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BadInputTest);

}  // namespace integration
