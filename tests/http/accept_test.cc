#include "http/accept.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using std::string_literals::operator""s;

/// `200 indent`, or the refusal.
std::string outcome(std::string_view accept, std::string_view query = {}) {
  http::Request request;
  request.accept = accept;
  request.query = query;
  const http::Negotiation result = http::negotiate(request);
  if (result.refused) return std::to_string(result.refused->status) + " " + result.refused->body;
  return "200 " + std::to_string(result.accepted.indent);
}

const std::string kNotAcceptable = R"(406 {"detail":"Could not satisfy the request Accept header."})";
const std::string kNotFound = R"(404 {"detail":"Not found."})";

class AcceptTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AcceptTest);
  CPPUNIT_TEST(accepts_what_takes_in_json_or_html);
  CPPUNIT_TEST(refuses_the_rest);
  CPPUNIT_TEST(reads_the_indent_of_the_most_specific_item);
  CPPUNIT_TEST(reads_the_format_from_the_query);
  CPPUNIT_TEST_SUITE_END();

  void accepts_what_takes_in_json_or_html() {
    for (const char* accept :
         {"", "*/*", "application/json", " application/json ", "Application/JSON", "application/*", "*/json",
          "application/json; charset=utf-8", "application/json;q=0", "text/plain, application/json;q=0.1",
          "text/html", "text/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
          "application/xml,,*/*"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(accept, "200 0"s, outcome(accept));
    }
  }

  void refuses_the_rest() {
    for (const char* accept :
         {"application/xml", "text/plain", "json", "*", "application", "application/json+x", ",",
          "application/js\xf6n", "\"application/json\"", "application /json"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(accept, kNotAcceptable, outcome(accept));
    }
  }

  void reads_the_indent_of_the_most_specific_item() {
    const struct {
      const char* accept;
      const char* outcome;
    } cases[] = {
        {"application/json; indent=2", "200 2"},
        {"application/json;indent=\"4\"", "200 4"},
        {"*/*; indent=4", "200 4"},
        {"application/json; indent=99", "200 8"},
        {"application/json; indent=99999999999999999999", "200 8"},
        {"application/json; indent=-3", "200 0"},
        {"application/json; indent= +0_3 ", "200 3"},
        {"application/json; indent=1__0", "200 0"},
        {"application/json; indent=2_", "200 0"},
        {"application/json; indent=0x4", "200 0"},
        {"application/json; indent=", "200 0"},
        {"application/json; indent", "200 0"},
        {"application/json; q=0.1; INDENT=2", "200 2"},
        {"application/json, application/json; indent=2", "200 2"},
        {"application/json; indent=2, application/json; indent=4", "200 2"},
        {"application/json, */*; indent=4", "200 0"},
        {"text/html; level=1, application/json", "200 0"},
        {"text/html, application/*; indent=4", "200 0"},
        {"text/html; level=1, application/json; indent=2", "200 2"},
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.accept, std::string(c.outcome), outcome(c.accept));
    }
  }

  void reads_the_format_from_the_query() {
    for (const char* query : {"format=json", "a=b&format=json", "format=xml&format=json", "%66ormat=j%73on",
                              "format=", "format", "formats=xml", "a=format=xml"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(query, "200 0"s, outcome("", query));
    }
    for (const char* query :
         {"format=xml", "format=api", "format=JSON", "format=json+", "format=json&format=%FF"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(query, kNotFound, outcome("application/xml", query));
    }
    // With a format asked for, HTML is no longer on offer.
    CPPUNIT_ASSERT_EQUAL(kNotAcceptable, outcome("text/html", "format=json"));
    CPPUNIT_ASSERT_EQUAL("200 0"s, outcome("text/html,*/*;q=0.8", "format=json"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AcceptTest);

}  // namespace
