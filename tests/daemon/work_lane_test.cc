#include "daemon/work_lane.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <vector>

#include "fastcgi/harness.h"

namespace {

using namespace std::chrono_literals;
using jwtauthd::ReceivedRequest;
using jwtauthd::WorkLane;

/// A lane of one thread whose first turn lasts until the gate opens. What is handed over is no request: the
/// lane does not look at it.
struct Lane {
  explicit Lane(std::size_t at_once)
      : lane("test", 1, 8, at_once, [this](WorkLane::Requests requests) {
          turns.push_back(requests.size());
          if (turns.size() > 1) return;
          begun.set_value();
          opened.get_future().wait();
        }) {}
  bool submit() {
    std::unique_ptr<ReceivedRequest> none;
    return lane.submit(none);
  }

  std::vector<std::size_t> turns;
  std::promise<void> begun;
  std::promise<void> opened;
  WorkLane lane;
};

class WorkLaneTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkLaneTest);
  CPPUNIT_TEST(a_lone_request_does_not_wait_and_those_behind_it_come_together);
  CPPUNIT_TEST(one_at_a_time_where_that_is_asked_for);
  CPPUNIT_TEST(what_finds_no_place_is_refused);
  CPPUNIT_TEST(is_alive_while_idle_and_while_work_is_short);
  CPPUNIT_TEST(is_not_alive_while_work_hangs_and_is_again_after_it);
  CPPUNIT_TEST(is_not_alive_when_nobody_comes_for_what_waits);
  CPPUNIT_TEST_SUITE_END();

  static std::vector<std::size_t> turns_of_one_and_six(std::size_t at_once) {
    Lane lane(at_once);
    CPPUNIT_ASSERT(lane.submit());
    lane.begun.get_future().wait();
    for (int i = 0; i < 6; ++i) CPPUNIT_ASSERT(lane.submit());
    lane.opened.set_value();
    lane.lane.stop();
    return lane.turns;
  }

 public:
  void a_lone_request_does_not_wait_and_those_behind_it_come_together() {
    CPPUNIT_ASSERT((turns_of_one_and_six(4) == std::vector<std::size_t>{1, 4, 2}));
  }
  void one_at_a_time_where_that_is_asked_for() {
    CPPUNIT_ASSERT((turns_of_one_and_six(1) == std::vector<std::size_t>(7, 1)));
  }
  void what_finds_no_place_is_refused() {
    Lane lane(4);
    lane.submit();
    lane.begun.get_future().wait();
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT(lane.submit());
    CPPUNIT_ASSERT(!lane.submit());
    lane.opened.set_value();
  }

  void is_alive_while_idle_and_while_work_is_short() {
    Lane lane(1);
    CPPUNIT_ASSERT(lane.lane.alive(0ms));
    CPPUNIT_ASSERT(lane.submit());
    lane.begun.get_future().wait();
    CPPUNIT_ASSERT(lane.submit());
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(lane.lane.alive(1min));
    lane.opened.set_value();
  }

  void is_not_alive_while_work_hangs_and_is_again_after_it() {
    Lane lane(1);
    CPPUNIT_ASSERT(lane.submit());
    lane.begun.get_future().wait();
    CPPUNIT_ASSERT(fcgi_client::eventually([&] { return !lane.lane.alive(5ms); }));
    lane.opened.set_value();
    CPPUNIT_ASSERT(fcgi_client::eventually([&] { return lane.lane.alive(5ms); }));
  }

  void is_not_alive_when_nobody_comes_for_what_waits() {
    WorkLane lane("test", 0, 8, 1, [](WorkLane::Requests) {});
    std::unique_ptr<ReceivedRequest> none;
    CPPUNIT_ASSERT(lane.alive(1min));
    CPPUNIT_ASSERT(lane.submit(none));
    CPPUNIT_ASSERT(lane.alive(1min));  // it may just have come
    CPPUNIT_ASSERT(!lane.alive(1min));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(WorkLaneTest);
