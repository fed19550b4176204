// The feed over a real table, whose ids become visible in another order than that of their numbers: on the
// nodes of a cluster, each of which counts by itself, and on one server, whose transactions end as they like.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>

#include "store/mysql_revocation_store.h"
#include "tests/store/store_fixture.h"
#include "tokens/revocation_feed.h"
#include "util/clock.h"

namespace {

using namespace std::chrono_literals;
using tokens::Vouched;

constexpr std::int64_t kFar = 4'000'000'000;

/// Goes with the feed's monotonic clock: else it would read everything, as where a clock was set.
class Clock final : public util::Clock {
 public:
  std::atomic<std::int64_t> millis{1'700'000'000'000};
  util::TimePoint now() const override { return util::TimePoint(std::chrono::milliseconds(millis)); }
};

/// How many rows each call gave.
class Counting final : public store::RevocationStore {
 public:
  explicit Counting(store::RevocationStore& real) : real_(real) {}
  std::size_t rows = 0;  // of the last poll
  int everything = 0;    // reads of all pages

  std::vector<store::Revocation> page(std::int64_t after_id, unsigned limit) override {
    if (after_id == 0) ++everything;
    return real_.page(after_id, limit);
  }
  std::vector<store::Revocation> recent(std::chrono::seconds window, std::int64_t after_id) override {
    auto found = real_.recent(window, after_id);
    rows = found.size();
    return found;
  }
  bool has_ended(std::int64_t user_id, const store::SessionId& session, std::int64_t issued,
                 store::Reading reading) override {
    return real_.has_ended(user_id, session, issued, reading);
  }
  std::uint64_t purge(util::TimePoint now, unsigned batch) override { return real_.purge(now, batch); }

 private:
  store::RevocationStore& real_;
};

class RevocationOrderTest : public store_test::StoreFixture<store::MysqlRevocationStore> {
  CPPUNIT_TEST_SUITE(RevocationOrderTest);
  CPPUNIT_TEST(a_far_lower_id_that_is_committed_late_is_found_by_the_polls);
  CPPUNIT_TEST(polls_read_what_is_new_and_not_the_table);
  CPPUNIT_TEST_SUITE_END();

  Clock clock_;

  static constexpr const char* kInsert =
      "INSERT INTO jwtauthd_revocation (id, created_at, user_id, session, not_before, expires) VALUES "
      "(?, UTC_TIMESTAMP(6), ?, UNHEX('00000000000000000000000000000000'), 1700000000, 4000000000)";

  tokens::FeedOptions options() {
    tokens::FeedOptions made;
    made.read_all_every = 1h;  // the polls are to find it
    return made;
  }
  tokens::MonotonicNow monotonic() {
    return [this] { return std::chrono::steady_clock::time_point(std::chrono::milliseconds(clock_.millis)); };
  }
  static bool ended(tokens::RevocationFeed& feed, std::int64_t user_id) {
    return feed.revoked({user_id, kFar, {.issued = 1'600'000'000}, {{1}, false}});
  }

 public:
  void a_far_lower_id_that_is_committed_late_is_found_by_the_polls() {
    tokens::RevocationFeed feed(*store_, clock_, options(), monotonic());
    feed.poll_once();
    pool_->acquire().prepare(kInsert).bind(std::int64_t{9'000'000'001}).bind(9).execute();
    mysql::Transaction late(*pool_);
    late.prepare(kInsert).bind(7).bind(7).execute();
    // As many polls as make an id one that is not read again; the clock of the database stands nearly still.
    for (int i = 0; i < 14 && !ended(feed, 7); ++i) {
      clock_.millis += 1'000;
      feed.poll_once();
    }
    CPPUNIT_ASSERT(ended(feed, 9) && !ended(feed, 7));
    late.commit();
    for (int i = 0; i < 2; ++i) {
      clock_.millis += 250;  // twice cache.poll_interval
      feed.poll_once();
    }
    CPPUNIT_ASSERT(ended(feed, 7));
    pool_->acquire().prepare(kInsert).bind(3).bind(3).execute();
    for (int i = 0; i < 2; ++i) {
      clock_.millis += 250;
      feed.poll_once();
    }
    CPPUNIT_ASSERT(ended(feed, 3));
  }

  void polls_read_what_is_new_and_not_the_table() {
    database_->run(
        "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) SELECT "
        "UTC_TIMESTAMP(6) - INTERVAL 10 MINUTE, seq, UNHEX('00000000000000000000000000000000'), 1700000000, "
        "4000000000 FROM seq_1_to_3000");
    Counting counting(*store_);
    tokens::RevocationFeed feed(counting, clock_, options(), monotonic());
    feed.poll_once();
    CPPUNIT_ASSERT(ended(feed, 3000));
    pool_->acquire().prepare(kInsert).bind(5'000'000).bind(9'999).execute();
    std::size_t most = 0;
    for (int i = 0; i < 60; ++i) {
      clock_.millis += 250;
      feed.poll_once();
      most = std::max(most, counting.rows);
    }
    CPPUNIT_ASSERT(ended(feed, 9'999));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, most);
    CPPUNIT_ASSERT_EQUAL(1, counting.everything);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RevocationOrderTest);

}  // namespace
