// One row a login, and refresh as one conditional UPDATE.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "tests/store/session_fixture.h"

namespace {

using namespace store_test;

class SessionStoreTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(SessionStoreTest);
  CPPUNIT_TEST(session_comes_back_as_it_went);
  CPPUNIT_TEST(second_session_of_an_id_is_refused);
  CPPUNIT_TEST(rotation_changes_the_row_and_adds_none);
  CPPUNIT_TEST(rotation_without_successor_notes_the_use_only);
  CPPUNIT_TEST(how_long_ago_it_was_rotated_is_told_by_the_databases_clock);
  CPPUNIT_TEST(rotation_never_outlives_the_session);
  CPPUNIT_TEST(rotation_is_refused_to_what_is_not_current_revoked_or_over);
  CPPUNIT_TEST(of_many_refreshes_over_two_pools_one_rotates);
  CPPUNIT_TEST(several_rotate_in_one_statement_as_each_by_itself);
  CPPUNIT_TEST(of_several_those_that_are_late_are_told_apart);
  CPPUNIT_TEST(several_over_two_pools_are_each_rotated_once);
  CPPUNIT_TEST(reading_rotating_and_creating_are_one_statement_each);
  CPPUNIT_TEST(lists_newest_use_first);
  CPPUNIT_TEST(purges_in_batches_what_is_over);
  CPPUNIT_TEST(everybodys_sessions_are_listed_without_sorting_them);
  CPPUNIT_TEST_SUITE_END();

 public:
  void session_comes_back_as_it_went() {
    Session plain = session(1);
    Session full = session(2);
    full.previous = jti(9);
    full.generation = 5'000'000'000;
    full.revoked_at = at(kNow, 7);
    full.revoked_for = "reuse";
    for (const Session& one : {plain, full}) {
      add(one);
      const Session found = store_->find(one.id).value();
      CPPUNIT_ASSERT(found.id == one.id);
      CPPUNIT_ASSERT_EQUAL(one.user_id, found.user_id);
      CPPUNIT_ASSERT(found.created_at == one.created_at);
      CPPUNIT_ASSERT(found.last_used_at == one.last_used_at);
      CPPUNIT_ASSERT(found.expires_at == one.expires_at);
      CPPUNIT_ASSERT(found.idle_expires_at == one.idle_expires_at);
      CPPUNIT_ASSERT_EQUAL(one.address, found.address);
      CPPUNIT_ASSERT_EQUAL(one.user_agent, found.user_agent);
      CPPUNIT_ASSERT(found.current == one.current);
      CPPUNIT_ASSERT(found.previous == one.previous);
      CPPUNIT_ASSERT_EQUAL(one.generation, found.generation);
      CPPUNIT_ASSERT(found.revoked_at == one.revoked_at);
      CPPUNIT_ASSERT_EQUAL(one.revoked_for, found.revoked_for);
    }
    CPPUNIT_ASSERT(!store_->find(id(3)));
  }

