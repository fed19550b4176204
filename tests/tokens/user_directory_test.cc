#include "tokens/user_directory.h"

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <new>
#include <string>
#include <thread>

#include "directory_house.h"

namespace {

using namespace std::chrono_literals;
using tokens::DirectoryOptions;
using tokens::UserDirectory;

class UserDirectoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserDirectoryTest);
  CPPUNIT_TEST(asks_the_database_once_for_a_user);
  CPPUNIT_TEST(shows_what_a_request_needs);
  CPPUNIT_TEST(a_poll_sees_changes_and_deletions_and_new_users);
  CPPUNIT_TEST(an_unchanged_user_is_not_copied_by_the_poll);
  CPPUNIT_TEST(forget_makes_the_next_request_read);
  CPPUNIT_TEST(a_deleted_users_token_costs_no_query_while_the_poll_works);
  CPPUNIT_TEST(absence_is_trusted_for_a_second_only);
  CPPUNIT_TEST(users_are_trusted_for_stale_after_without_a_poll);
  CPPUNIT_TEST(a_poll_that_fails_changes_nothing);
  CPPUNIT_TEST(idle_users_are_dropped);
  CPPUNIT_TEST(polls_in_batches_of_500);
  CPPUNIT_TEST(stays_within_its_capacity);
  CPPUNIT_TEST(the_thread_polls_and_survives_an_outage);
  CPPUNIT_TEST(the_thread_survives_what_is_no_outage);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::DirectoryHouse house_;
  tokens_test::FakeUsers& users_ = house_.users;

  UserDirectory directory(DirectoryOptions options = {}) { return house_.directory(options); }
  void advance(std::chrono::nanoseconds by) { house_.advance(by); }

 public:
  void asks_the_database_once_for_a_user() {
    users_.put(7, "alice");
    auto users = directory();
    CPPUNIT_ASSERT(!users.recall(7));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), users.fetch(7)->username);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), users.fetch(7)->username);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), users.cached(7)->username);
    CPPUNIT_ASSERT_EQUAL(1, users_.single.load());
  }

  void shows_what_a_request_needs() {
    users_.put(7, "alice", false);
    const auto user = directory().fetch(7);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, user->id);
    CPPUNIT_ASSERT(!user->is_active);
    CPPUNIT_ASSERT(!user->is_staff);
  }

  void a_poll_sees_changes_and_deletions_and_new_users() {
    auto users = directory();
    users_.put(1, "changes");
    users_.put(2, "goes");
    for (const std::int64_t id : {1, 2, 3}) users.fetch(id);
    users_.put(1, "changes", false);
    users_.remove(2);
    users_.put(3, "comes");
    CPPUNIT_ASSERT(users.cached(1)->is_active);
    users.poll_once();
    CPPUNIT_ASSERT(!users.cached(1)->is_active);
    CPPUNIT_ASSERT(users.recall(2).has_value() && *users.recall(2) == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("comes"), users.cached(3)->username);
    CPPUNIT_ASSERT_EQUAL(3, users_.single.load());
    CPPUNIT_ASSERT_EQUAL(1, users_.batches.load());
  }

  void an_unchanged_user_is_not_copied_by_the_poll() {
    users_.put(7, "alice");
    auto users = directory();
    const auto before = users.fetch(7);
    users.poll_once();
    CPPUNIT_ASSERT(before == users.cached(7));
    users_.put(7, "alice2");
    users.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("alice2"), users.cached(7)->username);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), before->username);
  }

  void forget_makes_the_next_request_read() {
    users_.put(7, "alice");
    auto users = directory();
    users.fetch(7);
    users_.put(7, "alice", false);
    users.forget(7);
    users.forget(8);
    CPPUNIT_ASSERT(!users.recall(7));
    CPPUNIT_ASSERT(!users.fetch(7)->is_active);
    CPPUNIT_ASSERT_EQUAL(2, users_.single.load());
  }

  void a_deleted_users_token_costs_no_query_while_the_poll_works() {
    auto users = directory();
    CPPUNIT_ASSERT(users.fetch(7) == nullptr);
    for (int i = 0; i < 100; ++i) {
      advance(250ms);
      users.poll_once();
      CPPUNIT_ASSERT(users.fetch(7) == nullptr);
    }
    CPPUNIT_ASSERT_EQUAL(1, users_.single.load());
  }

  void absence_is_trusted_for_a_second_only() {
    auto users = directory();
    users.fetch(7);
    users_.put(7, "alice");
    advance(1s);
    CPPUNIT_ASSERT(users.recall(7).has_value());
    advance(1ms);
    CPPUNIT_ASSERT(!users.recall(7));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), users.fetch(7)->username);
  }

  void users_are_trusted_for_stale_after_without_a_poll() {
    users_.put(7, "alice");
    auto users = directory();
    users.fetch(7);
    users_.away = true;
    advance(60s);
    CPPUNIT_ASSERT(users.cached(7) != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{60000}, std::int64_t{users.age().count()});
    advance(1ms);
    CPPUNIT_ASSERT(users.cached(7) == nullptr);
    CPPUNIT_ASSERT_THROW(users.fetch(7), util::Outage);
    users_.away = false;
    CPPUNIT_ASSERT(users.fetch(7) != nullptr);
    users.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, std::int64_t{users.age().count()});
  }

  void a_poll_that_fails_changes_nothing() {
    users_.put(7, "alice");
    auto users = directory();
    users.fetch(7);
    users.poll_once();
    advance(5s);
    users_.away = true;
    CPPUNIT_ASSERT_THROW(users.poll_once(), util::Outage);
    CPPUNIT_ASSERT(users.cached(7) != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5000}, std::int64_t{users.age().count()});
  }

  void idle_users_are_dropped() {
    auto users = directory();
    for (const std::int64_t id : {1, 2}) {
      users_.put(id, "user");
      users.fetch(id);
    }
    for (int i = 0; i < 7; ++i) {
      advance(10s);
      CPPUNIT_ASSERT(users.cached(1) != nullptr);
      users.poll_once();
    }
    CPPUNIT_ASSERT(users.cached(1) != nullptr);
    CPPUNIT_ASSERT(users.cached(2) == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, [&] {
      users_.longest_batch = 0;
      users.poll_once();
      return users_.longest_batch.load();
    }());
  }

  void polls_in_batches_of_500() {
    auto users = directory();
    for (std::int64_t id = 1; id <= 1234; ++id) {
      users_.put(id, "user");
      users.fetch(id);
    }
    users.poll_once();
    CPPUNIT_ASSERT_EQUAL(3, users_.batches.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, users_.longest_batch.load());
  }

  void stays_within_its_capacity() {
    DirectoryOptions options;
    options.capacity = 640;
    auto users = directory(options);
    users_.put(3, "always there");
    users.fetch(3);
    for (std::int64_t id = 1000; id < 6000; ++id) {
      users_.put(id, "user");
      advance(1ms);
      users.fetch(id);
      CPPUNIT_ASSERT(users.cached(3) != nullptr);
    }
    std::size_t known = 0;
    for (std::int64_t id = 1000; id < 6000; ++id) known += users.cached(id) != nullptr;
    CPPUNIT_ASSERT_MESSAGE(std::to_string(known), known >= 639 && known <= 800);
  }

  void the_thread_polls_and_survives_an_outage() {
    users_.put(7, "alice");
    DirectoryOptions options;
    options.poll_interval = 1ms;
    UserDirectory users(users_, options);
    users.start();
    users.fetch(7);
    users_.away = true;
    const int failed = users_.batches;
    while (users_.batches < failed + 3) std::this_thread::sleep_for(1ms);
    CPPUNIT_ASSERT(users.cached(7)->is_active);
    users_.put(7, "alice", false);
    users_.away = false;
    while (users.cached(7)->is_active) std::this_thread::sleep_for(1ms);
    users.stop();
    const int stopped = users_.batches;
    std::this_thread::sleep_for(20ms);
    CPPUNIT_ASSERT_EQUAL(stopped, users_.batches.load());
  }

  void the_thread_survives_what_is_no_outage() {
    users_.put(7, "alice");
    DirectoryOptions options;
    options.poll_interval = 1ms;
    UserDirectory users(users_, options);
    users.fetch(7);
    users_.after_read = [] { throw std::bad_alloc(); };
    users.start();
    while (users_.batches < 3) std::this_thread::sleep_for(1ms);
    users.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserDirectoryTest);

}  // namespace
