#include "store/survey.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

class SurveyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SurveyTest);
  CPPUNIT_TEST(a_log_that_is_not_flushed_at_each_commit_loses_some);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_log_that_is_not_flushed_at_each_commit_loses_some() {
    const auto lost = [](const char* value) {
      return store::lost_in_a_crash({{"innodb_flush_log_at_trx_commit", value}});
    };
    for (const char* value : {"1", "3"}) CPPUNIT_ASSERT_EQUAL(std::string(), lost(value));
    for (const char* value : {"0", "2"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("innodb_flush_log_at_trx_commit is ") + value +
                               ": a crash loses accounts and password changes that users were told are done.",
                           lost(value));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), store::lost_in_a_crash({}));  // a server without InnoDB's names
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(SurveyTest);
