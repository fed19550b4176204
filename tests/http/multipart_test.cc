#include "http/multipart.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using http::Charset;
using std::string_literals::operator""s;

std::string outcome(std::string_view content_type, std::string_view body, Charset charset = Charset::utf8) {
  const auto value = http::read_multipart(content_type, body, charset);
  return value ? value->dump() : value.error();
}

/// A body of one part, with the headers and the content given.
std::string of_part(std::string_view headers, std::string_view content = "v") {
  const std::string body =
      "--X\r\n" + std::string(headers) + "\r\n\r\n" + std::string(content) + "\r\n--X--\r\n";
  return outcome("multipart/form-data; boundary=X", body);
}

const std::string kField = "Content-Disposition: form-data; name=";

class MultipartTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MultipartTest);
  CPPUNIT_TEST(reads_the_fields);
  CPPUNIT_TEST(refuses_a_bad_boundary_as_django_does);
  CPPUNIT_TEST(reads_boundaries_in_every_spelling);
  CPPUNIT_TEST(reads_the_headers_of_a_part);
  CPPUNIT_TEST(keeps_the_content_but_for_its_last_line_end);
  CPPUNIT_TEST(decodes_base64_and_no_other_transfer_encoding);
  CPPUNIT_TEST(makes_text_of_any_bytes);
  CPPUNIT_TEST(counts_a_file_as_no_text);
  CPPUNIT_TEST(ignores_preamble_and_epilogue);
  CPPUNIT_TEST(takes_what_is_there_of_a_cut_body);
  CPPUNIT_TEST(refuses_too_many_parts);
  CPPUNIT_TEST_SUITE_END();

  void reads_the_fields() {
    CPPUNIT_ASSERT_EQUAL(
        R"({"username":"tr_multi","email":"2"})"s,
        outcome("multipart/form-data; boundary=X",
                "--X\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\ntr_multi\r\n"
                "--X\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n1\r\n"
                "--X\r\ncontent-disposition:form-data;name=email\r\nContent-Type: "
                "text/plain\r\n\r\n2\r\n--X--\r\n"));
  }

  void refuses_a_bad_boundary_as_django_does() {
    const struct {
      std::string type;
      std::string sentence;
    } cases[] = {
        {"multipart/form-data", "Invalid boundary in multipart: None"},
        {"multipart/form-data; boundary=", "Invalid boundary in multipart: "},
        {"multipart/form-data; boundary=\"a \"", "Invalid boundary in multipart: a "},
        {"multipart/form-data; boundary=" + std::string(202, 'x'),
         "Invalid boundary in multipart: " + std::string(202, 'x')},
        {"multipart/form-data; boundary=\"a\x01\"", "Invalid boundary in multipart: a\x01"},
        {"multipart/form-data; boundary*=a'b'%FF", "Invalid boundary in multipart: \ufffd"},
        {"multipart/form-data; boundary=\xe9",
         "Invalid non-ASCII Content-Type in multipart: multipart/form-data; boundary=\u00e9"},
        {"*/form-data; boundary=X", "Invalid Content-Type: */form-data; boundary=X"},
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_EQUAL("Multipart form parse error - " + c.sentence, outcome(c.type, "--X--"));
    }
  }

  void reads_boundaries_in_every_spelling() {
    const std::string body = "--a;b\r\n" + kField + "n\r\n\r\nv\r\n--a;b--";
    for (const char* type :
         {"multipart/form-data; boundary=\"a;b\"", "multipart/form-data;BOUNDARY=\"a;b\"; charset=utf-8",
          "Multipart/Form-Data ; x ; boundary = \"a;b\" ",
          "multipart/form-data; boundary=z; boundary=\"a;b\""}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, R"({"n":"v"})"s, outcome(type, body));
    }
  }

  void reads_the_headers_of_a_part() {
    const struct {
      std::string headers;
      const char* value;
    } cases[] = {
        {kField + "\"a b\"", R"({"a b":"v"})"},
        {kField + "\" a \"", R"({"a":"v"})"},
        {kField + "\"a;b\"", R"({"a;b":"v"})"},
        {kField + R"("a\"b\\c")", R"({"a\"b\\c":"v"})"},
        {kField + "\"é\"", "{\"é\":\"v\"}"},
        {kField + "\"\xff\"", "{\"\ufffd\":\"v\"}"},
        {kField + "a; name=b", R"({"b":"v"})"},
        {"Content-Disposition: form-data; name*=UTF-8''%C3%A9", "{\"é\":\"v\"}"},
        {"CONTENT-DISPOSITION: FORM-DATA; NAME=a", R"({"a":"v"})"},
        {"X-Junk\r\n\xc3\xa9: x\r\n" + kField + "a", R"({"a":"v"})"},
        {"Content-Disposition: form-data", "{}"},
        {"Content-Disposition : form-data; name=a", "{}"},
        {"Content-Type: text/plain; name=a", "{}"},
        {"Content-Disposition: f\xf6rm-data; name=a", "{}"},
        {"X: " + std::string(1024, 'x') + "\r\n" + kField + "a", "{}"},
    };
    for (const auto& c : cases)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.headers, std::string(c.value), of_part(c.headers));
  }

  void keeps_the_content_but_for_its_last_line_end() {
    const struct {
      const char* content;
      const char* value;
    } cases[] = {
        {"", R"({"a":""})"},           {" v ", R"({"a":" v "})"},
        {"v\r\n", R"({"a":"v\r\n"})"}, {"a\r\n\r\nb", R"({"a":"a\r\n\r\nb"})"},
        {"--", R"({"a":"--"})"},       {"%41+", R"({"a":"%41+"})"},
    };
    for (const auto& c : cases) CPPUNIT_ASSERT_EQUAL(std::string(c.value), of_part(kField + "a", c.content));
  }

  void decodes_base64_and_no_other_transfer_encoding() {
    const std::string base64 = kField + "a\r\nContent-Transfer-Encoding: Base64 ";
    const struct {
      const char* content;
      const char* value;
    } cases[] = {
        {"YWJj", R"({"a":"abc"})"},      {"YW\r\n Jj", R"({"a":"abc"})"},
        {"YWI=", R"({"a":"ab"})"},       {"YQ==", R"({"a":"a"})"},
        {"YQ==YWJj", R"({"a":"a"})"},                              // full padding ends it
        {"=YWJj", R"({"a":"abc"})"},                               // a stray one does not
        {"=====YWJj", R"({"a":"abc"})"}, {"YQ", R"({"a":"YQ"})"},  // short: taken as it stands
        {"YWJjY", R"({"a":"YWJjY"})"},   {"", R"({"a":""})"},
        {"/w==", "{\"a\":\"\ufffd\"}"},
    };
    for (const auto& c : cases) CPPUNIT_ASSERT_EQUAL(std::string(c.value), of_part(base64, c.content));
    CPPUNIT_ASSERT_EQUAL(R"({"a":"=41"})"s,
                         of_part(kField + "a\r\nContent-Transfer-Encoding: quoted-printable", "=41"));
  }

  void makes_text_of_any_bytes() {
    CPPUNIT_ASSERT_EQUAL("{\"a\":\"\ufffd\ufffd\"}"s, of_part(kField + "a", "\xff\xe2\x82"));
    CPPUNIT_ASSERT_EQUAL("{\"a\":\"é\"}"s,
                         outcome("multipart/form-data; boundary=X",
                                 "--X\r\n" + kField + "a\r\n\r\n\xe9\r\n--X--", Charset::latin1));
  }

  void counts_a_file_as_no_text() {
    CPPUNIT_ASSERT_EQUAL(R"({"a":{}})"s, of_part(kField + "a; filename=\"x.txt\""));
    CPPUNIT_ASSERT_EQUAL(R"({"a":"v"})"s, of_part(kField + "a; filename=\"\""));
    CPPUNIT_ASSERT_EQUAL("{}"s, of_part(kField + "a; filename=\"C:\\dir\\..\""));
    CPPUNIT_ASSERT_EQUAL("{}"s, of_part(kField + "\"\"; filename=x"));
    // Django merges files over fields, in whichever order they come.
    CPPUNIT_ASSERT_EQUAL(R"({"a":{}})"s, outcome("multipart/form-data; boundary=X",
                                                 "--X\r\n" + kField + "a; filename=x\r\n\r\n1\r\n--X\r\n" +
                                                     kField + "a\r\n\r\n2\r\n--X--"));
  }

  void ignores_preamble_and_epilogue() {
    CPPUNIT_ASSERT_EQUAL(R"({"a":"1"})"s,
                         outcome("multipart/form-data; boundary=X",
                                 kField + "p\r\n\r\nno\r\n--X\r\n" + kField +
                                     "a\r\n\r\n1\r\n--X--\r\n--X\r\n" + kField + "e\r\n\r\nno\r\n--X--"));
  }

  void takes_what_is_there_of_a_cut_body() {
    const std::string type = "multipart/form-data; boundary=X";
    CPPUNIT_ASSERT_EQUAL("{}"s, outcome(type, "no boundary at all"));
    CPPUNIT_ASSERT_EQUAL("{}"s, outcome(type, "--X"));
    CPPUNIT_ASSERT_EQUAL("{}"s, outcome(type, "--X\r\n" + kField + "a\r\n"));
    CPPUNIT_ASSERT_EQUAL(R"({"a":"v\r\n"})"s, outcome(type, "--X\r\n" + kField + "a\r\n\r\nv\r\n"));
    CPPUNIT_ASSERT_EQUAL("{}"s, outcome(type, "--X\r\n" + kField + "a; filename=x\r\n\r\nv\r\n"));
  }

  void refuses_too_many_parts() {
    std::string fields;
    for (int i = 0; i < 1000; ++i) fields += "--X\r\n" + kField + "a\r\n\r\nv\r\n";
    CPPUNIT_ASSERT_EQUAL(R"({"a":"v"})"s, outcome("multipart/form-data; boundary=X", fields + "--X--"));
    CPPUNIT_ASSERT_EQUAL("Multipart form parse error - more than 1000 fields"s,
                         outcome("multipart/form-data; boundary=X", fields + fields));
    std::string files;
    for (int i = 0; i < 101; ++i) files += "--X\r\n" + kField + "a; filename=x\r\n\r\nv\r\n";
    CPPUNIT_ASSERT_EQUAL("Multipart form parse error - more than 100 files"s,
                         outcome("multipart/form-data; boundary=X", files + "--X--"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MultipartTest);

}  // namespace
