#include "store/revocation_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include "store/mysql_revocation_store.h"
#include "store_fixture.h"

namespace {

using namespace std::string_literals;
using store::Revocation;

constexpr std::int64_t kFar = 4'000'000'000;

class RevocationStoreTest : public store_test::StoreFixture<store::MysqlRevocationStore> {
  CPPUNIT_TEST_SUITE(RevocationStoreTest);
  CPPUNIT_TEST(revocation_comes_back_as_it_went);
  CPPUNIT_TEST(what_is_over_is_not_loaded);
  CPPUNIT_TEST(recent_is_by_the_databases_clock);
  CPPUNIT_TEST(one_that_is_committed_late_is_seen);
  CPPUNIT_TEST(purges_in_batches_what_is_over);
  CPPUNIT_TEST(polls_loads_and_purges_through_an_index);
  CPPUNIT_TEST_SUITE_END();

 public:
  void revocation_comes_back_as_it_went() {
    Revocation one{0, 7, {}, 0, kFar};
    one.session.fill(0xfe);
    one.session[0] = 0;
    store_->append(one);
    store_->append({0, 8, {}, 1'700'000'000, kFar + 1});
    for (const auto& found : {store_->all(), store_->recent(std::chrono::seconds(30), 0)}) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
      CPPUNIT_ASSERT(found[0].id > 0 && found[1].id > found[0].id);
      CPPUNIT_ASSERT(found[0].session == one.session && found[1].session == store::SessionId{});
      CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, found[0].user_id);
      CPPUNIT_ASSERT_EQUAL(kFar, found[0].expires);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1'700'000'000}, found[1].not_before);
    }
  }

  void what_is_over_is_not_loaded() {
    store_->append({0, 7, {}, 0, 1'700'000'000});
    CPPUNIT_ASSERT(store_->all().empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->recent(std::chrono::seconds(30), 0).size());
  }

  void recent_is_by_the_databases_clock() {
    store_->append({0, 7, {}, 0, kFar});
    store_->append({0, 8, {}, 0, kFar});
    database_->run(
        "UPDATE jwtauthd_revocation SET created_at = created_at - INTERVAL 60 SECOND WHERE user_id = 7");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->recent(std::chrono::seconds(30), 0).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->recent(std::chrono::seconds(90), 0).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->all().size());
  }

  void one_that_is_committed_late_is_seen() {
    mysql::Transaction late(*pool_);
    late.prepare(
            "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) VALUES "
            "(UTC_TIMESTAMP(6), 7, '', 0, 4000000000)")
        .execute();
    store_->append({0, 8, {}, 0, kFar});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->recent(std::chrono::seconds(30), 0).size());
    late.commit();
    const auto found = store_->recent(std::chrono::seconds(30), 0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
  }

  void purges_in_batches_what_is_over() {
    for (int i = 0; i < 5; ++i) store_->append({0, i, {}, 0, 1'700'000'000});
    store_->append({0, 9, {}, 0, 1'700'000'001});
    const util::TimePoint now{std::chrono::seconds(1'700'000'001)};
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, store_->purge(now, 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->purge(now, 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->purge(now, 3));
    CPPUNIT_ASSERT_EQUAL("9"s, database_->value("SELECT user_id FROM jwtauthd_revocation"));
  }

  void polls_loads_and_purges_through_an_index() {
    database_->run(
        "INSERT INTO jwtauthd_revocation SELECT seq, UTC_TIMESTAMP(6) - INTERVAL seq MINUTE, seq, '', 0, "
        "UNIX_TIMESTAMP() - 890 + seq FROM (WITH RECURSIVE s AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 "
        "FROM s "
        "WHERE seq < 900) SELECT seq FROM s) AS numbers");
    database_->column("ANALYZE TABLE jwtauthd_revocation");
    CPPUNIT_ASSERT_EQUAL("created_at"s, plan("SELECT * FROM jwtauthd_revocation WHERE created_at >= "
                                             "UTC_TIMESTAMP(6) - INTERVAL 30 SECOND"));
    CPPUNIT_ASSERT_EQUAL("expires"s,
                         plan("SELECT * FROM jwtauthd_revocation WHERE expires >= UNIX_TIMESTAMP()"));
    CPPUNIT_ASSERT_EQUAL("expires"s,
                         plan("DELETE FROM jwtauthd_revocation WHERE expires < UNIX_TIMESTAMP() - 800 "
                              "ORDER BY expires LIMIT 100"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RevocationStoreTest);

}  // namespace
