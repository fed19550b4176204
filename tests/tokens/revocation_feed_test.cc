#include "tokens/revocation_feed.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "fake_sessions.h"
#include "fakes.h"

namespace {

using tokens::Vouched;
using tokens_test::now;
using namespace std::chrono_literals;

store::SessionId session(unsigned char number) {
  store::SessionId id{1};  // all zero is none
  id.back() = number;
  return id;
}

Vouched of_session(unsigned char number) {
  return {7, now + 300, {.issued = now}, {session(number), true}};
}
Vouched without_sid(std::int64_t user_id, std::int64_t issued) {
  return {user_id, now + 300, {.issued = issued}, {session(200), false}};
}

store::Revocation ends_session(unsigned char number, std::int64_t id = 0) {
  return {id, 7, session(number), 0, now + 300};
}
store::Revocation ends_user(std::int64_t user_id, std::int64_t not_before) {
  return {0, user_id, {}, not_before, now + 300};
}

class RevocationFeedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RevocationFeedTest);
  CPPUNIT_TEST(is_stale_until_it_was_loaded_once);
  CPPUNIT_TEST(ends_the_tokens_of_a_session);
  CPPUNIT_TEST(ends_a_users_tokens_without_sid_up_to_a_time);
  CPPUNIT_TEST(takes_rows_that_come_out_of_order_and_again);
  CPPUNIT_TEST(what_this_worker_did_holds_at_once);
  CPPUNIT_TEST(is_stale_when_it_was_not_polled_for_long);
  CPPUNIT_TEST(a_stale_feed_is_polled_by_who_may_ask);
  CPPUNIT_TEST(reads_everything_after_a_pause_longer_than_the_window);
  CPPUNIT_TEST(finds_what_no_poll_shows);
  CPPUNIT_TEST(polls_while_it_reads_everything);
  CPPUNIT_TEST(a_long_read_of_everything_leaves_it_fresh);
  CPPUNIT_TEST(after_an_outage_it_is_fresh_when_everything_was_read);
  CPPUNIT_TEST(asks_the_database_about_one);
  CPPUNIT_TEST(reads_everything_when_the_clock_was_set);
  CPPUNIT_TEST(does_not_read_at_each_poll_what_it_has_seen);
  CPPUNIT_TEST(reads_that_waited_do_not_put_off_the_next_ones_for_long);
  CPPUNIT_TEST(a_slow_read_of_everything_is_repeated_after_a_minute);
  CPPUNIT_TEST(forgets_what_is_over);
  CPPUNIT_TEST(of_two_the_longer_one_holds);
  CPPUNIT_TEST(threads_that_poll_at_once_share_a_query_and_its_failure);
  CPPUNIT_TEST(the_thread_loads_before_it_polls_and_survives_an_outage);
  CPPUNIT_TEST(many_threads_agree);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::ManualClock clock_;
  tokens_test::FakeRevocations rows_;
  std::atomic<std::int64_t> seconds_{1000};  // of the monotonic clock
  tokens::RevocationFeed feed_{rows_, clock_, {}, [this] {
                                 return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
                               }};

 public:
  void is_stale_until_it_was_loaded_once() {
    CPPUNIT_ASSERT(!feed_.fresh());
    rows_.away = true;
    CPPUNIT_ASSERT_THROW(feed_.poll_once(), util::Outage);
    CPPUNIT_ASSERT(!feed_.fresh());
    CPPUNIT_ASSERT(!feed_.ended(of_session(1), false).has_value());
    rows_.away = false;
    feed_.poll_once();
    CPPUNIT_ASSERT(feed_.fresh());
    CPPUNIT_ASSERT(feed_.ended(of_session(1), false) == false);
  }

  void ends_the_tokens_of_a_session() {
    rows_.put(ends_session(1), false);
    feed_.poll_once();  // which loads
    CPPUNIT_ASSERT(feed_.revoked(of_session(1)));
    CPPUNIT_ASSERT(!feed_.revoked(of_session(2)));
    // What stands for a token without sid is a session like any other.
    CPPUNIT_ASSERT(!feed_.revoked(without_sid(7, now)));
    rows_.put(ends_session(200), true);
    feed_.poll_once();
    CPPUNIT_ASSERT(feed_.revoked(without_sid(7, now)));
  }

  void ends_a_users_tokens_without_sid_up_to_a_time() {
    rows_.put(ends_user(7, now), false);
    feed_.poll_once();
    CPPUNIT_ASSERT(feed_.revoked(without_sid(7, now)));
    CPPUNIT_ASSERT(feed_.revoked(without_sid(7, 0)));
    CPPUNIT_ASSERT(!feed_.revoked(without_sid(7, now + 1)));
    CPPUNIT_ASSERT(!feed_.revoked(without_sid(8, now)));
    CPPUNIT_ASSERT(!feed_.revoked(of_session(1)));
  }

  void takes_rows_that_come_out_of_order_and_again() {
    feed_.poll_once();
    rows_.put(ends_session(2, 12), true);
    feed_.poll_once();
    rows_.put(ends_session(1, 11), true);  // committed later than its successor
    feed_.poll_once();
    feed_.poll_once();
    CPPUNIT_ASSERT(feed_.revoked(of_session(1)));
    CPPUNIT_ASSERT(feed_.revoked(of_session(2)));
    CPPUNIT_ASSERT_EQUAL(1, rows_.everything.load());
  }

  void what_this_worker_did_holds_at_once() {
    feed_.poll_once();
    const std::vector<store::Revocation> done{ends_session(1), ends_user(8, now)};
    feed_.apply(done);
    CPPUNIT_ASSERT(feed_.revoked(of_session(1)));
    CPPUNIT_ASSERT(feed_.revoked(without_sid(8, now)));
  }

  void is_stale_when_it_was_not_polled_for_long() {
    feed_.poll_once();
    seconds_ += 60;
    CPPUNIT_ASSERT(feed_.fresh());
    CPPUNIT_ASSERT(std::chrono::milliseconds(60s) == feed_.age());
    seconds_ += 1;
    CPPUNIT_ASSERT(!feed_.fresh());
    feed_.poll_once();
    CPPUNIT_ASSERT(feed_.fresh());
  }

  void a_stale_feed_is_polled_by_who_may_ask() {
    feed_.poll_once();
    rows_.put(ends_session(1), true);
    CPPUNIT_ASSERT(feed_.ended(of_session(1), true) == false);  // fresh: no query
    seconds_ += 61;
    CPPUNIT_ASSERT(!feed_.ended(of_session(1), false).has_value());
    CPPUNIT_ASSERT(feed_.ended(of_session(1), true) == true);
    seconds_ += 61;
    rows_.away = true;
    CPPUNIT_ASSERT_THROW(feed_.ended(of_session(1), true), util::Outage);
  }

  void tick(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      seconds_ += 1;
      clock_.advance(1s);
      feed_.poll_once();
    }
  }

  void finds_what_no_poll_shows() {
    feed_.poll_once();
    tick(2);
    rows_.put(ends_session(1), false);  // stamped outside of the window, committed while polls go on
    tick(12);
    CPPUNIT_ASSERT(!feed_.revoked(of_session(1)));
    CPPUNIT_ASSERT_EQUAL(1, rows_.everything.load());
    tick(1);
    CPPUNIT_ASSERT(feed_.revoked(of_session(1)));
    tick(30);
    CPPUNIT_ASSERT_EQUAL(4, rows_.everything.load());
  }

  void polls_while_it_reads_everything() {
    tokens::FeedOptions options;
    options.page = 2;
    tokens::RevocationFeed feed(rows_, clock_, options);
    for (unsigned char number = 1; number <= 5; ++number) rows_.put(ends_session(number, number), false);
    int pages = 0;
    bool was_seen = false;
    rows_.before_page = [&] {
      if (++pages == 2) rows_.put(ends_session(6, 6), true);
      if (pages == 3) was_seen = feed.revoked(of_session(6));
    };
    feed.poll_once();
    CPPUNIT_ASSERT(was_seen);
    CPPUNIT_ASSERT_EQUAL(1, rows_.everything.load());
    for (unsigned char number = 1; number <= 6; ++number) CPPUNIT_ASSERT(feed.revoked(of_session(number)));
  }

  /// Whether it is fresh as each page of a second read of everything begins, and behind it; so many seconds
  /// after the first one, and for each page.
  std::string freshness_of_second_read(int pause, int each_page) {
    tokens::FeedOptions options;
    options.page = 1;
    tokens::RevocationFeed feed(rows_, clock_, options, [this] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
    });
    for (unsigned char number = 1; number <= 3; ++number) rows_.put(ends_session(number, number), false);
    feed.poll_once();
    const auto pass = [&](int seconds) {
      seconds_ += seconds;
      clock_.advance(std::chrono::seconds(seconds));
    };
    pass(pause);
    std::string told;
    rows_.before_page = [&] {
      told += feed.fresh() ? "fresh " : "stale ";
      pass(each_page);
    };
    feed.poll_once();
    return told + (feed.fresh() ? "fresh" : "stale");
  }

  void a_long_read_of_everything_leaves_it_fresh() {
    CPPUNIT_ASSERT_EQUAL(std::string("fresh fresh fresh fresh fresh"), freshness_of_second_read(15, 40));
  }

  void after_an_outage_it_is_fresh_when_everything_was_read() {
    CPPUNIT_ASSERT_EQUAL(std::string("stale stale stale stale fresh"), freshness_of_second_read(90, 10));
  }

  void asks_the_database_about_one() {
    feed_.poll_once();
    rows_.put(ends_session(200), true);
    rows_.put(ends_user(8, now), true);
    CPPUNIT_ASSERT(!feed_.revoked(without_sid(7, now)));
    CPPUNIT_ASSERT(feed_.ended_in_database(without_sid(7, now), store::Reading::settled));
    CPPUNIT_ASSERT(feed_.ended_in_database(without_sid(8, now), store::Reading::settled));
    CPPUNIT_ASSERT(!feed_.ended_in_database(without_sid(9, now), store::Reading::settled));
    CPPUNIT_ASSERT(!feed_.ended_in_database({8, now + 300, {.issued = now}, {session(1), true}},
                                            store::Reading::settled));
    CPPUNIT_ASSERT_EQUAL(0, rows_.polls.load());
  }

  void reads_everything_when_the_clock_was_set() {
    feed_.poll_once();
    for (const auto jump : {60s, -60s}) {
      const int before = rows_.everything;
      tick(1);
      CPPUNIT_ASSERT_EQUAL(before, rows_.everything.load());
      clock_.advance(jump);  // or the host slept, and its monotonic clock with it
      tick(1);
      CPPUNIT_ASSERT_EQUAL(before + 1, rows_.everything.load());
      tick(1);
      CPPUNIT_ASSERT_EQUAL(before + 1, rows_.everything.load());
    }
  }

  void does_not_read_at_each_poll_what_it_has_seen() {
    tokens::FeedOptions options;
    options.read_window_every = 4s;
    options.read_all_every = 1h;
    tokens::RevocationFeed feed(rows_, clock_, options, [this] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
    });
    const auto rows_of_polls = [&](int seconds) {
      std::string text;
      for (int i = 0; i < seconds; ++i) {
        seconds_ += 1;
        clock_.advance(1s);
        feed.poll_once();
        text += std::to_string(rows_.last_poll) + " ";
      }
      return text;
    };
    feed.poll_once();
    for (unsigned char number = 1; number <= 100; ++number) rows_.put(ends_session(number, number), true);
    CPPUNIT_ASSERT_EQUAL(std::string("100 100 100 100 "), rows_of_polls(4));
    rows_of_polls(8);
    const auto settled = rows_of_polls(8);
    CPPUNIT_ASSERT_MESSAGE(settled, settled.find("0 0 0 100 0 0 0") != std::string::npos);
    rows_.put(ends_session(101, 101), true);
    rows_of_polls(1);
    CPPUNIT_ASSERT(feed.revoked(of_session(101)));
    // Far behind, where another node of a cluster counts.
    rows_.put(ends_session(102, 1), true);
    rows_of_polls(4);
    CPPUNIT_ASSERT(feed.revoked(of_session(102)));
  }

  void reads_that_waited_do_not_put_off_the_next_ones_for_long() {
    tokens::FeedOptions options;
    options.read_all_every = 1h;
    tokens::RevocationFeed feed(rows_, clock_, options, [this] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
    });
    const auto pass = [&](int seconds) {
      seconds_ += seconds;
      clock_.advance(std::chrono::seconds(seconds));
    };
    const auto poll = [&](int times) {
      for (int i = 0; i < times; ++i) {
        pass(1);
        feed.poll_once();
      }
    };
    feed.poll_once();
    for (unsigned char number = 10; number <= 100; ++number) rows_.put(ends_session(number, number), true);
    poll(20);
    rows_.before_answer = [&] { pass(3); };
    poll(1);
    rows_.before_answer = [] {};
    rows_.put(ends_session(1, 1), true);  // counted by another node
    poll(5);
    CPPUNIT_ASSERT(feed.revoked(of_session(1)));
  }

  void a_slow_read_of_everything_is_repeated_after_a_minute() {
    for (unsigned char number = 1; number <= 3; ++number) rows_.put(ends_session(number, number), false);
    rows_.before_page = [&] {
      seconds_ += 10;
      clock_.advance(10s);
    };
    feed_.poll_once();
    rows_.before_page = [] {};
    rows_.put(ends_session(9, 9), false);
    tick(49);
    CPPUNIT_ASSERT(!feed_.revoked(of_session(9)));
    tick(2);
    CPPUNIT_ASSERT(feed_.revoked(of_session(9)));
  }

  void reads_everything_after_a_pause_longer_than_the_window() {
    tokens::FeedOptions options;
    options.read_all_every = 1h;
    tokens::RevocationFeed feed(rows_, clock_, options, [this] {
      return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds_));
    });
    const auto poll = [&] {
      clock_.set(now + seconds_ - 1000);
      feed.poll_once();
    };
    poll();
    seconds_ += 15;
    poll();
    CPPUNIT_ASSERT_EQUAL(1, rows_.everything.load());
    rows_.put(ends_session(1), false);  // by another host, and by now it is older than the window
    seconds_ += 16;
    poll();
    CPPUNIT_ASSERT_EQUAL(2, rows_.everything.load());
    CPPUNIT_ASSERT(feed.revoked(of_session(1)));
  }

  void forgets_what_is_over() {
    rows_.put(ends_session(1), false);
    rows_.put(ends_user(7, now), false);
    feed_.poll_once();
    rows_.clear();
    const auto both_at = [&](std::int64_t time) {
      clock_.set(time);
      seconds_ += 10;
      feed_.poll_once();
      return feed_.revoked(of_session(1)) && feed_.revoked(without_sid(7, now));
    };
    CPPUNIT_ASSERT(both_at(now + 300));
    CPPUNIT_ASSERT(!both_at(now + 301));
    CPPUNIT_ASSERT(!feed_.revoked(of_session(1)) && !feed_.revoked(without_sid(7, now)));
  }

  void of_two_the_longer_one_holds() {
    feed_.poll_once();
    feed_.apply(std::vector<store::Revocation>{ends_user(7, now), ends_user(7, now - 50)});
    CPPUNIT_ASSERT(feed_.revoked(without_sid(7, now)));
    auto sooner = ends_session(1);
    sooner.expires = now + 1;
    feed_.apply(std::vector<store::Revocation>{ends_session(1), sooner});
    clock_.set(now + 2);
    seconds_ += 10;
    feed_.poll_once();
    CPPUNIT_ASSERT(feed_.revoked(of_session(1)));
  }

  void threads_that_poll_at_once_share_a_query_and_its_failure() {
    feed_.poll_once();
    rows_.away = true;
    constexpr int threads = 8;
    std::atomic<bool> inside{false};
    std::atomic<bool> leave{false};
    rows_.before_answer = [&] {
      inside = true;
      while (!leave) std::this_thread::yield();
    };
    std::atomic<int> failed{0};
    const auto poll = [&] {
      try {
        feed_.poll_once();
      } catch (const util::Outage&) {
        ++failed;
      }
    };
    std::thread first(poll);
    while (!inside) std::this_thread::yield();
    std::vector<std::thread> rest;
    for (int i = 1; i < threads; ++i) rest.emplace_back(poll);
    std::this_thread::sleep_for(50ms);  // they came while the first one asked: one of them asks for all
    leave = true;
    first.join();
    for (auto& thread : rest) thread.join();
    CPPUNIT_ASSERT_EQUAL(threads, failed.load());
    // A thread that was not scheduled in time came later, and asked by itself.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(rows_.polls), rows_.polls >= 2 && rows_.polls < threads);
  }

  void the_thread_loads_before_it_polls_and_survives_an_outage() {
    tokens::FeedOptions options;
    options.poll_interval = 1ms;
    tokens::RevocationFeed feed(rows_, clock_, options);
    rows_.away = true;
    rows_.put(ends_session(1), false);
    feed.start();
    while (rows_.everything < 3) std::this_thread::yield();
    CPPUNIT_ASSERT(!feed.fresh());
    rows_.away = false;
    while (rows_.polls < 3) std::this_thread::yield();
    CPPUNIT_ASSERT(feed.fresh());
    CPPUNIT_ASSERT(feed.revoked(of_session(1)));
    rows_.put(ends_session(2), true);
    while (!feed.revoked(of_session(2))) std::this_thread::yield();
    feed.stop();
  }

  void many_threads_agree() {
    tokens::FeedOptions options;
    options.poll_interval = 1ms;
    tokens::RevocationFeed feed(rows_, clock_, options);
    feed.poll_once();
    feed.start();
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned char t = 0; t < 6; ++t) {
      threads.emplace_back([&, t] {
        for (unsigned char i = 0; i < 30; ++i) {
          const auto number = static_cast<unsigned char>(t * 30 + i);
          if (feed.revoked(of_session(number))) ++wrong;
          if (i % 2 == 0) {
            feed.apply(std::vector<store::Revocation>{ends_session(number), ends_user(number, now)});
          } else {
            rows_.put(ends_session(number), true);
            feed.poll_once();
          }
          if (!feed.revoked(of_session(number))) ++wrong;
          if (!feed.fresh()) ++wrong;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    feed.stop();
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RevocationFeedTest);

}  // namespace
