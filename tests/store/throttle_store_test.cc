// Failures that all workers count together, by the name that was typed and by address.
#include "store/throttle_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "store/mysql_throttle_store.h"
#include "store_fixture.h"

namespace {

using namespace std::string_literals;
using store::ThrottleSubject;

util::TimePoint at(std::int64_t seconds) {
  return util::TimePoint(std::chrono::seconds(1'700'000'000 + seconds));
}
ThrottleSubject account(std::string name) {
  return {ThrottleSubject::Kind::account, std::move(name)};
}
ThrottleSubject address(std::string text) {
  return {ThrottleSubject::Kind::address, std::move(text)};
}

class ThrottleStoreTest : public store_test::StoreFixture<store::MysqlThrottleStore> {
  CPPUNIT_TEST_SUITE(ThrottleStoreTest);
  CPPUNIT_TEST(counts_account_and_address_apart);
  CPPUNIT_TEST(reads_both_in_one_statement);
  CPPUNIT_TEST(names_that_are_one_account_count_together);
  CPPUNIT_TEST(any_text_may_have_been_typed);
  CPPUNIT_TEST(a_table_that_is_not_there_yet_settles_no_collation);
  CPPUNIT_TEST(another_collation_is_noticed);
  CPPUNIT_TEST(columns_of_other_character_sets_do);
  CPPUNIT_TEST(keeps_no_name_that_was_typed);
  CPPUNIT_TEST(claim_takes_its_turn_once);
  CPPUNIT_TEST(of_many_that_begin_anew_one_does);
  CPPUNIT_TEST(of_many_claims_over_two_pools_one_wins);
  CPPUNIT_TEST(many_failures_at_once_are_all_counted);
  CPPUNIT_TEST(address_counts_anew_after_an_hour_and_an_account_does_not);
  CPPUNIT_TEST(block_is_never_moved_to_an_earlier_time);
  CPPUNIT_TEST(clear_forgets);
  CPPUNIT_TEST(owners_are_counted_apart);
  CPPUNIT_TEST(lists_latest_first_with_names_of_accounts_that_exist);
  CPPUNIT_TEST(purge_spares_what_is_blocked);
  CPPUNIT_TEST_SUITE_END();

  std::int64_t failures(const std::string& name) {
    return store_->read(account(name), address("none")).account.failures;
  }

 public:
  void counts_account_and_address_apart() {
    auto both = store_->read(account("x"), address("x"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, both.account.failures + both.address.failures);
    CPPUNIT_ASSERT(!both.account.last_failed_at && !both.account.blocked_until);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, store_->count(account("x"), 0, at(1)).failures);
    const auto second = store_->count(account("x"), 0, at(2));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, second.failures);
    CPPUNIT_ASSERT(second.last_failed_at == at(2));
    store_->count(address("x"), 0, at(3));
    both = store_->read(account("x"), address("x"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, both.account.failures);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, both.address.failures);
    CPPUNIT_ASSERT(both.account.last_failed_at == at(2) && both.address.last_failed_at == at(3));
    both = store_->read(account("y"), address("y"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, both.account.failures + both.address.failures);
  }

  void reads_both_in_one_statement() {
    store_->read(account("x"), address("x"));  // which asks for the collation, too
    const auto before = pool_->statements_sent();
    store_->read(account("x"), address("x"));
    CPPUNIT_ASSERT_EQUAL(before + 1, pool_->statements_sent());
  }

  void names_that_are_one_account_count_together() {
    for (const char* collation : {"utf8mb4_general_ci", "utf8mb4_unicode_ci"}) {
      database_->run("ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb4 COLLATE "s + collation);
      store_.emplace(*pool_);  // as a start does
      database_->run("DELETE FROM auth_user");
      database_->run("DELETE FROM jwtauthd_throttle");
      add_user(7, "Ren\xC3\xA9");
      // Unknown ones by the collation, too: nothing tells that they are.
      for (const std::string base : {"Ren\xC3\xA9", "ghos"}) {
        store_->count(account(base), 0, at(1));
        CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures(base));
      }
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("RENE"));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("rene  "));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("GHOS"));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("gh\xC3\xB3s"));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("ren"));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("ghost"));
    }
    // Characters without weight: this collation finds the account by such a name, so it counts as his.
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("re\xE2\x80\x8D"
                                                   "ne \xE2\x80\x8D"));
    database_->run("ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    store_.emplace(*pool_);  // as a start does
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("RENE"));
  }

  void any_text_may_have_been_typed() {
    for (const std::string& name :
         {""s, "'; DROP TABLE x; --"s, std::string(60'000, 'x'), "\xF0\x9F\x98\x80"s, "\\"s, "%"s}) {
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, store_->count(account(name), 0, at(1)).failures);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures(name));
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                         store_->count(address("\xff\xfe" + std::string(900, 'a')), 0, at(1)).failures);
  }

  void a_table_that_is_not_there_yet_settles_no_collation() {
    database_->run("RENAME TABLE auth_user TO elsewhere");
    CPPUNIT_ASSERT_THROW(failures("x"), util::Outage);
    database_->run("RENAME TABLE elsewhere TO auth_user");
    database_->run("ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    store_->count(account("rene"), 0, at(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("RENE"));
  }

  void another_collation_is_noticed() {
    store::MysqlThrottleStore kept(*pool_);
    store::MysqlThrottleStore watchful(*pool_, std::chrono::seconds(0));
    const auto same = [&](store::MysqlThrottleStore& store) {
      return store.read(account("RENE"), address("none")).account.failures;
    };
    watchful.count(account("rene"), 0, at(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, same(kept));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, same(watchful));
    database_->run("ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, same(kept));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, same(watchful));
  }

  void columns_of_other_character_sets_do() {
    database_->run("ALTER TABLE auth_user CONVERT TO CHARACTER SET latin1");
    store_.emplace(*pool_);  // as a start does
    add_user(7, "Ren\xC3\xA9");
    store_->count(account("ren\xC3\xA9"), 7, at(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("Ren\xC3\xA9"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("Rex\xC3\xA9"));
  }

  void keeps_no_name_that_was_typed() {
    store_->count(account("hunter2hunter2"), 0, at(1));
    for (const auto& column :
         database_->column("SELECT CONCAT(HEX(subject), kind, address) FROM jwtauthd_throttle")) {
      CPPUNIT_ASSERT(column.find("hunter2") == std::string::npos);
      CPPUNIT_ASSERT(column.find("68756E74657232") == std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(""s, store_->list(10).at(0).username);
  }

  void claim_takes_its_turn_once() {
    store_->count(account("x"), 0, at(1));
    CPPUNIT_ASSERT(store_->claim(account("x"), 1, at(3), at(7)));
    CPPUNIT_ASSERT(!store_->claim(account("x"), 1, at(3), at(9)));
    CPPUNIT_ASSERT(!store_->claim(account("x"), 5, at(3), at(9)));
    CPPUNIT_ASSERT(!store_->claim(account("y"), 5, at(3), at(9)));
    const auto state = store_->read(account("x"), address("x")).account;
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, state.failures);
    CPPUNIT_ASSERT(state.last_failed_at == at(3) && state.blocked_until == at(7));
    CPPUNIT_ASSERT(store_->claim(account("x"), 2, at(8), std::nullopt));
    CPPUNIT_ASSERT(!store_->read(account("x"), address("x")).account.blocked_until);
  }

  void of_many_that_begin_anew_one_does() {
    CPPUNIT_ASSERT(!store_->begin_anew(account("x"), 2, at(9), std::nullopt));  // no row
    store_->count(account("x"), 0, at(1));
    store_->count(account("x"), 0, at(1));
    store_->block(account("x"), at(9));
    CPPUNIT_ASSERT(!store_->begin_anew(account("x"), 2, at(8), std::nullopt));
    CPPUNIT_ASSERT(!store_->begin_anew(account("x"), 3, at(9), std::nullopt));
    CPPUNIT_ASSERT(store_->begin_anew(account("x"), 2, at(9), std::nullopt));
    CPPUNIT_ASSERT(!store_->begin_anew(account("x"), 2, at(9), std::nullopt));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("x"));
    // One failure is the lock and its beginning: who comes second finds it blocked.
    CPPUNIT_ASSERT(store_->begin_anew(account("x"), 1, at(10), at(20)));
    CPPUNIT_ASSERT(!store_->begin_anew(account("x"), 1, at(10), at(20)));
  }

  void of_many_claims_over_two_pools_one_wins() {
    mysql::Pool other_pool(database_->options());
    store::MysqlThrottleStore other(other_pool);
    constexpr int kThreads = 8;
    store_->count(account("x"), 0, at(0));
    for (std::int64_t seen = 1; seen <= 20; ++seen) {
      std::barrier start(kThreads);
      std::atomic<int> won{0};
      std::vector<std::thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          store::ThrottleStore& mine = i % 2 == 0 ? static_cast<store::ThrottleStore&>(*store_) : other;
          start.arrive_and_wait();
          if (mine.claim(account("x"), seen, at(seen), at(seen + 1))) ++won;
        });
      }
      for (auto& thread : threads) thread.join();
      CPPUNIT_ASSERT_EQUAL(1, won.load());
      CPPUNIT_ASSERT_EQUAL(seen + 1, failures("x"));
    }
  }

  void many_failures_at_once_are_all_counted() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10; ++n) store_->count(account("x"), 0, at(1));
      });
    }
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{60}, failures("x"));
  }

  void address_counts_anew_after_an_hour_and_an_account_does_not() {
    for (const auto& subject : {address("192.0.2.1"), account("x")}) {
      store_->count(subject, 0, at(0));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, store_->count(subject, 0, at(3600)).failures);
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, store_->count(address("192.0.2.1"), 0, at(7201)).failures);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, store_->count(account("x"), 0, at(7201)).failures);
  }

  void block_is_never_moved_to_an_earlier_time() {
    store_->count(account("x"), 0, at(1));
    for (const auto& [until, expected] : {std::pair(5, 5), {3, 5}, {9, 9}}) {
      store_->block(account("x"), at(until));
      CPPUNIT_ASSERT(store_->read(account("x"), address("x")).account.blocked_until == at(expected));
    }
    store_->block(account("nobody"), at(1));
  }

  void clear_forgets() {
    store_->count(account("x"), 0, at(1));
    CPPUNIT_ASSERT(store_->clear(account("X")));
    CPPUNIT_ASSERT(!store_->clear(account("x")));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("x"));
  }

  void owners_are_counted_apart() {
    add_user(7, "ann");
    const auto owner = [](std::string text) {
      return ThrottleSubject{ThrottleSubject::Kind::owner, std::move(text)};
    };
    store_->count(owner("7/2001:db8::/64"), 7, at(1));
    store_->count(owner("7/2001:db8::/64"), 7, at(2));
    store_->count(owner("8/2001:db8::/64"), 8, at(1));
    store_->count(address("192.0.2.1"), 0, at(0));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, failures("7/2001:db8::/64"));
    const auto both = store_->read(owner("7/2001:db8::/64"), address("192.0.2.1"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, both.account.failures);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, both.address.failures);
    CPPUNIT_ASSERT(store_->claim(owner("7/2001:db8::/64"), 2, at(3), at(5)));
    const auto row = store_->list(10).at(0);
    CPPUNIT_ASSERT(row.kind == ThrottleSubject::Kind::owner);
    CPPUNIT_ASSERT_EQUAL("ann 2001:db8::/64"s, row.username + " " + row.address);
    CPPUNIT_ASSERT(store_->clear_owner(7));
    CPPUNIT_ASSERT(!store_->clear_owner(7));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->list(10).size());
  }

  void lists_latest_first_with_names_of_accounts_that_exist() {
    add_user(7, "ann");
    store_->count(account("ann"), 7, at(2));
    store_->count(account("ghost"), 0, at(1));
    store_->count(address("2001:db8::/64"), 0, at(3));
    store_->block(account("ann"), at(9));
    const auto rows = store_->list(10);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, rows.size());
    CPPUNIT_ASSERT_EQUAL("2001:db8::/64"s, rows[0].address);
    CPPUNIT_ASSERT(rows[0].kind == ThrottleSubject::Kind::address);
    CPPUNIT_ASSERT_EQUAL("ann"s, rows[1].username);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, rows[1].user_id);
    CPPUNIT_ASSERT(rows[1].blocked_until == at(9) && rows[1].last_failed_at == at(2));
    CPPUNIT_ASSERT_EQUAL(""s, rows[2].username + rows[2].address);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows[2].failures);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->list(1).size());
  }

  void purge_spares_what_is_blocked() {
    for (const char* name : {"a", "b", "c", "d"}) store_->count(account(name), 0, at(1));
    store_->count(account("new"), 0, at(10));
    store_->block(account("d"), at(10));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->purge(at(5), 2));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, store_->purge(at(5), 2));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->purge(at(5), 2));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, failures("d"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->purge(at(11), 2));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ThrottleStoreTest);

}  // namespace
