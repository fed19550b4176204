#include "json/writer.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdint>
#include <string>

#include "json/parse.h"

namespace {

using std::string_literals::operator""s;

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

class WriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WriterTest);
  CPPUNIT_TEST(escapes_what_python_escapes);
  CPPUNIT_TEST(finds_an_escape_at_every_place);
  CPPUNIT_TEST(every_character_reads_back);
  CPPUNIT_TEST(writes_a_flat_object);
  CPPUNIT_TEST(writes_an_array_of_texts);
  CPPUNIT_TEST_SUITE_END();

  void escapes_what_python_escapes() {
    CPPUNIT_ASSERT_EQUAL(R"("")"s, quoted(""));
    CPPUNIT_ASSERT_EQUAL(R"("\"\\/")"s, quoted("\"\\/"));
    CPPUNIT_ASSERT_EQUAL(R"("\u0000\u0001\b\t\n\u000b\f\r\u001f)"s + "\x7f\"",
                         quoted("\0\1\b\t\n\v\f\r\x1f\x7f"s));
    CPPUNIT_ASSERT_EQUAL("\"é€\U0001f600\""s, quoted("é€\U0001f600"));
    // JavaScript's line ends; their neighbours share the first byte, or two.
    CPPUNIT_ASSERT_EQUAL("\"\u2027\\u2028\\u2029\u202a\u2228\u20ac\""s,
                         quoted("\u2027\u2028\u2029\u202a\u2228\u20ac"));
  }

  // The search for escapes goes eight bytes a step.
  void finds_an_escape_at_every_place() {
    for (std::size_t size = 1; size < 40; ++size) {
      for (std::size_t place = 0; place < size; ++place) {
        for (const char c : {'"', '\\', '\n', '\x1f', '\0'}) {
          std::string text(size, place % 2 == 0 ? 'x' : '\xe9');
          text[place] = c;
          const std::string out = quoted(text);
          CPPUNIT_ASSERT_EQUAL('\\', out[place + 1]);
          CPPUNIT_ASSERT_EQUAL(size + (c == '\x1f' || c == '\0' ? 7 : 3), out.size());
        }
      }
    }
  }

  void writes_an_array_of_texts() {
    CPPUNIT_ASSERT_EQUAL("[]"s, json::quoted_array({}));
    const std::string texts[] = {"a", "\"", ""};
    CPPUNIT_ASSERT_EQUAL(R"(["a","\"",""])"s, json::quoted_array(texts));
  }

  void every_character_reads_back() {
    for (int c = 0; c < 0x80; ++c) {
      const std::string text = "0123" + std::string(1, static_cast<char>(c)) + "456789";
      CPPUNIT_ASSERT_EQUAL(text, std::string(json::parse(quoted(text))->as_string()));
    }
  }

  void writes_a_flat_object() {
    std::string out = "x";
    json::Object object(out);
    const char* literal = "a literal is text, not a bool";
    object.field("id", 7).field("big", std::int64_t{-9223372036854775807}).field("name", literal);
    object.field("string", "y"s).field("on", true).field("off", false).raw("list", "[1]").close();
    CPPUNIT_ASSERT_EQUAL(R"(x{"id":7,"big":-9223372036854775807,"name":"a literal is text, not a bool",)"
                         R"("string":"y","on":true,"off":false,"list":[1]})"s,
                         out);
    std::string empty;
    json::Object(empty).close();
    CPPUNIT_ASSERT_EQUAL("{}"s, empty);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WriterTest);

}  // namespace
