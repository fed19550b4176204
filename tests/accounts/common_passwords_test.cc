#include "accounts/common_passwords.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>

#include "util/error.h"

namespace {

using accounts::CommonPasswords;

class CommonPasswordsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommonPasswordsTest);
  CPPUNIT_TEST(knows_its_lines_and_nothing_else);
  CPPUNIT_TEST(an_empty_list_knows_nothing);
  CPPUNIT_TEST(reads_the_list_that_is_shipped);
  CPPUNIT_TEST(says_which_file_cannot_be_read);
  CPPUNIT_TEST(survives_being_moved);
  CPPUNIT_TEST_SUITE_END();

 public:
  void knows_its_lines_and_nothing_else() {
    const CommonPasswords list("# a comment\n#\nsunshine\n#1pimp\n two words \r\n\nsunshine\npässwort\nlast");
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, list.size());
    for (const char* known : {"sunshine", "#1pimp", "two words", "pässwort", "last"}) {
      CPPUNIT_ASSERT_MESSAGE(known, list.contains(known));
    }
    for (const char* unknown :
         {"", "#", "# a comment", "sunshin", "sunshine\n", "sunshine\n#1pimp", "Sunshine", "words", "las"}) {
      CPPUNIT_ASSERT_MESSAGE(unknown, !list.contains(unknown));
    }
  }

  void an_empty_list_knows_nothing() {
    CPPUNIT_ASSERT(!CommonPasswords().contains("x"));
    CPPUNIT_ASSERT(!CommonPasswords().contains(""));
    CPPUNIT_ASSERT(!CommonPasswords("").contains("x"));
    CPPUNIT_ASSERT(!CommonPasswords("# nothing\n").contains(""));
  }

  void reads_the_list_that_is_shipped() {
    const char* source = std::getenv("JWTAUTHD_SRCDIR");
    const CommonPasswords list =
        CommonPasswords::read(std::string(source != nullptr ? source : ".") + "/conf/common-passwords.txt");
    CPPUNIT_ASSERT_EQUAL(std::size_t{19727}, list.size());  // as many as Django knows
    for (const char* known : {"password", "123456", "#1bitch", "!", "zzzzzzzz", "trustno1"}) {
      CPPUNIT_ASSERT_MESSAGE(known, list.contains(known));
    }
    CPPUNIT_ASSERT(!list.contains("zebra-quilt-77"));
  }

  void says_which_file_cannot_be_read() {
    for (const char* path : {"/nonexistent/list", "/"}) {
      try {
        CommonPasswords::read(path);
        CPPUNIT_FAIL("read a list from " + std::string(path));
      } catch (const util::Outage& outage) {
        CPPUNIT_ASSERT(std::string(outage.what()).find(path) != std::string::npos);
      }
    }
  }

  void survives_being_moved() {
    CommonPasswords small("abc");  // fits the string's own buffer, which a move copies
    const CommonPasswords moved = std::move(small);
    CPPUNIT_ASSERT(moved.contains("abc"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CommonPasswordsTest);

}  // namespace
