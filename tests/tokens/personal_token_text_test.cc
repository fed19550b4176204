#include "tokens/personal_token_text.h"

#include <cppunit/extensions/HelperMacros.h>

#include <regex>
#include <set>
#include <string>

namespace {

using namespace std::string_literals;

// Its last six characters are Python's zlib.crc32() of the rest, in base 62.
constexpr const char* kKnown = "jwtauthd_pat_0123456789ABCDEFGHIJKLMNOPQRST2MqmeH";

class PersonalTokenTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PersonalTokenTextTest);
  CPPUNIT_TEST(has_the_form_that_scanners_are_told);
  CPPUNIT_TEST(the_checksum_is_zlibs);
  CPPUNIT_TEST(what_was_mistyped_is_none);
  CPPUNIT_TEST(scopes_are_words_of_rfc_6749);
  CPPUNIT_TEST_SUITE_END();

 public:
  void has_the_form_that_scanners_are_told() {
    util::SystemRandom random;
    const std::regex form("jwtauthd_pat_[0-9A-Za-z]{30}[0-4][0-9A-Za-z]{5}");
    std::set<std::string> seen;
    for (int i = 0; i < 500; ++i) {
      const auto token = tokens::new_personal_token(random);
      const std::string text(token.reveal());
      CPPUNIT_ASSERT_MESSAGE(text, std::regex_match(text, form));
      CPPUNIT_ASSERT_MESSAGE(text, tokens::is_personal_token(text));
      CPPUNIT_ASSERT_EQUAL(text.substr(45), tokens::hint_of(text));
      CPPUNIT_ASSERT(seen.insert(text).second);
    }
  }

  void the_checksum_is_zlibs() { CPPUNIT_ASSERT(tokens::is_personal_token(kKnown)); }

  void what_was_mistyped_is_none() {
    const std::string good = kKnown;
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const char c : {'0', 'Z', '-', '\0', '\xc3'}) {
        std::string changed = good;
        changed[i] = c;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(changed, changed == good, tokens::is_personal_token(changed));
      }
    }
    for (const std::string& text :
         {""s, good + "0", good.substr(1), good.substr(0, 48), " " + good.substr(1)}) {
      CPPUNIT_ASSERT_MESSAGE(text, !tokens::is_personal_token(text));
    }
    // Whose checksum is right, and whose characters are none of a token's.
    CPPUNIT_ASSERT(!tokens::is_personal_token("jwtauthd_pat_012345678 ABCDEFGHIJKLMNOPQRST23quBh"));
  }

  void scopes_are_words_of_rfc_6749() {
    const struct {
      std::string text;
      const char* kept;  // nullptr: refused
    } rows[] = {
        {"", ""},
        {"read", "read"},
        {"read write", "read write"},
        {"  write   read  write ", "write read"},
        {"repo:read https://x/y?z=1 !#[]~", "repo:read https://x/y?z=1 !#[]~"},
        {"a\"b", nullptr},
        {"a\\b", nullptr},
        {"read\twrite", nullptr},
        {"read\nwrite", nullptr},
        {"a\x7f", nullptr},
        {"r\xc3\xa9"s, nullptr},
        {"a\0b"s, nullptr},
    };
    for (const auto& row : rows) {
      const auto scope = tokens::scope_of(row.text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.text, row.kept != nullptr, scope.has_value());
      if (scope) CPPUNIT_ASSERT_EQUAL(std::string(row.kept), *scope);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokenTextTest);

}  // namespace
