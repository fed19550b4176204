#include <cppunit/extensions/HelperMacros.h>

#include <barrier>
#include <optional>
#include <thread>

#include "mysql/pool.h"
#include "tests/mysql/test_database.h"
#include "util/error.h"

namespace {

class TransactionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TransactionTest);
  CPPUNIT_TEST(is_seen_by_others_after_commit_only);
  CPPUNIT_TEST(is_rolled_back_when_it_goes_without_commit);
  CPPUNIT_TEST(is_rolled_back_by_an_exception);
  CPPUNIT_TEST(connection_is_clean_after_a_rollback);
  CPPUNIT_TEST(lost_commit_is_an_outage);
  CPPUNIT_TEST(statement_lost_in_the_middle_is_an_outage_and_not_repeated);
  CPPUNIT_TEST(begin_on_a_dead_pooled_connection_gets_a_new_one);
  CPPUNIT_TEST(deadlock_is_run_again_until_both_are_through);
  CPPUNIT_TEST(conflict_is_given_up_in_time);
  CPPUNIT_TEST(duplicate_key_passes_through_and_rolls_back);
  CPPUNIT_TEST(lone_statement_waits_out_a_lock);
  CPPUNIT_TEST_SUITE_END();

  // Not before setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Pool> pool_;

 public:
  void setUp() override {
    database_.emplace();
    pool_.emplace(database_->options());
    database_->run("CREATE TABLE t (id int NOT NULL PRIMARY KEY, value int NOT NULL)");
    database_->run("INSERT INTO t VALUES (1, 0), (2, 0)");
  }
  void tearDown() override {
    pool_.reset();
    database_.reset();
  }

  void is_seen_by_others_after_commit_only() {
    mysql::Transaction transaction(*pool_);
    transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(1));
    transaction.commit();
    CPPUNIT_ASSERT_EQUAL(std::string("5"), value(1));
  }

  void is_rolled_back_when_it_goes_without_commit() {
    {
      mysql::Transaction transaction(*pool_);
      transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
    }
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(1));
  }

  void is_rolled_back_by_an_exception() {
    CPPUNIT_ASSERT_THROW(
        mysql::transact(*pool_,
                        [](mysql::Transaction& transaction) {
                          transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
                          throw std::logic_error("x");
                        }),
        std::logic_error);
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(1));
  }

  void connection_is_clean_after_a_rollback() {
    is_rolled_back_when_it_goes_without_commit();
    auto lease = pool_->acquire();  // the same connection
    lease.prepare("UPDATE t SET value = 6 WHERE id = 2").execute();
    CPPUNIT_ASSERT_EQUAL(std::string("6"), value(2));
  }

  void lost_commit_is_an_outage() {
    mysql::Transaction transaction(*pool_);
    transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
    kill(transaction);
    CPPUNIT_ASSERT_THROW(transaction.commit(), util::Outage);
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(1));
  }

  void statement_lost_in_the_middle_is_an_outage_and_not_repeated() {
    {
      mysql::Transaction transaction(*pool_);
      transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
      kill(transaction);
      CPPUNIT_ASSERT_THROW(transaction.prepare("UPDATE t SET value = 5 WHERE id = 2").execute(),
                           util::Outage);
      CPPUNIT_ASSERT_THROW(transaction.prepare("SELECT value FROM t").query(), util::Outage);
      CPPUNIT_ASSERT_THROW(transaction.commit(), util::Outage);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(1));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(2));
  }

  void begin_on_a_dead_pooled_connection_gets_a_new_one() {
    { kill(pool_->acquire()); }
    mysql::Transaction transaction(*pool_);
    transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
    transaction.commit();
    CPPUNIT_ASSERT_EQUAL(std::string("5"), value(1));
  }

  void deadlock_is_run_again_until_both_are_through() {
    std::barrier both(2);
    std::atomic<int> runs{0};
    const auto work = [&](int first, int second) {
      bool waited = false;
      mysql::transact(*pool_, [&](mysql::Transaction& transaction) {
        ++runs;
        auto add = transaction.prepare("UPDATE t SET value = value + 1 WHERE id = ?");
        add.bind(first).execute();
        if (!std::exchange(waited, true)) both.arrive_and_wait();
        add.bind(second).execute();
        transaction.commit();
      });
    };
    std::thread other([&] { work(2, 1); });
    work(1, 2);
    other.join();
    CPPUNIT_ASSERT_EQUAL(3, runs.load());
    CPPUNIT_ASSERT_EQUAL(std::string("2"), value(1));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), value(2));
  }

  void conflict_is_given_up_in_time() {
    mysql::Options options = database_->options();
    options.read_timeout = std::chrono::seconds(2);  // makes the lock wait one second
    mysql::Pool pool(std::move(options));
    mysql::Transaction holder(*pool_);
    holder.prepare("UPDATE t SET value = 1 WHERE id = 1").execute();
    int runs = 0;
    CPPUNIT_ASSERT_THROW(
        mysql::transact(pool,
                        [&](mysql::Transaction& transaction) {
                          ++runs;
                          transaction.prepare("SELECT value FROM t WHERE id = 1 FOR UPDATE").query();
                          transaction.commit();
                        }),
        util::Outage);
    CPPUNIT_ASSERT(runs >= 2 && runs <= 3);  // each waits a second, and none begins after two
  }

  void duplicate_key_passes_through_and_rolls_back() {
    CPPUNIT_ASSERT_THROW(
        mysql::transact(*pool_,
                        [](mysql::Transaction& transaction) {
                          transaction.prepare("UPDATE t SET value = 5 WHERE id = 1").execute();
                          transaction.prepare("INSERT INTO t VALUES (2, 9)").execute();
                          transaction.commit();
                        }),
        mysql::DuplicateKey);
    CPPUNIT_ASSERT_EQUAL(std::string("0"), value(1));
  }

  void lone_statement_waits_out_a_lock() {
    mysql::Options options = database_->options();
    options.read_timeout = std::chrono::seconds(2);
    mysql::Pool pool(std::move(options));
    auto holder = std::make_unique<mysql::Transaction>(*pool_);
    holder->prepare("UPDATE t SET value = 1 WHERE id = 1").execute();
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // longer than one lock wait
      holder.reset();
    });
    auto lease = pool.acquire();
    const auto matched = lease.prepare("UPDATE t SET value = 7 WHERE id = 1").execute();
    later.join();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, matched);
    CPPUNIT_ASSERT_EQUAL(std::string("7"), value(1));
  }

 private:
  std::string value(int id) {
    return database_->value("SELECT value FROM t WHERE id = " + std::to_string(id));
  }

  /// Ends the connection at the server; it is over when the process list no longer has it.
  template <typename Scope>
  void kill(Scope&& scope) {
    auto rows = scope.prepare("SELECT CONNECTION_ID()").query();
    CPPUNIT_ASSERT(rows.next());
    const std::string id = rows.text(1);
    database_->run("KILL " + id);
    while (database_->value("SELECT COUNT(*) FROM information_schema.processlist WHERE id = " + id) != "0") {
      std::this_thread::yield();
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TransactionTest);

}  // namespace
