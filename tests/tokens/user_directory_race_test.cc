#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "directory_house.h"

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

/// Reads, polls and forget() overtake each other.
class UserDirectoryRaceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserDirectoryRaceTest);
  CPPUNIT_TEST(a_read_that_was_overtaken_by_forget_is_not_kept);
  CPPUNIT_TEST(a_poll_that_was_overtaken_by_forget_is_not_kept);
  CPPUNIT_TEST(of_two_reads_at_once_the_one_that_began_later_stays);
  CPPUNIT_TEST(who_asks_after_forget_does_not_join_an_older_query);
  CPPUNIT_TEST(simultaneous_requests_share_one_query);
  CPPUNIT_TEST(simultaneous_requests_share_the_failure_and_the_next_one_asks_again);
  CPPUNIT_TEST(many_threads_read_forget_and_poll);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::DirectoryHouse house_;
  tokens_test::FakeUsers& users_ = house_.users;

  UserDirectory directory() { return house_.directory(); }
  void advance(std::chrono::nanoseconds by) { house_.advance(by); }

 public:
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

CPPUNIT_TEST_SUITE_REGISTRATION(UserDirectoryRaceTest);

}  // namespace
