// Rotations that share a statement, when not all of their tokens are current.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/store/session_fixture.h"

namespace {

using namespace store_test;

class JointRotationTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(JointRotationTest);
  CPPUNIT_TEST(a_grandfather_is_late_beside_others);
  CPPUNIT_TEST(a_token_of_an_ended_session_is_late_beside_others);
  CPPUNIT_TEST(a_successor_that_is_exchanged_at_once_was_given);
  CPPUNIT_TEST(a_row_that_somebody_holds_is_waited_for_once);
  CPPUNIT_TEST_SUITE_END();

  static store::Rotation rotation_of(unsigned char session, unsigned char presented, unsigned char next) {
    auto made = rotation(presented, next);
    made.id = id(session);
    return made;
  }
  std::vector<bool> together(const std::vector<store::Rotation>& rotations) {
    return store_->rotate_all(rotations);
  }

 public:
  void setUp() override {
    SessionFixture::setUp();
    for (unsigned char number = 1; number <= 2; ++number) add(number);
    CPPUNIT_ASSERT(store_->rotate(rotation(1, 2)));
    CPPUNIT_ASSERT(store_->rotate(rotation(2, 3)));
  }

  void a_grandfather_is_late_beside_others() {
    CPPUNIT_ASSERT(
        (together({rotation_of(1, 1, 2), rotation_of(2, 1, 2)}) == std::vector<bool>{false, true}));
    CPPUNIT_ASSERT(
        (together({rotation_of(2, 9, 8), rotation_of(1, 1, 2)}) == std::vector<bool>{false, false}));
  }

  void a_token_of_an_ended_session_is_late_beside_others() {
    store_->revoke(7, id(1), ending());
    CPPUNIT_ASSERT(
        (together({rotation_of(1, 1, 2), rotation_of(2, 1, 2)}) == std::vector<bool>{false, true}));
    CPPUNIT_ASSERT(
        (together({rotation_of(1, 3, 4), rotation_of(2, 2, 3)}) == std::vector<bool>{false, true}));
  }

  void a_row_that_somebody_holds_is_waited_for_once() {
    auto options = database_->options();
    options.read_timeout = std::chrono::seconds(2);  // makes the lock wait one second
    mysql::Pool pool(std::move(options));
    store::MysqlSessionStore store(pool);
    auto holder = std::make_unique<mysql::Transaction>(*pool_);
    holder->prepare("UPDATE jwtauthd_session SET user_id = 7 WHERE RIGHT(HEX(id), 2) = '01'").execute();
    const auto before = pool.statements_sent();
    const std::vector<store::Rotation> both{rotation_of(1, 3, 4), rotation_of(2, 1, 2)};
    CPPUNIT_ASSERT_THROW(store.rotate_all(both), store::Busy);
    CPPUNIT_ASSERT_EQUAL(before + 1, pool.statements_sent());
    CPPUNIT_ASSERT(!store.rotate_without_waiting(both[0]));
    CPPUNIT_ASSERT(store.rotate_without_waiting(both[1]));
    CPPUNIT_ASSERT(!store.rotate_without_waiting(both[1]));
    CPPUNIT_ASSERT(store.find(id(2))->current == jti(2));
    holder.reset();
    CPPUNIT_ASSERT(store.rotate_without_waiting(both[0]));
    CPPUNIT_ASSERT(!store.rotate_without_waiting(rotation_of(99, 1, 2)));
  }

  /// Another client has the successor as soon as the row has it, while the statement's sender still reads
  /// which rows it changed.
  void a_successor_that_is_exchanged_at_once_was_given() {
    auto options = database_->options();
    options.acquire_timeout = std::chrono::seconds(10);  // its first connection, on a busy machine
    mysql::Pool other_pool(std::move(options));
    store::MysqlSessionStore other(other_pool);
    unsigned char current = 3;
    std::atomic<unsigned char> awaited{0};
    std::jthread client([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const unsigned char token = awaited;
        if (token != 0 && other.rotate(rotation_of(1, token, static_cast<unsigned char>(token + 1))))
          awaited = 0;
      }
    });
    for (int round = 0; round < 60; ++round) {
      const auto next = static_cast<unsigned char>(current + 1);
      awaited = next;
      // Those who miss make it look at the rows, and come first.
      const auto rotated = together({rotation_of(90, 1, 2), rotation_of(91, 1, 2), rotation_of(92, 1, 2),
                                     rotation_of(93, 1, 2), rotation_of(1, current, next)});
      CPPUNIT_ASSERT((rotated == std::vector<bool>{false, false, false, false, true}));
      while (awaited != 0) std::this_thread::yield();
      current = static_cast<unsigned char>(next + 1);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JointRotationTest);

}  // namespace
