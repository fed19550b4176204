#include "util/unicode.h"

#include <cppunit/extensions/HelperMacros.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "util/base_letters.h"

namespace {

namespace unicode = util::unicode;

class UnicodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnicodeTest);
  CPPUNIT_TEST(finds_the_first_byte_that_is_not_utf8);
  CPPUNIT_TEST(counts_code_points);
  CPPUNIT_TEST(decodes_and_encodes_every_code_point);
  CPPUNIT_TEST(survives_text_that_is_not_utf8);
  CPPUNIT_TEST(normalises_as_python_does);
  CPPUNIT_TEST(base_letters_are_those_of_a_collation);
  CPPUNIT_TEST(lowers_as_python_does);
  CPPUNIT_TEST(knows_where_a_sigma_is_final);
  CPPUNIT_TEST(folds_case_as_python_does);
  CPPUNIT_TEST(strips_as_python_does);
  CPPUNIT_TEST(classes_are_those_of_python);
  CPPUNIT_TEST(agrees_with_python_on_every_code_point);
  CPPUNIT_TEST_SUITE_END();

 public:
  void finds_the_first_byte_that_is_not_utf8() {
    const std::size_t none = std::string_view::npos;
    const struct {
      const char* what;
      std::string text;
      std::size_t expected;
    } rows[] = {
        {"empty", "", none},
        {"ASCII", "plain text of more than eight bytes", none},
        {"NUL", std::string("a\0b", 3), none},
        {"two, three and four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", none},
        {"first and last of each length",
         "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", none},
        {"neighbours of the surrogates", "\xed\x9f\xbf\xee\x80\x80", none},
        {"lone continuation", "abc\x80", 3},
        {"after eight good bytes", "12345678\xff", 8},
        {"overlong, two bytes", "\xc0\x80", 0},
        {"overlong, two bytes, highest", "\xc1\xbf", 0},
        {"overlong, three bytes", "x\xe0\x9f\xbf", 1},
        {"overlong, four bytes", "x\xf0\x8f\xbf\xbf", 1},
        {"high surrogate", "\xed\xa0\x80", 0},
        {"low surrogate", "\xed\xbf\xbf", 0},
        {"beyond U+10FFFF", "\xf4\x90\x80\x80", 0},
        {"lead byte of old", "\xf5\x80\x80\x80", 0},
        {"cut after one of two", "ab\xc3", 2},
        {"cut after two of three", "ab\xe2\x82", 2},
        {"cut after three of four", "ab\xf0\x9f\x98", 2},
        {"next character where a continuation belongs", "\xe2\x82x", 0},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, row.expected, unicode::first_invalid_byte(row.text));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, row.expected == none, unicode::is_utf8(row.text));
    }
  }

  void counts_code_points() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, unicode::length(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, unicode::length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  }

  void decodes_and_encodes_every_code_point() {
    for (char32_t c = 0; c < 0x110000; ++c) {
      if (c == 0xd800) c = 0xe000;
      std::string text;
      unicode::append(text, c);
      std::size_t offset = 0;
      if (unicode::next(text, offset) != c || offset != text.size() || !unicode::is_utf8(text)) {
        CPPUNIT_ASSERT_EQUAL(std::string(), std::to_string(c));
      }
    }
  }

  void survives_text_that_is_not_utf8() {
    const std::string text = " A\xff\xe2\x82 \xc3";
    std::size_t offset = 2;
    CPPUNIT_ASSERT(unicode::next(text, offset) == U'\ufffd');
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, offset);
    offset = text.size();
    CPPUNIT_ASSERT(unicode::next(text, offset) == 0);
    CPPUNIT_ASSERT_EQUAL(text, unicode::nfkc(text));
    CPPUNIT_ASSERT_EQUAL(text, unicode::casefold(text));
    CPPUNIT_ASSERT(!unicode::lower(text).empty());
    CPPUNIT_ASSERT_EQUAL(text.substr(1), std::string(unicode::strip(text)));
    CPPUNIT_ASSERT_EQUAL(std::string("\x80"), std::string(unicode::strip(" \x80 ")));
  }

  void base_letters_are_those_of_a_collation() {
    for (const char* text :
         {"ann", "ANN", "\u00e1nn", "an\u0301n", "a\u200bnn", "an\u00adn", "a\u0001nn", "ann ", "\uff41nn"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("ann"), unicode::base_letters(text));
    }
    CPPUNIT_ASSERT(unicode::base_letters("anna") != unicode::base_letters("ann"));
    CPPUNIT_ASSERT_EQUAL(std::string("\xff"), unicode::base_letters("\xff"));
  }

  void normalises_as_python_does() {
    const struct {
      const char* text;
      const char* expected;
    } rows[] = {
        {"alice", "alice"},
        {"e\u0301", "\u00e9"},
        {"\uff41\uff42\uff43", "abc"},      // full width
        {"\ufb01", "fi"},                   // ligature
        {"\u00b2\u2075", "25"},             // superscripts
        {"\u2126", "\u03a9"},               // ohm sign
        {"\u1100\u1161\u11a8", "\uac01"},   // Hangul syllable
        {"a\u0323\u0307", "\u1ea1\u0307"},  // marks in canonical order
        {"a\u0307\u0323", "\u1ea1\u0307"},  // and out of it
        {"\u00a0", " "},                    // no-break space
        {"\u0958", "\u0915\u093c"},         // composition exclusion
        {"\u00ad\u200d", "\u00ad\u200d"},   // what is ignorable stays
    };
    for (const auto& row : rows) CPPUNIT_ASSERT_EQUAL(std::string(row.expected), unicode::nfkc(row.text));
    const std::string nul("e\0\xcc\x81", 4);
    CPPUNIT_ASSERT_EQUAL(nul, unicode::nfkc(nul));
  }

  void lowers_as_python_does() {
    CPPUNIT_ASSERT_EQUAL(std::string("alice@[]^`{"), unicode::lower("ALICE@[]^`{"));
    CPPUNIT_ASSERT_EQUAL(std::string("\u00e9\u0448\u00df"), unicode::lower("\u00c9\u0428\u1e9e"));
    CPPUNIT_ASSERT_EQUAL(std::string("i\u0307stanbul"), unicode::lower("\u0130stanbul"));
    CPPUNIT_ASSERT_EQUAL(std::string("k\u00e5"), unicode::lower("\u212a\u212b"));  // kelvin, angstrom
    CPPUNIT_ASSERT_EQUAL(std::string("\U00010428"), unicode::lower("\U00010400"));
  }

  void knows_where_a_sigma_is_final() {
    const struct {
      const char* text;
      const char* expected;
    } rows[] = {
        {"\u03a3", "\u03c3"},                            // alone
        {"\u039f\u03a3", "\u03bf\u03c2"},                // at the end
        {"\u03a3\u039f", "\u03c3\u03bf"},                // at the start
        {"\u039f\u03a3\u039f", "\u03bf\u03c3\u03bf"},    // inside
        {"\u039f\u03a3 \u039f", "\u03bf\u03c2 \u03bf"},  // before a space
        {"\u039f\u03a3.\u039f", "\u03bf\u03c3.\u03bf"},  // full stop is case-ignorable
        {"\u039f\u0301\u03a3", "\u03bf\u0301\u03c2"},    // mark in between
        {"\u039f\u03a3\u03a3", "\u03bf\u03c3\u03c2"},    // two of them
        {"1\u03a3", "1\u03c3"},                          // a digit is not cased
        {"\u2160\u03a3", "\u2170\u03c2"},                // a Roman numeral is
    };
    for (const auto& row : rows) CPPUNIT_ASSERT_EQUAL(std::string(row.expected), unicode::lower(row.text));
  }

  void folds_case_as_python_does() {
    CPPUNIT_ASSERT_EQUAL(std::string("strasse"), unicode::casefold("Stra\u00dfe"));
    CPPUNIT_ASSERT_EQUAL(std::string("\u03c3\u03c3"), unicode::casefold("\u03a3\u03c2"));
    CPPUNIT_ASSERT_EQUAL(std::string("i\u0307"), unicode::casefold("\u0130"));
    CPPUNIT_ASSERT_EQUAL(std::string("ffi\u13a0"), unicode::casefold("\ufb03\uab70"));  // Cherokee folds up
  }

  void strips_as_python_does() {
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), std::string(unicode::strip("\t\n a b\r\v\f ")));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), std::string(unicode::strip("\u00a0\u2003\x1c\u1680"
                                                                      "b\u3000\u0085")));
    CPPUNIT_ASSERT_EQUAL(std::string("a"), std::string(unicode::strip("\u2028a\u205f")));
    CPPUNIT_ASSERT_EQUAL(std::string("\u200b"), std::string(unicode::strip(" \u200b ")));  // not white space
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(unicode::strip(" \u3000 ")));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(unicode::strip("")));
  }

  void classes_are_those_of_python() {
    const struct {
      char32_t c;
      bool word, digit, space;
    } rows[] = {
        {U'a', true, false, false},         {U'_', true, false, false},
        {U'0', true, true, false},          {U'-', false, false, false},
        {U'@', false, false, false},        {U' ', false, false, true},
        {U'\u00e9', true, false, false},    {U'\u4e00', true, false, false},
        {U'\u00b2', true, true, false},     {U'\u00bd', true, false, false},
        {U'\u0301', false, false, false},   {U'\u0663', true, true, false},
        {U'\u2460', true, true, false},     {U'\u2468', true, true, false},
        {U'\u2469', true, false, false},    {U'\u2160', true, false, false},
        {U'\u203f', false, false, false},   {U'\u200b', false, false, false},
        {U'\u1680', false, false, true},    {U'\u180e', false, false, false},
        {U'\u001f', false, false, true},    {U'\u00b7', false, false, false},
        {U'\U0001f10a', true, true, false}, {U'\U0001f600', false, false, false},
    };
    for (const auto& row : rows) {
      const std::string name = std::to_string(static_cast<std::uint32_t>(row.c));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.word, unicode::is_word(row.c));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.digit, unicode::is_digit(row.c));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.space, unicode::is_space(row.c));
    }
  }

  // FNV-1a over \w, isdigit, isspace, lower(), casefold() and NFKC of each code point, worked out with
  // Python 3.11, whose data is Unicode 14, over what Unicode 15 did not add.
  void agrees_with_python_on_every_code_point() {
    if (std::string_view(utf8proc_unicode_version()) != "15.0.0") return;
    static constexpr std::array<std::pair<char32_t, char32_t>, 16> kNewAndNotPlain{{
        {0x1123f, 0x11240},
        {0x11f02, 0x11f02},
        {0x11f04, 0x11f10},
        {0x11f12, 0x11f33},
        {0x11f50, 0x11f59},
        {0x1342f, 0x1342f},
        {0x13441, 0x13446},
        {0x1b132, 0x1b132},
        {0x1b155, 0x1b155},
        {0x1d2c0, 0x1d2d3},
        {0x1df25, 0x1df2a},
        {0x1e030, 0x1e06d},
        {0x1e4d0, 0x1e4eb},
        {0x1e4f0, 0x1e4f9},
        {0x2b739, 0x2b739},
        {0x31350, 0x323af},
    }};
    std::uint64_t digest = 0xcbf29ce484222325U;
    const auto add = [&](unsigned char byte) { digest = (digest ^ byte) * 0x100000001b3U; };
    for (char32_t c = 0; c < 0x110000; ++c) {
      if (c == 0xd800) c = 0xe000;
      const bool is_new = std::any_of(kNewAndNotPlain.begin(), kNewAndNotPlain.end(), [c](const auto& range) {
        return range.first <= c && c <= range.second;
      });
      if (is_new) continue;
      std::string text;
      unicode::append(text, c);
      add(static_cast<unsigned char>((unicode::is_word(c) ? 1 : 0) | (unicode::is_digit(c) ? 2 : 0) |
                                     (unicode::is_space(c) ? 4 : 0)));
      for (const std::string& form : {unicode::lower(text), unicode::casefold(text), unicode::nfkc(text)}) {
        for (const char byte : form) add(static_cast<unsigned char>(byte));
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0x3f85898938cc8e05U}, digest);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnicodeTest);

}  // namespace
