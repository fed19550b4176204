#include "tokens/user_claim.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "json/parse.h"

namespace {

class UserClaimTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserClaimTest);
  CPPUNIT_TEST(reads_ids_as_django_does);
  CPPUNIT_TEST(an_absent_claim_is_another_thing_than_nobody);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reads_ids_as_django_does() {
    struct Row {
      const char* value;
      std::int64_t id;
    };
    for (const Row& row : {
             Row{"7", 7},
             Row{"9223372036854775807", 9223372036854775807},
             Row{R"("7")", 7},
             Row{R"("007")", 7},
             Row{"7.5", 7},
             Row{"7.0", 7},
             Row{"0", 0},
             Row{"-1", 0},
             Row{"0.5", 0},
             Row{"-7.5", 0},
             Row{"1e30", 0},
             Row{"9223372036854775808", 0},
             Row{"9.3e18", 0},
             Row{"1000000000000000000000000000000", 0},
             Row{R"("1000000000000000000000000000000")", 0},
             Row{R"("-7")", 0},
             Row{R"("+7")", 0},
             Row{R"(" 7")", 0},
             Row{R"("7 ")", 0},
             Row{R"("7.5")", 0},
             Row{R"("7\u0000")", 0},
             Row{R"("")", 0},
             Row{R"("abc")", 0},
             Row{R"("٧")", 0},
             Row{"null", 0},
             Row{"true", 0},
             Row{"false", 0},
             Row{"[7]", 0},
             Row{R"({"id":7})", 0},
         }) {
      const auto claims = json::parse(std::string(R"({"user_id":)") + row.value + "}");
      CPPUNIT_ASSERT_MESSAGE(row.value, claims.has_value());
      const auto id = tokens::named_user(*claims, "user_id");
      CPPUNIT_ASSERT_MESSAGE(row.value, id.has_value());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.value, row.id, *id);
    }
  }

  void an_absent_claim_is_another_thing_than_nobody() {
    const auto claims = json::parse(R"({"sub":7})");
    CPPUNIT_ASSERT(!tokens::named_user(*claims, "user_id"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, tokens::named_user(*claims, "sub").value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserClaimTest);

}  // namespace
