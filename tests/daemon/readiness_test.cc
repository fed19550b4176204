#include "daemon/readiness.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <thread>

#include "store/mysql_revocation_store.h"
#include "store/mysql_user_store.h"
#include "tests/mysql/private_server.h"
#include "tests/mysql/test_database.h"

namespace {

using namespace std::chrono_literals;
using jwtauthd::Readiness;

struct Asked {
  explicit Asked(mysql::Options options) : pool(std::move(options)) {}
  mysql::Pool pool;
  store::MysqlUserStore users{pool};
  tokens::UserDirectory directory{users, {}};
  store::MysqlRevocationStore revocations{pool};
  util::SystemClock clock;
  tokens::RevocationFeed feed{revocations, clock, {}};
  Readiness readiness{pool, directory, feed, nullptr, 60s};
};

class ReadinessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadinessTest);
  CPPUNIT_TEST(schema_that_was_not_migrated_is_not_ready_and_no_refusal);
  CPPUNIT_TEST(current_schema_is_ready);
  CPPUNIT_TEST(schema_of_a_newer_version_is_refused);
  CPPUNIT_TEST(migration_of_other_text_is_refused);
  CPPUNIT_TEST(asks_once_a_second_at_most);
  CPPUNIT_TEST(users_that_were_not_polled_for_long_are_told);
  CPPUNIT_TEST(database_that_is_away_is_told_and_no_refusal);
  CPPUNIT_TEST(nobody_waits_behind_one_who_asks_a_database_that_hangs);
  CPPUNIT_TEST(a_blacklist_without_its_tables_is_told_and_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void schema_that_was_not_migrated_is_not_ready_and_no_refusal() {
    testing::TestDatabase database;
    Asked asked(database.options());
    const auto missing = asked.readiness.missing();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, missing.size());
    CPPUNIT_ASSERT(missing[0].starts_with("schema: "));
    CPPUNIT_ASSERT(missing[1].starts_with("revocations: "));
    CPPUNIT_ASSERT_EQUAL(std::string(), asked.readiness.refusal());
  }

  void current_schema_is_ready() {
    testing::TestDatabase database;
    Asked asked(database.options());
    CPPUNIT_ASSERT(store::Migrator(asked.pool).migrate().has_value());
    CPPUNIT_ASSERT(asked.readiness.missing().at(0).starts_with("revocations: "));
    asked.feed.poll_once();
    CPPUNIT_ASSERT(
        jwtauthd::Readiness(asked.pool, asked.directory, asked.feed, nullptr, 60s).missing().empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), asked.readiness.refusal());
  }

  void schema_of_a_newer_version_is_refused() {
    testing::TestDatabase database;
    Asked asked(database.options());
    CPPUNIT_ASSERT(store::Migrator(asked.pool).migrate().has_value());
    auto newer = store::embedded_migrations();
    newer.push_back({9999, "9999_from_the_future", "CREATE TABLE jwtauthd_future (id INT)"});
    CPPUNIT_ASSERT(store::Migrator(asked.pool, newer).migrate().has_value());
    CPPUNIT_ASSERT(asked.readiness.refusal().find("9999_from_the_future") != std::string::npos);
    CPPUNIT_ASSERT(!asked.readiness.missing().empty());
  }

  void migration_of_other_text_is_refused() {
    testing::TestDatabase database;
    Asked asked(database.options());
    auto altered = store::embedded_migrations();
    const std::string other = std::string(altered.front().sql) + "\n-- another text\n";
    altered.front().sql = other;
    CPPUNIT_ASSERT(store::Migrator(asked.pool, altered).migrate().has_value());
    CPPUNIT_ASSERT(!asked.readiness.refusal().empty());
  }

  void asks_once_a_second_at_most() {
    testing::TestDatabase database;
    Asked asked(database.options());
    asked.readiness.missing();
    const auto before = asked.pool.statements_sent();
    for (int i = 0; i < 100; ++i) asked.readiness.missing();
    // One more if the second happened to end among these.
    CPPUNIT_ASSERT(asked.pool.statements_sent() - before <= 3);
  }

  void a_blacklist_without_its_tables_is_told_and_refused() {
    testing::TestDatabase database;
    Asked asked(database.options());
    CPPUNIT_ASSERT(store::Migrator(asked.pool).migrate().has_value());
    asked.feed.poll_once();
    store::MysqlBlacklistStore blacklist(asked.pool);
    Readiness with_blacklist(asked.pool, asked.directory, asked.feed, &blacklist, 60s);
    const auto missing = with_blacklist.missing();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, missing.size());
    CPPUNIT_ASSERT_MESSAGE(missing[0],
                           missing[0].find("token_blacklist_outstandingtoken") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(missing[0], with_blacklist.refusal());
    CPPUNIT_ASSERT_EQUAL(std::string(), asked.readiness.refusal());
  }

  void users_that_were_not_polled_for_long_are_told() {
    testing::TestDatabase database;
    Asked asked(database.options());
    CPPUNIT_ASSERT(store::Migrator(asked.pool).migrate().has_value());
    asked.feed.poll_once();
    Readiness strict(asked.pool, asked.directory, asked.feed, nullptr, 0s);
    std::this_thread::sleep_for(2ms);
    const auto missing = strict.missing();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, missing.size());
    CPPUNIT_ASSERT(missing[0].starts_with("users: "));
  }

  void database_that_is_away_is_told_and_no_refusal() {
    testing::TestDatabase database;
    auto options = database.options();
    options.socket = "/nonexistent/socket";
    Asked asked(std::move(options));
    CPPUNIT_ASSERT_EQUAL(std::string(), asked.readiness.refusal());
    CPPUNIT_ASSERT_EQUAL(std::string("the database cannot be reached"), asked.readiness.missing().at(0));
  }

  void nobody_waits_behind_one_who_asks_a_database_that_hangs() {
    testing::PrivateServer server;
    auto options = server.options("mysql");
    options.read_timeout = 60s;
    options.acquire_timeout = 60s;  // for a connection that comes late, too
    Asked asked(std::move(options));
    asked.readiness.missing();
    std::this_thread::sleep_for(1100ms);  // until that answer is old
    server.pause();
    std::atomic<bool> answered{false};
    std::thread first([&] {
      asked.readiness.missing();
      answered = true;
    });
    std::this_thread::sleep_for(500ms);  // it has begun to ask
    const auto from_before = asked.readiness.missing();
    const bool had_to_wait = answered;
    server.resume();
    first.join();
    CPPUNIT_ASSERT(!had_to_wait);
    CPPUNIT_ASSERT(!from_before.empty());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ReadinessTest);
