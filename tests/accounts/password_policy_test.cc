// The complaints expected of the table below were asked of Django 3.2's validators.
#include "accounts/password_policy.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>

namespace {

using namespace std::string_literals;
using accounts::CommonPasswords;
using accounts::PasswordOwner;
using accounts::PasswordPolicy;

std::string shipped_list() {
  const char* source = std::getenv("JWTAUTHD_SRCDIR");
  return std::string(source != nullptr ? source : ".") + "/conf/common-passwords.txt";
}

struct Row {
  const char* password;
  PasswordOwner owner;  // username, first name, last name, e-mail
  const char* expected;
  const char* why;
};

class PasswordPolicyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PasswordPolicyTest);
  CPPUNIT_TEST(complains_as_django_does);
  CPPUNIT_TEST(each_rule_can_be_turned_off);
  CPPUNIT_TEST(says_character_when_one_is_enough);
  CPPUNIT_TEST(empty_password_is_like_an_empty_part);
  CPPUNIT_TEST(quick_ratio_is_that_of_difflib);
  CPPUNIT_TEST_SUITE_END();

 public:
  void complains_as_django_does() {
    const PasswordPolicy policy({}, PasswordPolicy::read_common(shipped_list()));
    const Row rows[] = {
        {"Zebra-quilt-77", {"tr_bob", "", "", "tr_bob@example.com"}, "", "good"},
        {"aB3$xq9", {"tr_new", "", "", "tr_new@example.com"}, "short", "seven characters"},
        {"sunshine", {"tr_new", "", "", ""}, "common", "common"},
        {"SUNSHINE", {"tr_new", "", "", ""}, "common", "compared in lower case"},
        {"\u2003sunshine ", {"tr_new", "", "", ""}, "common", "and stripped"},
        {"83749204715", {"tr_new", "", "", ""}, "numeric", "digits"},
        {"٨٣٧٤٩٢٠٤٧١", {"tr_new", "", "", ""}, "numeric", "Arabic digits"},
        {"²³¹⁴⁵⁶⁷⁸", {"tr_new", "", "", ""}, "numeric", "superscripts are digits"},
        {"½¼¾½¼¾½¼", {"tr_new", "", "", ""}, "", "fractions are not"},
        {"marmalade1", {"tr_marmalade", "", "", ""}, "similar:username", "like the username"},
        {"tr_marmalade", {"tr_marmalade", "", "", ""}, "similar:username", "is the username"},
        {"quicksilver7",
         {"tr_new", "", "", "quicksilver@example.com"},
         "similar:email address",
         "like the local part"},
        {"marzipanworks",
         {"tr_new", "", "", "q@marzipanworks.com"},
         "similar:email address",
         "like a label of the domain"},
        {"12345", {"tr_new", "", "", ""}, "short, common, numeric", "three at once"},
        {"pepper", {"tr_pepper", "", "", ""}, "similar:username, short, common", "similar, short and common"},
        {"Aleksandra9", {"x", "Aleksandra", "", ""}, "similar:first name", "first name"},
        {"nameless-Smith",
         {"x", "", "Smith-nameless", ""},
         "similar:last name",
         "last name, in another order"},
        {"onomatopoeia",
         {"onomatopoeia", "onomatopoeia", "onomatopoeia", "onomatopoeia@x.de"},
         "similar:username",
         "only the first attribute is told"},
        {"ΣΊΣΥΦΟΣσισ", {"x", "", "σίσυφος", ""}, "similar:last name", "lower-casing with final sigma"},
        {"İstanbul-99",
         {"x", "istanbul", "", ""},
         "similar:first name",
         "capital dotted I becomes two characters"},
        {"abcdefghij", {"jihgfedcba", "", "", ""}, "similar:username, common", "order does not count"},
        {"abcdefgh12", {"abcdefgh", "", "", ""}, "similar:username", "16/18 shared"},
        {"abcdefg-xyz", {"abcdefg", "", "", ""}, "similar:username", "14/18: at 0.77"},
        {"abcdefgwxyzuv", {"abcdefg", "", "", ""}, "similar:username", "14/20: exactly 0.7"},
        {"abcdefgwxyzuvt", {"abcdefg", "", "", ""}, "", "14/21: below"},
        {"abcdefghijklmnopqrst", {"ab", "", "", ""}, "", "ten times the length: out of reach"},
        {"aaaaaaaaaaaaaaaaaaaa", {"aa", "", "", ""}, "", "likewise"},
        {"a1b2c3d4e5zq",
         {"a!1!b!2!c!3!d!4!e!5", "", "", ""},
         "",
         "neither the parts nor the whole come near"},
        {"parsnip-und-quark",
         {"parsnip.und.quark", "", "", ""},
         "similar:username",
         "punctuation splits, the whole is compared too"},
        {"пароль-длинный-9", {"tr_pwuni", "", "", ""}, "", "Cyrillic, good"},
        {"日本語日本", {"日本語", "", "", ""}, "similar:username, short", "similar in Japanese"},
        {"日本語の長い合言葉", {"x", "", "", ""}, "", "code points count, not bytes"},
        {"日本語の合言葉", {"x", "", "", ""}, "short", "seven code points"},
        {"anna_banana_x", {"_banana_", "", "", ""}, "similar:username", "underscore belongs to \\w"},
        {"k4!.;:-)(", {"!!!", "", "", ""}, "", "an attribute of punctuation has empty parts"},
        {"#1bitch", {"x", "", "", ""}, "short, common", "an entry that begins with #"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.why, std::string(row.expected),
                                   short_form(policy.complaints(row.password, row.owner)));
    }
  }

  void each_rule_can_be_turned_off() {
    const PasswordOwner owner{"12345", "", "", ""};
    const struct {
      accounts::PolicyOptions options;
      const char* expected;
    } rows[] = {
        {{8, 0.7, true, true}, "similar:username, short, common, numeric"},
        {{0, 0.7, true, true}, "similar:username, common, numeric"},
        {{8, 0, true, true}, "short, common, numeric"},
        {{8, 0.7, false, true}, "similar:username, short, numeric"},
        {{8, 0.7, true, false}, "similar:username, short, common"},
        {{0, 0, false, false}, ""},
    };
    for (const auto& row : rows) {
      const PasswordPolicy policy(row.options, CommonPasswords("12345"));
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), short_form(policy.complaints("12345", owner)));
    }
  }

  void says_character_when_one_is_enough() {
    const PasswordPolicy one({1, 0, false, false}, {});
    CPPUNIT_ASSERT_EQUAL("This password is too short. It must contain at least 1 character."s,
                         one.complaints("", {}).at(0));
    const PasswordPolicy twelve({12, 0, false, false}, {});
    CPPUNIT_ASSERT_EQUAL("This password is too short. It must contain at least 12 characters."s,
                         twelve.complaints("x", {}).at(0));
  }

  void empty_password_is_like_an_empty_part() {
    const PasswordPolicy policy({}, {});
    CPPUNIT_ASSERT_EQUAL("similar:username, short"s, short_form(policy.complaints("", {"!a", "", "", ""})));
    CPPUNIT_ASSERT_EQUAL("short"s, short_form(policy.complaints("", {"a", "", "", ""})));
  }

  void quick_ratio_is_that_of_difflib() {
    const struct {
      std::u32string a, b;
      double expected;
    } rows[] = {
        {U"", U"", 1.0},          {U"a", U"", 0.0},
        {U"abcd", U"bcde", 0.75}, {U"aab", U"abb", 2.0 * 2 / 6},
        {U"日本", U"本日", 1.0},  {U"aaaa", U"a", 0.4},
        {U"abc", U"xyz", 0.0},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(row.expected, accounts::quick_ratio(row.a, row.b));
      CPPUNIT_ASSERT_EQUAL(row.expected, accounts::quick_ratio(row.b, row.a));
    }
  }

 private:
  /// The messages, each by its name; anything unexpected stands as it is.
  static std::string short_form(const std::vector<std::string>& complaints) {
    static constexpr std::string_view kSimilar = "The password is too similar to the ";
    std::string out;
    for (std::string text : complaints) {
      if (text.starts_with(kSimilar)) {
        text = "similar:" + text.substr(kSimilar.size());
        CPPUNIT_ASSERT_EQUAL('.', text.back());
        text.pop_back();
      }
      if (text == "This password is too short. It must contain at least 8 characters.") text = "short";
      if (text == "This password is too common.") text = "common";
      if (text == "This password is entirely numeric.") text = "numeric";
      out += (out.empty() ? "" : ", ") + text;
    }
    return out;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PasswordPolicyTest);

}  // namespace
