#include "mysql/datetime.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>

namespace {

using std::chrono::microseconds;

util::TimePoint at(std::int64_t micros) {
  return util::TimePoint(microseconds(micros));
}

class DatetimeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DatetimeTest);
  CPPUNIT_TEST(writes_and_reads_the_same_instant);
  CPPUNIT_TEST(clamps_to_what_a_column_holds);
  CPPUNIT_TEST(reads_shorter_fractions_and_dates);
  CPPUNIT_TEST(refuses_what_is_no_date);
  CPPUNIT_TEST_SUITE_END();

 public:
  void writes_and_reads_the_same_instant() {
    const struct {
      std::int64_t micros;
      const char* text;
    } rows[] = {
        {0, "1970-01-01 00:00:00.000000"},
        {1, "1970-01-01 00:00:00.000001"},
        {-1, "1969-12-31 23:59:59.999999"},
        {1'709'251'199'999'999, "2024-02-29 23:59:59.999999"},
        {951'782'400'000'000, "2000-02-29 00:00:00.000000"},
        {-30'610'224'000'000'000, "1000-01-01 00:00:00.000000"},
        {253'402'300'799'999'999, "9999-12-31 23:59:59.999999"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), mysql::datetime_text(at(row.micros)));
      CPPUNIT_ASSERT(mysql::parse_datetime(row.text) == at(row.micros));
    }
  }

  void clamps_to_what_a_column_holds() {
    CPPUNIT_ASSERT_EQUAL(std::string("9999-12-31 23:59:59.999999"),
                         mysql::datetime_text(at(std::numeric_limits<std::int64_t>::max())));
    CPPUNIT_ASSERT_EQUAL(std::string("1000-01-01 00:00:00.000000"),
                         mysql::datetime_text(at(std::numeric_limits<std::int64_t>::min())));
  }

  void reads_shorter_fractions_and_dates() {
    CPPUNIT_ASSERT(mysql::parse_datetime("1970-01-01 00:00:01") == at(1'000'000));
    CPPUNIT_ASSERT(mysql::parse_datetime("1970-01-01 00:00:00.5") == at(500'000));
    CPPUNIT_ASSERT(mysql::parse_datetime("1970-01-01 00:00:00.012") == at(12'000));
    CPPUNIT_ASSERT(mysql::parse_datetime("1970-01-02") == at(86'400'000'000));
  }

  void refuses_what_is_no_date() {
    for (const char* text : {"", "0000-00-00 00:00:00", "0000-00-00", "2024-02-30 00:00:00",
                             "2024-13-01 00:00:00", "2024-01-01 24:00:00", "2024-01-01 00:60:00",
                             "2024-01-01 00:00:60", "2024-01-01 00:00:00.", "2024-01-01 00:00:00.1234567",
                             "2024-01-01 00:00:00 ", "2024-01-01T00:00:00", "2024-1-1", "20240101", "x"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !mysql::parse_datetime(text));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DatetimeTest);

}  // namespace
