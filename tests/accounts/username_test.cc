#include "accounts/username.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::string_literals;

class UsernameTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UsernameTest);
  CPPUNIT_TEST(follows_djangos_rule);
  CPPUNIT_TEST(normalises_compatibility_forms);
  CPPUNIT_TEST_SUITE_END();

 public:
  void follows_djangos_rule() {
    const struct {
      std::string name;
      bool expected;
      const char* why;
    } rows[] = {
        {"tr_bob", true, "letters and underscore"},
        {"tr_@.+-_", true, "all punctuation that is allowed"},
        {"tr_Ünïcødé用户", true, "letters of any script"},
        {"tr_𝒳𐍈", true, "letters beyond the BMP"},
        {"ｆｕｌｌ", true, "full-width letters"},
        {"٣½²Ⅻ", true, "anything numeric"},
        {"ª", true, "ordinal indicator is a letter"},
        {"", false, "empty"},
        {"a b", false, "space"},
        {"a\u00a0b", false, "no-break space"},
        {"a\n", false, "a trailing newline is not the end: \\Z, not $"},
        {"\n", false, "newline alone"},
        {"tr_\0x"s, false, "NUL"},
        {"e\u0301", false, "a combining mark is not \\w"},
        {"कि", false, "nor is a spacing vowel sign"},
        {"a\u200db", false, "zero-width joiner"},
        {"tr_😀", false, "emoji"},
        {"a/b", false, "slash"},
        {"<b>", false, "markup"},
        {"a,b", false, "between + and - in ASCII: the class is no range"},
        {"a—b", false, "dash that is no hyphen-minus"},
        {"＠", false, "full-width at sign"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.why, row.expected, accounts::has_username_form(row.name));
    }
  }

  void normalises_compatibility_forms() {
    CPPUNIT_ASSERT_EQUAL("alice"s, accounts::normalized_username("ａｌｉｃｅ"));
    CPPUNIT_ASSERT_EQUAL("caf\u00e9"s, accounts::normalized_username("cafe\u0301"));
    CPPUNIT_ASSERT_EQUAL("Alice"s, accounts::normalized_username("Alice"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UsernameTest);

}  // namespace
