#include "json/parse.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "python_refusals.h"

namespace {

std::string outcome(std::string_view text, json::Limits limits = {}) {
  const auto value = json::parse(text, limits);
  return value ? value->dump() : "refused: " + value.error().message;
}

json::Value parsed(std::string_view text) {
  const auto value = json::parse(text);
  CPPUNIT_ASSERT_MESSAGE(std::string(text), value.has_value());
  return *value;
}

class ParseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ParseTest);
  CPPUNIT_TEST(refuses_with_the_sentence_of_python);
  CPPUNIT_TEST(refuses_text_that_ends_within_a_character);
  CPPUNIT_TEST(takes_every_kind_of_value);
  CPPUNIT_TEST(unescapes_strings);
  CPPUNIT_TEST(keeps_nul);
  CPPUNIT_TEST(takes_the_last_of_a_repeated_key_where_the_first_stood);
  CPPUNIT_TEST(tells_of_a_lone_surrogate);
  CPPUNIT_TEST(rounds_no_number);
  CPPUNIT_TEST(refuses_an_integer_of_more_digits_than_python);
  CPPUNIT_TEST(refuses_deep_nesting);
  CPPUNIT_TEST(survives_a_million_brackets);
  CPPUNIT_TEST_SUITE_END();

  void refuses_with_the_sentence_of_python() {
    for (const auto& refusal : kPythonRefusals) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(refusal.text, std::string("refused: ") + refusal.sentence,
                                   outcome(refusal.text));
    }
  }

  // Python overlooks the cut character where the text is whole without it.
  void refuses_text_that_ends_within_a_character() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("refused: 'utf-8' codec can't decode byte 0xc3 in position 2: unexpected end of data"),
        outcome("{}\xc3"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("refused: 'utf-8' codec can't decode bytes in position 1-3: unexpected end of data"),
        outcome("1\xf0\x9f\x98"));
  }

  void takes_every_kind_of_value() {
    const struct {
      const char* text;
      json::Type type;
      const char* dump;
    } cases[] = {
        {"null", json::Type::null, "null"},
        {" true\n", json::Type::boolean, "true"},
        {"false", json::Type::boolean, "false"},
        {"0", json::Type::integer, "0"},
        {"-0", json::Type::integer, "0"},
        {"-9223372036854775808", json::Type::integer, "-9223372036854775808"},
        {"-0.0", json::Type::real, "-0.0"},
        {"1E5", json::Type::real, "100000.0"},
        {"1e-400", json::Type::real, "0.0"},
        {"-0.00e-999999999999999999999", json::Type::real, "-0.0"},
        {"5e-324", json::Type::real, "5e-324"},
        {"\"\"", json::Type::string, "\"\""},
        {"[ ]", json::Type::array, "[]"},
        {"\t{\r}\n", json::Type::object, "{}"},
        {"[ 1 ,[ ] , {\"a\" : null } ]", json::Type::array, "[1,[],{\"a\":null}]"},
        {"{\"z\":1,\"a\":2,\"m\":3}", json::Type::object, "{\"z\":1,\"a\":2,\"m\":3}"},
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.text, std::string(c.dump), outcome(c.text));
      CPPUNIT_ASSERT_MESSAGE(c.text, parsed(c.text).is(c.type));
    }
  }

  void unescapes_strings() {
    CPPUNIT_ASSERT_EQUAL(std::string("\"\\/\b\f\n\r\t"),
                         std::string(parsed(R"("\"\\\/\b\f\n\r\t")").as_string()));
    CPPUNIT_ASSERT_EQUAL(std::string("a\u00e9\u20ac\U0001f600z"),
                         std::string(parsed(R"("a\u00e9\u20AC\ud83D\uDE00z")").as_string()));
  }

  void keeps_nul() {
    const json::Value value = parsed(R"({"a\u0000b":"c\u0000d"})");
    CPPUNIT_ASSERT_EQUAL("c\0d"s, std::string(value.get("a\0b"s)->as_string()));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a\u0000b":"c\u0000d"})"), value.dump());
  }

  void takes_the_last_of_a_repeated_key_where_the_first_stood() {
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":3,"b":2})"), outcome(R"({"a":1,"b":2,"a":3})"));
  }

  void tells_of_a_lone_surrogate() {
    const struct {
      const char* text;
      const char* as_string;
      int surrogate;
    } cases[] = {
        {R"("\ud800")", "\ufffd", 0xd800},
        {R"("a\uDFFFb")", "a\ufffdb", 0xdfff},
        {R"("\ude00\ud83d")", "\ufffd\ufffd", 0xde00},  // a pair the wrong way round
        {R"("\ud83d\u0041")", "\ufffdA", 0xd83d},
        {R"("\ud83d\ud83d\ude00")", "\ufffd\U0001f600", 0xd83d},
        {R"("\ud83d\n")", "\ufffd\n", 0xd83d},
        {R"("\ufffd")", "\ufffd", 0},
        {R"("\ud83d\ude00")", "\U0001f600", 0},
        {R"("")", "", 0},
    };
    for (const auto& c : cases) {
      const json::Value value = parsed(c.text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.text, std::string(c.as_string), std::string(value.as_string()));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.text, c.surrogate, static_cast<int>(value.lone_surrogate().value_or(0)));
    }
    // The mark of one string does not reach the next.
    const json::Value list = parsed(R"(["\ud800","\u0041"])");
    CPPUNIT_ASSERT(!list.at(1).lone_surrogate());
    CPPUNIT_ASSERT_EQUAL("[\"\ufffd\",\"A\"]"s, list.dump());
    CPPUNIT_ASSERT(parsed(R"({"\udc00":1})").has("\ufffd"));
    CPPUNIT_ASSERT(!parsed("12").lone_surrogate());
  }

  void rounds_no_number() {
    const struct {
      const char* text;
      const char* as_string;
    } cases[] = {
        {"9223372036854775808", "9223372036854775808"},
        {"-9223372036854775809", "-9223372036854775809"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"1e999", "inf"},
        {"-1e400", "-inf"},
        {"0.0001e99999999999999999999", "inf"},
        {"1e9223372036854775807", "inf"},
    };
    for (const auto& c : cases) {
      CPPUNIT_ASSERT_MESSAGE(c.text, parsed(c.text).is(json::Type::string));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(c.text, std::string(c.as_string), std::string(parsed(c.text).as_string()));
    }
  }

  void refuses_an_integer_of_more_digits_than_python() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{4300}, parsed(std::string(4300, '7')).as_string().size());
    CPPUNIT_ASSERT_EQUAL(
        std::string("refused: Exceeds the limit (4300 digits) for integer string conversion: value has 4301 "
                    "digits; use sys.set_int_max_str_digits() to increase the limit"),
        outcome("-" + std::string(4301, '7')));
  }

  void refuses_deep_nesting() {
    CPPUNIT_ASSERT_EQUAL(std::string("[[{\"a\":[]},[]]]"), outcome("[[{\"a\":[]},[]]]", {.depth = 4}));
    CPPUNIT_ASSERT_EQUAL(std::string("refused: Nesting too deep: line 2 column 1 (char 2)"),
                         outcome("[\n{[", {.depth = 1}));
    CPPUNIT_ASSERT_EQUAL(std::string("refused: Nesting too deep: line 1 column 9 (char 8)"),
                         outcome("[[{\"a\":[[]]}]]", {.depth = 4}));
    // Siblings are not deeper.
    CPPUNIT_ASSERT_EQUAL(std::string("[[],{},[],{\"a\":{}},{}]"),
                         outcome("[[],{},[],{\"a\":{}},{}]", {.depth = 3}));
    // Brackets within strings are text.
    CPPUNIT_ASSERT_EQUAL(std::string("[\"[[[[\"]"), outcome("[\"[[[[\"]", {.depth = 1}));
  }

  void survives_a_million_brackets() {
    const std::string deep(1'000'000, '[');
    CPPUNIT_ASSERT_EQUAL(std::string("refused: Nesting too deep: line 1 column 65 (char 64)"), outcome(deep));
    CPPUNIT_ASSERT(!json::parse(deep, {.depth = 1'000'000}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ParseTest);

}  // namespace
