#include "store/revocation_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <future>
#include <optional>
#include <thread>

#include "store/mysql_revocation_store.h"
#include "store_fixture.h"
#include "util/encoding.h"

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
  CPPUNIT_TEST(everything_comes_in_pages);
  CPPUNIT_TEST(tells_whether_a_token_has_ended);
  CPPUNIT_TEST(an_end_that_is_under_way_is_waited_for);
  CPPUNIT_TEST(purges_in_batches_what_is_over);
  CPPUNIT_TEST_SUITE_END();

  void append(const Revocation& one) {
    pool_->acquire()
        .prepare(
            "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) "
            "VALUES (UTC_TIMESTAMP(6), ?, UNHEX(?), ?, ?)")
        .bind(one.user_id)
        .bind(util::to_hex(one.session))
        .bind(one.not_before)
        .bind(one.expires)
        .execute();
  }

  bool has_ended(std::int64_t user_id, const store::SessionId& session, std::int64_t issued) {
    return store_->has_ended(user_id, session, issued, store::Reading::settled);
  }

 public:
  void revocation_comes_back_as_it_went() {
    Revocation one{0, 7, {}, 0, kFar};
    one.session.fill(0xfe);
    one.session[0] = 0;
    append(one);
    append({0, 8, {}, 1'700'000'000, kFar + 1});
    for (const auto& found : {store_->page(0, 100), store_->recent(std::chrono::seconds(30), 0)}) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
      CPPUNIT_ASSERT(found[0].id > 0 && found[1].id > found[0].id);
      CPPUNIT_ASSERT(found[0].session == one.session && found[1].session == store::SessionId{});
      CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, found[0].user_id);
      CPPUNIT_ASSERT_EQUAL(kFar, found[0].expires);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1'700'000'000}, found[1].not_before);
    }
  }

  void what_is_over_is_not_loaded() {
    append({0, 7, {}, 0, 1'700'000'000});
    CPPUNIT_ASSERT(store_->page(0, 100).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->recent(std::chrono::seconds(30), 0).size());
  }

  void recent_is_by_the_databases_clock() {
    append({0, 7, {}, 0, kFar});
    append({0, 8, {}, 0, kFar});
    database_->run(
        "UPDATE jwtauthd_revocation SET created_at = created_at - INTERVAL 60 SECOND WHERE user_id = 7");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->recent(std::chrono::seconds(30), 0).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->recent(std::chrono::seconds(90), 0).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->page(0, 100).size());
  }

  void one_that_is_committed_late_is_seen() {
    mysql::Transaction late(*pool_);
    late.prepare(
            "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) VALUES "
            "(UTC_TIMESTAMP(6), 7, '', 0, 4000000000)")
        .execute();
    append({0, 8, {}, 0, kFar});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->recent(std::chrono::seconds(30), 0).size());
    late.commit();
    const auto found = store_->recent(std::chrono::seconds(30), 0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
  }

  void everything_comes_in_pages() {
    for (int i = 1; i <= 5; ++i) append({0, i, {}, 0, i == 2 ? 1'700'000'000 : kFar});
    std::string text;
    std::int64_t last = 0;
    for (auto page = store_->page(0, 2); !page.empty(); page = store_->page(last, 2)) {
      for (const auto& row : page) text += std::to_string(row.user_id) + " ";
      last = page.back().id;
    }
    CPPUNIT_ASSERT_EQUAL("1 3 4 5 "s, text);
  }

  void tells_whether_a_token_has_ended() {
    Revocation one{0, 7, {9}, 0, kFar};
    append(one);
    append({0, 8, {}, 1'700'000'000, kFar});
    CPPUNIT_ASSERT(has_ended(7, one.session, 1));
    CPPUNIT_ASSERT(!has_ended(7, {8}, 1));
    CPPUNIT_ASSERT(!has_ended(8, one.session, 1'700'000'001));
    CPPUNIT_ASSERT(has_ended(8, one.session, 1'700'000'000));
    CPPUNIT_ASSERT(!has_ended(9, one.session, 0));
  }

  void an_end_that_is_under_way_is_waited_for() {
    database_->run(
        "INSERT INTO auth_user VALUES (7, 'old', NULL, 0, 'ann', '', '', '', 0, 1, '2024-01-01 00:00:00')");
    mysql::Transaction ending(*pool_);
    ending.prepare("SELECT id FROM auth_user WHERE id = 7 FOR UPDATE").query();
    auto asked = std::async(std::launch::async, [&] { return has_ended(7, {9}, 1'700'000'000); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    CPPUNIT_ASSERT(
        !store_->has_ended(7, {9}, 1'700'000'000, store::Reading::as_committed));  // which waits for none
    ending
        .prepare(
            "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) VALUES "
            "(UTC_TIMESTAMP(6), 7, '', 1700000000, 4000000000)")
        .execute();
    ending.commit();
    CPPUNIT_ASSERT(asked.get());
  }

  void purges_in_batches_what_is_over() {
    for (int i = 0; i < 5; ++i) append({0, i, {}, 0, 1'700'000'000});
    append({0, 9, {}, 0, 1'700'000'001});
    const util::TimePoint now{std::chrono::seconds(1'700'000'001)};
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, store_->purge(now, 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->purge(now, 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->purge(now, 3));
    CPPUNIT_ASSERT_EQUAL("9"s, database_->value("SELECT user_id FROM jwtauthd_revocation"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RevocationStoreTest);

}  // namespace