  void second_session_of_an_id_is_refused() {
    add(1);
    Session again = session(1, 8);
    add_user(8, "bea");
    CPPUNIT_ASSERT(store_->create(again, {.password = "old$AAAA"}) == store::Created::taken);
    CPPUNIT_ASSERT(store_->create(again, {.issued = 1}) == store::Created::taken);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, store_->find(id(1))->user_id);
  }

  void rotation_changes_the_row_and_adds_none() {
    add(1);
    CPPUNIT_ASSERT(store_->rotate(rotation(1, 2)));
    CPPUNIT_ASSERT(store_->rotate(rotation(2, 3)));
    const Session found = store_->find(id(1)).value();
    CPPUNIT_ASSERT(found.current == jti(3));
    CPPUNIT_ASSERT(found.previous == jti(2));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, found.generation);
    CPPUNIT_ASSERT(found.last_used_at == at(kNow + 50));
    CPPUNIT_ASSERT(found.idle_expires_at == at(kNow + 2'000));
    CPPUNIT_ASSERT(found.expires_at == at(kNow + 10'000, 3));
    CPPUNIT_ASSERT(found.created_at == at(kNow, 1));
    CPPUNIT_ASSERT_EQUAL("2001:db8::1"s, found.address);
    CPPUNIT_ASSERT_EQUAL("curl"s, found.user_agent);
    CPPUNIT_ASSERT_EQUAL("1"s, database_->value("SELECT COUNT(*) FROM jwtauthd_session"));
  }

  void rotation_without_successor_notes_the_use_only() {
    add(1);
    CPPUNIT_ASSERT(store_->rotate(rotation(1, 1)));
    CPPUNIT_ASSERT(store_->rotate(rotation(1, 1)));
    const Session found = store_->find(id(1)).value();
    CPPUNIT_ASSERT(found.current == jti(1));
    CPPUNIT_ASSERT(!found.previous);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, found.generation);
    CPPUNIT_ASSERT(found.last_used_at == at(kNow + 50));
  }

  void how_long_ago_it_was_rotated_is_told_by_the_databases_clock() {
    add(1);
    CPPUNIT_ASSERT(store_->rotate(rotation(1, 2)));  // by a host whose clock is years behind
    const auto just_now = store_->find(id(1))->unchanged_for;
    CPPUNIT_ASSERT(just_now >= std::chrono::seconds(0) && just_now < std::chrono::seconds(60));
    database_->run("UPDATE jwtauthd_session SET changed_at = UTC_TIMESTAMP(6) - INTERVAL 90 SECOND");
    CPPUNIT_ASSERT(store_->find(id(1))->unchanged_for >= std::chrono::seconds(90));
    CPPUNIT_ASSERT(store_->rotate(rotation(2, 3)));
    CPPUNIT_ASSERT(store_->find(id(1))->unchanged_for < std::chrono::seconds(60));
  }

  void rotation_never_outlives_the_session() {
    add(1);
    auto late = rotation(1, 2);
    late.idle_expires_at = at(kNow + 20'000);
    CPPUNIT_ASSERT(store_->rotate(late));
    CPPUNIT_ASSERT(store_->find(id(1))->idle_expires_at == at(kNow + 10'000, 3));
  }

  void rotation_is_refused_to_what_is_not_current_revoked_or_over() {
    CPPUNIT_ASSERT(!store_->rotate(rotation(1, 2)));  // no row
    add(1);
    CPPUNIT_ASSERT(!store_->rotate(rotation(2, 3)));
    auto over = rotation(1, 2);
    over.now = at(kNow + 10'000, 3);  // its very end
    CPPUNIT_ASSERT(!store_->rotate(over));
    CPPUNIT_ASSERT(store_->rotate(rotation(1, 2)));
    CPPUNIT_ASSERT(!store_->rotate(rotation(1, 2)));
    store_->revoke(7, id(1), ending());
    CPPUNIT_ASSERT(!store_->rotate(rotation(2, 3)));
    CPPUNIT_ASSERT(store_->find(id(1))->current == jti(2));
  }

  /// Sessions 1 … count, each from token 1 to `next`.
  std::vector<store::Rotation> several(unsigned char count, unsigned char from, unsigned char next) {
    std::vector<store::Rotation> made;
    for (unsigned char i = count; i > 0; --i) {
      made.push_back(rotation(from, next));
      made.back().id = id(i);
    }
    return made;
  }
  void add_several(unsigned char count) {
    for (unsigned char i = 1; i <= count; ++i) {
      auto made = session(i, 7);
      made.current = jti(1);
      add(made);
    }
  }

  void several_rotate_in_one_statement_as_each_by_itself() {
    add_several(20);
    for (const unsigned char count : std::initializer_list<unsigned char>{1, 2, 3, 16}) {
      const auto rotations = several(count, 1, 2);
      const auto before = pool_->statements_sent();
      CPPUNIT_ASSERT(store_->rotate_all(rotations) == std::vector<bool>(count, true));
      CPPUNIT_ASSERT_EQUAL(before + 1, pool_->statements_sent());
      const Session together = store_->find(id(count)).value();
      CPPUNIT_ASSERT(store_->rotate_all(several(count, 2, 1)) == std::vector<bool>(count, true));

      CPPUNIT_ASSERT(store_->rotate(several(20, 1, 2).front()));
      const Session alone = store_->find(id(20)).value();
      CPPUNIT_ASSERT(store_->rotate(several(20, 2, 1).front()));
      CPPUNIT_ASSERT(together.current == alone.current);
      CPPUNIT_ASSERT(together.previous == alone.previous);
      CPPUNIT_ASSERT(together.last_used_at == alone.last_used_at);
      CPPUNIT_ASSERT(together.idle_expires_at == alone.idle_expires_at);
      CPPUNIT_ASSERT(together.expires_at == alone.expires_at);
      CPPUNIT_ASSERT_EQUAL(alone.address, together.address);
      CPPUNIT_ASSERT_EQUAL(alone.user_agent, together.user_agent);
    }
    CPPUNIT_ASSERT(store_->rotate_all(several(20, 1, 3)) == std::vector<bool>(20, true));
    CPPUNIT_ASSERT(store_->rotate_all({}).empty());
  }

  void of_several_those_that_are_late_are_told_apart() {
    add_several(6);
    store_->revoke(7, id(5), ending());
    auto rotations = several(6, 1, 2);  // 6 … 1
    rotations[0].id = id(99);           // no row
    rotations[2].presented = jti(9);    // of 4
    rotations[3].now = at(kNow + 10'000, 3);
    rotations[4].idle_expires_at = at(kNow + 20'000);
    CPPUNIT_ASSERT(
        (store_->rotate_all(rotations) == std::vector<bool>{false, false, false, false, true, true}));
    for (const unsigned char untouched : std::initializer_list<unsigned char>{3, 4, 5, 6})
      CPPUNIT_ASSERT(store_->find(id(untouched))->current == jti(1));
    CPPUNIT_ASSERT(store_->find(id(2))->idle_expires_at == at(kNow + 10'000, 3));
  }

  void several_over_two_pools_are_each_rotated_once() {
    mysql::Pool other_pool(database_->options());
    store::MysqlSessionStore other(other_pool);
    constexpr unsigned char kSessions = 8;
    constexpr int kThreads = 6;
    add_several(kSessions);
    for (unsigned char round = 1; round <= 25; ++round) {
      std::barrier start(kThreads);
      std::array<std::atomic<int>, kSessions> won{};
      std::vector<std::thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          store::SessionStore& mine = i % 2 == 0 ? static_cast<store::SessionStore&>(*store_) : other;
          auto rotations = several(kSessions, round, static_cast<unsigned char>(round + 1));
          if (i % 3 == 0) std::reverse(rotations.begin(), rotations.end());
          for (auto& rotation : rotations) rotation.now += std::chrono::microseconds(i);
          start.arrive_and_wait();
          const auto rotated = mine.rotate_all(rotations);
          for (std::size_t n = 0; n < rotations.size(); ++n) {
            if (rotated[n]) ++won.at(rotations[n].id[15] - 1U);
          }
        });
      }
      for (auto& thread : threads) thread.join();
      for (const auto& wins : won) CPPUNIT_ASSERT_EQUAL(1, wins.load());
    }
  }

  void of_many_refreshes_over_two_pools_one_rotates() {
    mysql::Pool other_pool(database_->options());
    store::MysqlSessionStore other(other_pool);
    add(1);
    constexpr int kThreads = 8;
    for (unsigned char round = 1; round <= 25; ++round) {
      std::barrier start(kThreads);
      std::atomic<int> won{0};
      std::vector<std::thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          store::SessionStore& mine = i % 2 == 0 ? static_cast<store::SessionStore&>(*store_) : other;
          start.arrive_and_wait();
          if (mine.rotate(rotation(round, static_cast<unsigned char>(round + 1)))) ++won;
        });
      }
      for (auto& thread : threads) thread.join();
      CPPUNIT_ASSERT_EQUAL(1, won.load());
      CPPUNIT_ASSERT_EQUAL(std::int64_t{round}, store_->find(id(1))->generation);
    }
  }

  void reading_rotating_and_creating_are_one_statement_each() {
    add_user(7, "ann");
    const auto before = pool_->statements_sent();
    store_->create(session(1), {.password = "old$AAAA"});
    store_->rotate(rotation(1, 2));
    store_->find(id(1));
    store_->list({}, at(kNow));
    CPPUNIT_ASSERT_EQUAL(before + 4, pool_->statements_sent());
  }

  void lists_newest_use_first() {
    for (const int number : {2, 1, 3}) add(static_cast<unsigned char>(number));
    add(4, 8);
    store_->revoke(7, id(2), ending());
    const auto ids = [&](const store::SessionFilter& filter, std::int64_t now = kNow) {
      std::string text;
      for (const auto& one : store_->list(filter, at(now))) text += std::to_string(one.id[15]) + " ";
      return text;
    };
    CPPUNIT_ASSERT_EQUAL("3 1 "s, ids({7}));
    CPPUNIT_ASSERT_EQUAL("3 2 1 "s, ids({7, false}));
    CPPUNIT_ASSERT_EQUAL("4 3 1 "s, ids({}));
    CPPUNIT_ASSERT_EQUAL("4 3 2 1 "s, ids({{}, false}));
    CPPUNIT_ASSERT_EQUAL("3 "s, ids({7, true, 1}));
    CPPUNIT_ASSERT_EQUAL(""s, ids({7}, kNow + 1'001));  // idle too long
  }

  void purges_in_batches_what_is_over() {
    for (unsigned char number = 1; number <= 5; ++number) add(static_cast<unsigned char>(number));
    Session later = session(6);
    later.idle_expires_at = at(kNow + 2'000);
    add(later);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->purge(at(kNow + 1'000, 4), 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, store_->purge(at(kNow + 1'001), 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->purge(at(kNow + 1'001), 3));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->purge(at(kNow + 1'001), 3));
    CPPUNIT_ASSERT(store_->find(id(6)));
  }

  void everybodys_sessions_are_listed_without_sorting_them() {
    for (unsigned char number = 1; number <= 9; ++number) {
      Session made = session(number, number % 3 + 1);
      made.idle_expires_at = at(kNow + 1'000 + number * 7 % 10);
      add(made);
    }
    const auto sorted = [&] {
      return std::stoll(
          database_->value("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE "
                           "VARIABLE_NAME = 'SORT_ROWS'"));
    };
    const auto before = sorted();
    for (const bool live_only : {true, false}) {
      const auto listed = store_->list({.user_id = std::nullopt, .live_only = live_only}, at(kNow));
      CPPUNIT_ASSERT_EQUAL(std::size_t{9}, listed.size());
      CPPUNIT_ASSERT(std::is_sorted(listed.begin(), listed.end(), [](const auto& a, const auto& b) {
        return a.idle_expires_at > b.idle_expires_at;
      }));
    }
    CPPUNIT_ASSERT_EQUAL(before, sorted());
    store_->list({.user_id = 1}, at(kNow));
    CPPUNIT_ASSERT(before < sorted());  // so that it would have been seen
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionStoreTest);

}  // namespace
