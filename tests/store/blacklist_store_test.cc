#include "store/blacklist_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <barrier>
#include <optional>
#include <thread>
#include <vector>

#include "store/sql_splitter.h"
#include "tests/mysql/private_server.h"
#include "tests/mysql/test_database.h"

namespace {

using store::Blacklisting;
using store::OutstandingToken;
using namespace std::string_literals;

util::TimePoint at(std::int64_t seconds) {
  return util::TimePoint(std::chrono::seconds(seconds));
}

constexpr std::int64_t now = 1'700'000'000;
constexpr const char* outstanding = "SELECT COUNT(*) FROM token_blacklist_outstandingtoken";
constexpr const char* blacklisted = "SELECT COUNT(*) FROM token_blacklist_blacklistedtoken";

OutstandingToken token(std::string_view jti, std::int64_t expires = now + 60, std::int64_t user_id = 7) {
  return {"text", jti, at(now), at(expires), user_id};
}

/// On the tables that a real Django made.
class BlacklistStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BlacklistStoreTest);
  CPPUNIT_TEST(says_whether_djangos_tables_are_there);
  CPPUNIT_TEST(tables_that_were_not_granted_may_not_be_asked);
  CPPUNIT_TEST(records_what_django_records);
  CPPUNIT_TEST(recording_twice_is_recording_once);
  CPPUNIT_TEST(a_user_who_is_gone_is_null);
  CPPUNIT_TEST(blacklists_once_and_records_the_successor);
  CPPUNIT_TEST(a_token_that_was_never_recorded_is_recorded_as_given);
  CPPUNIT_TEST(of_many_at_once_exactly_one_blacklists);
  CPPUNIT_TEST(flushes_what_ended_with_its_blacklist_and_nothing_else);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Pool> pool_;
  std::optional<store::MysqlBlacklistStore> store_;

 public:
  void setUp() override {
    database_.emplace();
    auto options = database_->options();
    options.acquire_timeout = std::chrono::seconds(10);
    pool_.emplace(std::move(options));
    store_.emplace(*pool_);
    const auto statements = store::split_statements(testing::source_file("tests/store/data/django_3_2.sql"));
    for (const auto& statement : statements.value()) {
      database_->run(statement);
    }
    database_->run(
        "INSERT INTO auth_user VALUES (7, '!', NULL, 0, 'ann', '', '', '', 0, 1, '2024-01-01 00:00:00')");
  }
  void tearDown() override {
    store_.reset();
    pool_.reset();
    database_.reset();
  }

  void says_whether_djangos_tables_are_there() {
    CPPUNIT_ASSERT(store_->tables_exist() && store_->may_be_asked());
    database_->run("DROP TABLE token_blacklist_blacklistedtoken");
    CPPUNIT_ASSERT(!store_->tables_exist() && !store_->may_be_asked());
  }

  // As docs/moving-from-django.md grants them: then the database does not tell missing from forbidden.
  void tables_that_were_not_granted_may_not_be_asked() {
    testing::PrivateServer server;  // where users may be made
    mysql::Pool admin(server.options("mysql"));
    for (const char* sql :
         {"CREATE DATABASE site", "CREATE TABLE site.auth_user (id int)",
          "CREATE TABLE site.token_blacklist_outstandingtoken (id int)",
          "CREATE TABLE site.token_blacklist_blacklistedtoken (id int)", "CREATE USER narrow@localhost",
          "GRANT SELECT ON site.auth_user TO narrow@localhost"}) {
      admin.acquire().run(sql);
    }
    auto options = server.options("site");
    mysql::Pool wide(server.options("site"));
    CPPUNIT_ASSERT(store::MysqlBlacklistStore(wide).may_be_asked());
    options.user = "narrow";
    mysql::Pool narrow(std::move(options));
    CPPUNIT_ASSERT(!store::MysqlBlacklistStore(narrow).may_be_asked());
  }

  void records_what_django_records() {
    store_->record(token("a"));
    CPPUNIT_ASSERT_EQUAL(
        "text/2023-11-14 22:13:20.000000/2023-11-14 22:14:20.000000/7/a"s,
        database_->value("SELECT CONCAT_WS('/', token, created_at, expires_at, user_id, jti) "
                         "FROM token_blacklist_outstandingtoken"));
    CPPUNIT_ASSERT(!store_->is_blacklisted("a"));
  }

  void recording_twice_is_recording_once() {
    store_->record(token("a"));
    store_->record(token("a"));
    CPPUNIT_ASSERT_EQUAL("1"s, database_->value(outstanding));
  }

  void a_user_who_is_gone_is_null() {
    store_->record(token("a", now + 60, 8));
    CPPUNIT_ASSERT_EQUAL("1"s,
                         database_->value("SELECT user_id IS NULL FROM token_blacklist_outstandingtoken"));
  }

  void blacklists_once_and_records_the_successor() {
    const auto next = token("b");
    store_->record(token("a"));
    CPPUNIT_ASSERT(store_->blacklist(token("a"), at(now), &next) == Blacklisting::done);
    CPPUNIT_ASSERT(store_->is_blacklisted("a"));
    CPPUNIT_ASSERT(!store_->is_blacklisted("b"));
    CPPUNIT_ASSERT_EQUAL("2"s, database_->value(outstanding));

    const auto other = token("c");
    CPPUNIT_ASSERT(store_->blacklist(token("a"), at(now), &other) == Blacklisting::before_us);
    CPPUNIT_ASSERT_EQUAL("2"s, database_->value(outstanding));
    CPPUNIT_ASSERT_EQUAL("1"s, database_->value(blacklisted));
  }

  void a_token_that_was_never_recorded_is_recorded_as_given() {
    const OutstandingToken unknown{"text", "u", std::nullopt, at(now + 60), 0};
    CPPUNIT_ASSERT(store_->blacklist(unknown, at(now), nullptr) == Blacklisting::done);
    CPPUNIT_ASSERT_EQUAL("u/1/1"s,
                         database_->value("SELECT CONCAT_WS('/', jti, created_at IS NULL, user_id IS NULL) "
                                          "FROM token_blacklist_outstandingtoken"));
  }

  void of_many_at_once_exactly_one_blacklists() {
    constexpr int threads = 6;
    for (const bool recorded : {true, false}) {
      const std::string jti = recorded ? "known" : "unknown";
      if (recorded) store_->record(token(jti));
      std::barrier start(threads);
      std::atomic<int> done{0};
      std::vector<std::jthread> crowd;
      for (int i = 0; i < threads; ++i) {
        crowd.emplace_back([&, successor = jti + std::to_string(i)] {
          const auto next = token(successor);
          start.arrive_and_wait();
          if (store_->blacklist(token(jti), at(now), &next) == Blacklisting::done) ++done;
        });
      }
      crowd.clear();
      CPPUNIT_ASSERT_EQUAL(1, done.load());
    }
    CPPUNIT_ASSERT_EQUAL("4"s, database_->value(outstanding));
    CPPUNIT_ASSERT_EQUAL("2"s, database_->value(blacklisted));
  }

  void flushes_what_ended_with_its_blacklist_and_nothing_else() {
    for (int i = 0; i < 10; ++i) {
      const std::string jti = std::to_string(i);
      const auto made = token(jti, i % 2 == 0 ? now : now + 1);
      store_->record(made);
      if (i < 4) store_->blacklist(made, at(now), nullptr);
    }
    const auto first = store_->flush_expired(at(now), 0, 3);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, first.tokens);
    CPPUNIT_ASSERT_EQUAL("7"s, database_->value(outstanding));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, store_->flush_expired(at(now), first.last_id, 3).tokens);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store_->flush_expired(at(now), 0, 3).tokens);
    CPPUNIT_ASSERT_EQUAL("5"s, database_->value(outstanding));
    CPPUNIT_ASSERT_EQUAL("2"s, database_->value(blacklisted));
    CPPUNIT_ASSERT(store_->is_blacklisted("1"));
    CPPUNIT_ASSERT(!store_->is_blacklisted("2"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BlacklistStoreTest);

}  // namespace
