#include "http/body.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using std::string_literals::operator""s;

/// What a handler gets: the value's text, or the status and the body of the answer.
std::string outcome(std::string_view content_type, std::string_view body) {
  http::Request request;
  request.content_type = content_type;
  request.body = body;
  const auto value = http::read_body(request);
  return value ? value->dump() : std::to_string(value.error().status) + " " + value.error().body;
}

constexpr const char* kForm = "application/x-www-form-urlencoded";

class BodyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BodyTest);
  CPPUNIT_TEST(picks_the_parser_by_media_type);
  CPPUNIT_TEST(takes_an_empty_body_of_any_type_for_an_empty_object);
  CPPUNIT_TEST(refuses_unknown_media_types_in_their_own_words);
  CPPUNIT_TEST(refuses_a_body_over_the_limit);
  CPPUNIT_TEST(refuses_malformed_json_with_the_parsers_sentence);
  CPPUNIT_TEST(reads_latin1_where_the_charset_says_so);
  CPPUNIT_TEST(reads_forms_as_django_does);
  CPPUNIT_TEST(refuses_more_than_a_thousand_fields);
  CPPUNIT_TEST_SUITE_END();

  void picks_the_parser_by_media_type() {
    for (const char* type : {"application/json", "APPLICATION/JSON", "application/json; charset=utf-8",
                             " application/json ;x=\"a;b\"", "application/*", "*/*", "*/json"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, R"({"a":"b"})"s, outcome(type, R"({ "a": "b" })"));
    }
    CPPUNIT_ASSERT_EQUAL(R"({"a":"b"})"s, outcome(kForm, "a=b"));
    CPPUNIT_ASSERT_EQUAL(R"({"a":"b"})"s, outcome("Application/X-WWW-Form-URLEncoded; charset=UTF-8", "a=b"));
  }

  void takes_an_empty_body_of_any_type_for_an_empty_object() {
    for (const char* type : {"", "application/json", "text/plain", "multipart/form-data", kForm}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, "{}"s, outcome(type, ""));
    }
  }

  void refuses_unknown_media_types_in_their_own_words() {
    const struct {
      const char* type;
      const char* in_answer;
    } cases[] = {
        {"", ""},
        {"text/plain", "text/plain"},
        {"json", "json"},
        {"application/xml; charset=utf-8", "application/xml; charset=utf-8"},
        {"application/vnd.api+json", "application/vnd.api+json"},
        {"*", "*"},
        {"application/json+x/", "application/json+x/"},
        {"text/\"\\", "text/\\\"\\\\"},
        {"text/\xe9", "text/\u00e9"},  // a header's bytes are ISO 8859-1
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_EQUAL(
          R"(415 {"detail":"Unsupported media type \")"s + c.in_answer + R"(\" in request."})",
          outcome(c.type, "{}"));
    }
  }

  void refuses_a_body_over_the_limit() {
    http::Request request;
    request.content_type = "application/json";
    request.body_too_large = true;
    CPPUNIT_ASSERT_EQUAL(413, http::read_body(request).error().status);
  }

  void refuses_malformed_json_with_the_parsers_sentence() {
    CPPUNIT_ASSERT_EQUAL(
        R"~(400 {"detail":"JSON parse error - Expecting value: line 1 column 14 (char 13)"})~"s,
        outcome("application/json", R"({"username": })"));
    CPPUNIT_ASSERT_EQUAL(
        R"~(400 {"detail":"JSON parse error - Invalid \\escape: line 1 column 2 (char 1)"})~"s,
        outcome("application/json", R"("\q")"));
    CPPUNIT_ASSERT_EQUAL(
        R"~(400 {"detail":"JSON parse error - 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"})~"s,
        outcome("application/json", "\"\xff\""));
  }

  void reads_latin1_where_the_charset_says_so() {
    for (const char* charset : {"iso-8859-1", "ISO_8859-1", "latin1", "\"Latin-1\"", "l1"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(charset, "{\"a\":\"é\"}"s,
                                   outcome("application/json; charset="s + charset, "{\"a\":\"\xe9\"}"));
    }
    for (const char* charset : {"utf-8", "nonsense", "", "utf-16"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(charset, "{\"a\":\"é\"}"s,
                                   outcome("application/json; charset="s + charset, "{\"a\":\"é\"}"));
    }
    CPPUNIT_ASSERT_EQUAL("{\"é\":\"é\"}"s, outcome(kForm + "; charset=latin-1"s, "\xe9=%E9"));
  }

  void reads_forms_as_django_does() {
    const struct {
      std::string body;
      const char* value;
    } cases[] = {
        {"username=tr_form&email=a%40b.c", R"({"username":"tr_form","email":"a@b.c"})"},
        {"username=a+b&username=tr_x", R"({"username":"tr_x"})"},
        {"a=%C3%A9%FF", "{\"a\":\"é\ufffd\"}"},
        {"a=%e2%82&b=%ed%a0%80", "{\"a\":\"\ufffd\",\"b\":\"\ufffd\ufffd\ufffd\"}"},
        {"a=b=c", R"({"a":"b=c"})"},
        {"a", R"({"a":""})"},
        {"a=", R"({"a":""})"},
        {"=v", R"({"":"v"})"},
        {"&&a=1&&", R"({"a":"1"})"},
        {"&", "{}"},
        {"a=1;b=2", R"({"a":"1;b=2"})"},
        {"%61+b=%2B+%20", R"({"a b":"+  "})"},
        {"a=%&b=%4&c=%zz&d=%%41", R"({"a":"%","b":"%4","c":"%zz","d":"%A"})"},
        {"a=%00", R"({"a":"\u0000"})"},
        {"a=\0"s, R"({"a":"\u0000"})"},
        {"a=\"\\\r\n", R"({"a":"\"\\\r\n"})"},
        {"a=é", "{\"a\":\"é\"}"},
        // One raw byte that is no UTF-8, and all raw bytes count as ISO 8859-1.
        {"a=\xe9&b=é%C3%A9", "{\"a\":\"é\",\"b\":\"Ã©é\"}"},
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.body, std::string(c.value), outcome(kForm, c.body));
    }
  }

  void refuses_more_than_a_thousand_fields() {
    CPPUNIT_ASSERT_EQUAL("{}"s, outcome(kForm, std::string(999, '&')));
    CPPUNIT_ASSERT_EQUAL(R"(400 {"detail":"Form parse error - more than 1000 fields"})"s,
                         outcome(kForm, std::string(1000, '&')));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BodyTest);

}  // namespace
