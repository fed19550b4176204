#include "tokens/user_directory.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "fakes.h"

namespace {

using namespace std::chrono_literals;
using tokens::DirectoryOptions;
using tokens::UserDirectory;

/// Holds a reader at a point until the test lets it go on.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }
  void wait_for_reader() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class UserDirectoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserDirectoryTest);
  CPPUNIT_TEST(asks_the_database_once_for_a_user);
  CPPUNIT_TEST(shows_what_a_request_needs);
  CPPUNIT_TEST(a_poll_sees_changes_and_deletions_and_new_users);
  CPPUNIT_TEST(an_unchanged_user_is_not_copied_by_the_poll);
  CPPUNIT_TEST(forget_makes_the_next_request_read);
  CPPUNIT_TEST(a_read_that_was_overtaken_by_forget_is_not_kept);
  CPPUNIT_TEST(a_poll_that_was_overtaken_by_forget_is_not_kept);
  CPPUNIT_TEST(of_two_reads_at_once_the_one_that_began_later_stays);
  CPPUNIT_TEST(who_asks_after_forget_does_not_join_an_older_query);
  CPPUNIT_TEST(simultaneous_requests_share_one_query);
  CPPUNIT_TEST(simultaneous_requests_share_the_failure_and_the_next_one_asks_again);
  CPPUNIT_TEST(a_deleted_users_token_costs_no_query_while_the_poll_works);
  CPPUNIT_TEST(absence_is_trusted_for_a_second_only);
  CPPUNIT_TEST(users_are_trusted_for_stale_after_without_a_poll);
  CPPUNIT_TEST(a_poll_that_fails_changes_nothing);
  CPPUNIT_TEST(idle_users_are_dropped);
  CPPUNIT_TEST(polls_in_batches_of_500);
  CPPUNIT_TEST(stays_within_its_capacity);
  CPPUNIT_TEST(the_thread_polls_and_survives_an_outage);
  CPPUNIT_TEST(the_thread_survives_what_is_no_outage);
  CPPUNIT_TEST(many_threads_read_forget_and_poll);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::FakeUsers users_;
  std::atomic<std::int64_t> elapsed_{0};  // ns

  UserDirectory directory(DirectoryOptions options = {}) {
    return UserDirectory(users_, options, [this] {
      return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(elapsed_.load()) + 1h);
    });
  }
  void advance(std::chrono::nanoseconds by) { elapsed_ += by.count(); }

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

  void a_read_that_was_overtaken_by_forget_is_not_kept() {
    users_.put(7, "alice");
    auto users = directory();
    users_.after_read = [&] {
      users_.after_read = [] {};
      users_.put(7, "alice", false);  // committed while our row is on its way
      users.forget(7);
    };
    users.fetch(7);
    CPPUNIT_ASSERT(!users.recall(7));
    CPPUNIT_ASSERT(!users.fetch(7)->is_active);
  }

  void a_poll_that_was_overtaken_by_forget_is_not_kept() {
    users_.put(7, "alice");
    auto users = directory();
    users.fetch(7);
    users_.after_read = [&] {
      users_.after_read = [] {};
      users_.put(7, "alice", false);
      users.forget(7);
      CPPUNIT_ASSERT(!users.fetch(7)->is_active);
    };
    users.poll_once();
    CPPUNIT_ASSERT(!users.cached(7)->is_active);
  }

  void of_two_reads_at_once_the_one_that_began_later_stays() {
    // Too old to be trusted, so that a request reads as well as the poll.
    const auto grow_stale = [this] { advance(61s); };
    const auto overtake = [this](auto&& other_read) {
      users_.after_read = [this, other_read] {
        users_.after_read = [] {};
        users_.put(7, "alice", false);
        other_read();
      };
    };
    users_.put(7, "alice");
    auto fetching = directory();
    fetching.fetch(7);
    grow_stale();
    overtake([&] {
      advance(1ms);
      fetching.poll_once();
    });
    fetching.fetch(7);
    CPPUNIT_ASSERT(!fetching.cached(7)->is_active);

    users_.put(7, "alice");
    auto polling = directory();
    polling.fetch(7);
    overtake([&] {
      grow_stale();
      polling.fetch(7);
    });
    polling.poll_once();
    CPPUNIT_ASSERT(!polling.cached(7)->is_active);
  }

  void who_asks_after_forget_does_not_join_an_older_query() {
    users_.put(7, "alice");
    auto users = directory();
    Gate gate;
    std::atomic<bool> first{true};
    users_.after_read = [&] {
      if (first.exchange(false)) gate.pass();
    };
    auto before = std::async(std::launch::async, [&] { return users.fetch(7); });
    gate.wait_for_reader();
    users_.put(7, "alice", false);
    users.forget(7);
    CPPUNIT_ASSERT(!users.fetch(7)->is_active);
    gate.open();
    CPPUNIT_ASSERT(before.get()->is_active);  // it asked before the change
    CPPUNIT_ASSERT(!users.cached(7)->is_active);
  }

  void simultaneous_requests_share_one_query() {
    users_.put(7, "alice");
    auto users = directory();
    Gate gate;
    users_.after_read = [&] { gate.pass(); };
    std::vector<std::thread> threads;
    std::atomic<int> answers{0};
    std::atomic<int> started{0};
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] {
        ++started;
        if (users.fetch(7)->username == "alice") ++answers;
      });
    }
    gate.wait_for_reader();
    while (started < 16) std::this_thread::yield();
    gate.open();
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(16, answers.load());
    CPPUNIT_ASSERT_EQUAL(1, users_.single.load());
  }

  void simultaneous_requests_share_the_failure_and_the_next_one_asks_again() {
    users_.put(7, "alice");
    auto users = directory();
    Gate gate;
    users_.after_read = [&] {
      gate.pass();
      throw util::Outage("lost");
    };
    std::atomic<int> failures{0};
    const auto fetch = [&] {
      try {
        users.fetch(7);
      } catch (const util::Outage&) {
        ++failures;
      }
    };
    std::thread first(fetch);
    gate.wait_for_reader();
    std::thread second(fetch);
    gate.open();
    first.join();
    second.join();
    CPPUNIT_ASSERT_EQUAL(2, failures.load());
    CPPUNIT_ASSERT(!users.recall(7));
    users_.after_read = [] {};
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), users.fetch(7)->username);
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

  // Each writer turns its user off for good, forgets it, and must never see it active again.
  void many_threads_read_forget_and_poll() {
    DirectoryOptions options;
    options.poll_interval = 1ms;
    options.capacity = 400;
    UserDirectory users(users_, options);
    constexpr std::int64_t count = 600;
    for (std::int64_t id = 1; id <= count; ++id) users_.put(id, "user");
    users.start();
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> readers;
    for (int t = 0; t < 4; ++t) {
      readers.emplace_back([&, t] {
        for (std::int64_t i = t; !done; ++i) {
          const std::int64_t id = i * 13 % count + 1;
          const auto user = users.fetch(id);
          if (!user || user->id != id) ++wrong;
        }
      });
    }
    std::vector<std::thread> writers;
    for (int t = 0; t < 2; ++t) {
      writers.emplace_back([&, t] {
        for (std::int64_t id = 1 + t; id <= count; id += 2) {
          users_.put(id, "user", false);
          users.forget(id);
          for (int look = 0; look < 20; ++look) {
            if (users.fetch(id)->is_active) ++wrong;
            if (const auto seen = users.cached(id); seen && seen->is_active) ++wrong;
          }
        }
      });
    }
    for (auto& thread : writers) thread.join();
    done = true;
    for (auto& thread : readers) thread.join();
    users.stop();
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserDirectoryTest);

}  // namespace
