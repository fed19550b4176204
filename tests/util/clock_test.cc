#include "util/clock.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

class FixedClock : public util::Clock {
 public:
  explicit FixedClock(std::int64_t micros) : micros_(micros) {}
  util::TimePoint now() const override { return util::TimePoint(std::chrono::microseconds(micros_)); }

 private:
  std::int64_t micros_;
};

class ClockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClockTest);
  CPPUNIT_TEST(unix_time_is_rounded_down);
  CPPUNIT_TEST(system_clock_does_not_stand_still);
  CPPUNIT_TEST_SUITE_END();

 public:
  void unix_time_is_rounded_down() {
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, FixedClock(1'999'999).unix_now());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, FixedClock(0).unix_now());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{-1}, FixedClock(-1).unix_now());
  }

  void system_clock_does_not_stand_still() {
    const util::SystemClock clock;
    const auto start = clock.now();
    while (clock.now() == start) {
    }
    CPPUNIT_ASSERT(clock.now() > start);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClockTest);

}  // namespace
