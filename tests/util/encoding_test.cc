#include "util/encoding.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

using util::from_base64;
using util::from_base64url;
using util::to_base64;
using util::to_base64url;
using util::to_hex;

class EncodingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EncodingTest);
  CPPUNIT_TEST(writes_lower_case_hex);
  CPPUNIT_TEST(agrees_with_the_examples_of_rfc_4648);
  CPPUNIT_TEST(uses_the_url_alphabet);
  CPPUNIT_TEST(reads_back_every_length_and_byte);
  CPPUNIT_TEST(refuses_base64_that_is_not_canonical);
  CPPUNIT_TEST(refuses_base64url_that_is_not_canonical);
  CPPUNIT_TEST_SUITE_END();

 public:
  void writes_lower_case_hex() {
    CPPUNIT_ASSERT_EQUAL(std::string(), to_hex(""));
    CPPUNIT_ASSERT_EQUAL(std::string("00017f80abff"), to_hex(std::string("\x00\x01\x7f\x80\xab\xff", 6)));
  }

  void agrees_with_the_examples_of_rfc_4648() {
    const struct {
      const char* bytes;
      const char* text;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), to_base64(row.bytes));
      CPPUNIT_ASSERT_EQUAL(std::string(row.bytes), from_base64(row.text).value());
      const std::string bare = std::string(row.text).substr(0, std::string(row.text).find('='));
      CPPUNIT_ASSERT_EQUAL(bare, to_base64url(row.bytes));
      CPPUNIT_ASSERT_EQUAL(std::string(row.bytes), from_base64url(bare).value());
    }
  }

  void uses_the_url_alphabet() {
    CPPUNIT_ASSERT_EQUAL(std::string("-_-_"), to_base64url("\xfb\xff\xbf"));
    CPPUNIT_ASSERT_EQUAL(std::string("+/+/"), to_base64("\xfb\xff\xbf"));
    CPPUNIT_ASSERT(!from_base64url("+/+/"));
    CPPUNIT_ASSERT(!from_base64("-_-_"));
  }

  void reads_back_every_length_and_byte() {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
      CPPUNIT_ASSERT(from_base64(to_base64(bytes)) == bytes);
      CPPUNIT_ASSERT(from_base64url(to_base64url(bytes)) == bytes);
      bytes += static_cast<char>(i * 167);
    }
  }

  void refuses_base64_that_is_not_canonical() {
    const struct {
      const char* why;
      std::string text;
    } rows[] = {{"no padding", "Zg"},
                {"half the padding", "Zg="},
                {"too much padding", "Zg==="},
                {"nothing but padding", "===="},
                {"padding after a whole group", "Zm9v===="},
                {"three signs of padding", "Z==="},
                {"padding inside", "Zg==Zg=="},
                {"trailing bits of one byte", "Zh=="},
                {"trailing bits of two bytes", "Zm9="},
                {"line end", "Zm9v\n"},
                {"space", "Zm 9v"},
                {"NUL", std::string("Zm\0v", 4)},
                {"byte beyond ASCII", "Zm\xc3\xa9"}};
    for (const auto& row : rows) CPPUNIT_ASSERT_MESSAGE(row.why, !from_base64(row.text));
  }

  void refuses_base64url_that_is_not_canonical() {
    const struct {
      const char* why;
      std::string text;
    } rows[] = {{"one left-over digit", "Zm9vY"},
                {"one left-over digit of no bits", "Zm9vA"},
                {"one digit alone", "A"},
                {"padding", "Zg=="},
                {"trailing bits of one byte", "Zh"},
                {"trailing bits of two bytes", "Zm9"},
                {"dot", "Zm9v.A"},
                {"line end", "Zm9v\n"},
                {"NUL", std::string("Zm\0v", 4)},
                {"space", " m9v"}};
    for (const auto& row : rows) CPPUNIT_ASSERT_MESSAGE(row.why, !from_base64url(row.text));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EncodingTest);

}  // namespace
