#include "mysql/statement.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <optional>

#include "mysql/pool.h"
#include "tests/mysql/test_database.h"
#include "util/error.h"

namespace {

constexpr std::string_view kBeyondBmp = "\xF0\x9F\x98\x80 \xF0\x9D\x92\xB3";

class StatementTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StatementTest);
  CPPUNIT_TEST(every_type_comes_back_as_it_went);
  CPPUNIT_TEST(null_is_told_from_empty);
  CPPUNIT_TEST(long_text_and_nul_bytes_survive);
  CPPUNIT_TEST(unsigned_beyond_int64_is_refused_not_wrapped);
  CPPUNIT_TEST(zero_date_reads_as_none);
  CPPUNIT_TEST(affected_rows_are_those_matched);
  CPPUNIT_TEST(statement_runs_again_with_what_was_bound);
  CPPUNIT_TEST(binding_after_a_run_starts_over);
  CPPUNIT_TEST(same_sql_may_be_read_inside_its_own_rows);
  CPPUNIT_TEST(rows_left_unread_do_not_hinder_the_next_statement);
  CPPUNIT_TEST(duplicate_key_is_named_and_the_connection_kept);
  CPPUNIT_TEST(missing_table_can_be_told_from_other_outages);
  CPPUNIT_TEST(error_text_holds_no_bound_value);
  CPPUNIT_TEST(too_long_text_is_refused_not_cut);
  CPPUNIT_TEST(a_table_altered_under_a_prepared_statement_does_not_matter);
  CPPUNIT_TEST(session_is_utc_strict_and_read_committed);
  CPPUNIT_TEST(statements_are_counted);
  CPPUNIT_TEST(more_texts_than_are_kept_prepared);
  CPPUNIT_TEST_SUITE_END();

  // Not before setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Pool> pool_;

 public:
  void setUp() override {
    database_.emplace();
    pool_.emplace(database_->options());
    database_->run(
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(150), body longtext, raw "
        "longblob,"
        " big bigint, huge bigint unsigned, flag tinyint(1), at datetime(6), UNIQUE KEY by_name (name))");
  }
  void tearDown() override {
    pool_.reset();
    database_.reset();
  }

  void every_type_comes_back_as_it_went() {
    const auto at = mysql_time(1'709'251'199'999'999);
    auto lease = pool_->acquire();
    auto insert = lease.prepare("INSERT INTO t (name, big, flag, at) VALUES (?, ?, ?, ?)");
    insert.bind(kBeyondBmp).bind(std::numeric_limits<std::int64_t>::min()).bind(true).bind(at).execute();
    const auto id = insert.last_insert_id();
    auto rows = lease.prepare("SELECT name, big, flag, at FROM t WHERE id = ?").bind(id).query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::string(kBeyondBmp), rows.text(1));
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::min(), rows.integer(2));
    CPPUNIT_ASSERT(rows.boolean(3));
    CPPUNIT_ASSERT(rows.time(4) == at);
    CPPUNIT_ASSERT(!rows.next());
    CPPUNIT_ASSERT_EQUAL(std::string("2024-02-29 23:59:59.999999"),
                         database_->value("SELECT CAST(at AS char) FROM t"));
    CPPUNIT_ASSERT_EQUAL(std::string("F09F988020F09D92B3"), database_->value("SELECT HEX(name) FROM t"));
  }

  void null_is_told_from_empty() {
    auto lease = pool_->acquire();
    lease.prepare("INSERT INTO t (name, big, at) VALUES (?, ?, ?)")
        .bind_null()
        .bind_null()
        .bind(std::optional<util::TimePoint>())
        .execute();
    lease.prepare("INSERT INTO t (name, big, at) VALUES (?, ?, ?)")
        .bind("")
        .bind(0)
        .bind(mysql_time(0))
        .execute();
    auto rows = lease.prepare("SELECT name, big, at FROM t ORDER BY id").query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT(rows.is_null(1) && rows.is_null(2) && !rows.optional_time(3));
    CPPUNIT_ASSERT_EQUAL(std::string(), rows.text(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, rows.integer(2));
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT(!rows.is_null(1) && !rows.is_null(2) && rows.optional_time(3) == mysql_time(0));
  }

  void long_text_and_nul_bytes_survive() {
    std::string raw;
    for (int i = 0; i < 1'000'000; ++i) raw += static_cast<char>(i * 7);
    const std::string body = std::string("a\0b'\\\"%_", 8) + std::string(300'000, 'x');
    auto lease = pool_->acquire();
    lease.prepare("INSERT INTO t (body, raw) VALUES (?, ?)").bind(body).bind(raw).execute();
    auto rows = lease.prepare("SELECT body, raw FROM t").query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT(rows.text(1) == body);
    CPPUNIT_ASSERT(rows.text(2) == raw);
  }

  void unsigned_beyond_int64_is_refused_not_wrapped() {
    database_->run("INSERT INTO t (huge) VALUES (9223372036854775807), (18446744073709551615)");
    auto lease = pool_->acquire();
    auto rows = lease.prepare("SELECT huge FROM t ORDER BY id").query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::numeric_limits<std::int64_t>::max(), rows.integer(1));
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_THROW(rows.integer(1), util::Outage);
  }

  void zero_date_reads_as_none() {
    database_->run("INSERT INTO t (at) VALUES ('0000-00-00 00:00:00')");
    auto lease = pool_->acquire();
    auto rows = lease.prepare("SELECT at FROM t").query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT(!rows.optional_time(1));
    CPPUNIT_ASSERT(rows.time(1) == mysql_time(0));
  }

  void affected_rows_are_those_matched() {
    database_->run("INSERT INTO t (big) VALUES (1), (1), (2)");
    auto lease = pool_->acquire();
    auto update = lease.prepare("UPDATE t SET flag = 1 WHERE big = ?");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, update.bind(1).execute());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, update.bind(1).execute());  // nothing changed, both matched
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, update.bind(3).execute());
  }

  void statement_runs_again_with_what_was_bound() {
    auto lease = pool_->acquire();
    auto insert = lease.prepare("INSERT INTO t (big) VALUES (?)");
    insert.bind(7).execute();
    insert.execute();
    CPPUNIT_ASSERT_EQUAL(std::string("2"), database_->value("SELECT COUNT(*) FROM t WHERE big = 7"));
  }

  void binding_after_a_run_starts_over() {
    auto lease = pool_->acquire();
    auto select = lease.prepare("SELECT ?, ?");
    CPPUNIT_ASSERT(select.bind("a").bind("b").query().next());
    auto rows = select.bind("c").bind_null().query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::string("c"), rows.text(1));
    CPPUNIT_ASSERT(rows.is_null(2));
  }

  void same_sql_may_be_read_inside_its_own_rows() {
    database_->run("INSERT INTO t (big) VALUES (1), (2), (3)");
    auto lease = pool_->acquire();
    std::string seen;
    auto outer = lease.prepare("SELECT big FROM t WHERE big > ? ORDER BY big").bind(0).query();
    while (outer.next()) {
      auto inner =
          lease.prepare("SELECT big FROM t WHERE big > ? ORDER BY big").bind(outer.integer(1)).query();
      seen += '(' + outer.text(1);
      while (inner.next()) seen += inner.text(1);
      seen += ')';
    }
    CPPUNIT_ASSERT_EQUAL(std::string("(123)(23)(3)"), seen);
  }

  void rows_left_unread_do_not_hinder_the_next_statement() {
    database_->run("INSERT INTO t (big) VALUES (1), (2), (3)");
    auto lease = pool_->acquire();
    auto rows = lease.prepare("SELECT big FROM t").query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, lease.prepare("UPDATE t SET flag = 1").execute());
    lease.run("UPDATE t SET flag = 0");
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, rows.integer(1));
  }

  void duplicate_key_is_named_and_the_connection_kept() {
    auto lease = pool_->acquire();
    const auto connection = connection_id(lease);
    auto insert = lease.prepare("INSERT INTO t (name) VALUES (?)");
    insert.bind("O'Brien").execute();
    try {
      insert.bind("o'brien").execute();
      CPPUNIT_FAIL("the duplicate went in");
    } catch (const mysql::DuplicateKey& duplicate) {
      CPPUNIT_ASSERT_EQUAL(std::string("by_name"), duplicate.key);
    }
    CPPUNIT_ASSERT_EQUAL(connection, connection_id(lease));
  }

  void missing_table_can_be_told_from_other_outages() {
    auto lease = pool_->acquire();
    CPPUNIT_ASSERT_THROW(lease.prepare("SELECT 1 FROM not_there").query(), mysql::NoSuchTable);
    CPPUNIT_ASSERT_THROW(lease.prepare("SELECT not_there FROM t").query(), util::Outage);
  }

  void error_text_holds_no_bound_value() {
    auto lease = pool_->acquire();
    try {
      lease.prepare("INSERT INTO t (at) VALUES (?)").bind("s3cret").execute();
      CPPUNIT_FAIL("went in");
    } catch (const util::Outage& outage) {
      const std::string text = outage.what();
      CPPUNIT_ASSERT(text.find("s3cret") == std::string::npos);
      CPPUNIT_ASSERT(text.find("INSERT INTO t (at)") != std::string::npos);
    }
  }

  void too_long_text_is_refused_not_cut() {
    auto lease = pool_->acquire();
    auto insert = lease.prepare("INSERT INTO t (name) VALUES (?)");
    std::string fits;
    for (int i = 0; i < 150; ++i) fits += "\xF0\x9F\x98\x80";
    insert.bind(fits).execute();
    CPPUNIT_ASSERT_EQUAL(std::string("150"), database_->value("SELECT CHAR_LENGTH(name) FROM t"));
    CPPUNIT_ASSERT_THROW(insert.bind(fits + "x").execute(), util::Outage);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), database_->value("SELECT COUNT(*) FROM t"));
  }

  void a_table_altered_under_a_prepared_statement_does_not_matter() {
    database_->run("INSERT INTO t (name, big) VALUES ('a', 1)");
    auto lease = pool_->acquire();
    auto select = lease.prepare("SELECT name, big FROM t WHERE big = ?");
    CPPUNIT_ASSERT(select.bind(1).query().next());
    database_->run("ALTER TABLE t MODIFY name varchar(300), MODIFY big int, ADD COLUMN more int FIRST");
    auto rows = select.bind(1).query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), rows.text(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows.integer(2));
  }

  void session_is_utc_strict_and_read_committed() {
    auto lease = pool_->acquire();
    const auto variable = [&](const char* name) {
      auto rows = lease.prepare("SHOW SESSION VARIABLES WHERE Variable_name = ?").bind(name).query();
      return rows.next() ? rows.text(2) : std::string("not there");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("+00:00"), variable("time_zone"));
    CPPUNIT_ASSERT_EQUAL(std::string("utf8mb4"), variable("character_set_client"));
    CPPUNIT_ASSERT_EQUAL(std::string("utf8mb4"), variable("character_set_connection"));
    CPPUNIT_ASSERT_EQUAL(std::string("utf8mb4"), variable("character_set_results"));
    CPPUNIT_ASSERT_EQUAL(std::string("ON"), variable("autocommit"));
    CPPUNIT_ASSERT_EQUAL(std::string("5"), variable("innodb_lock_wait_timeout"));
    CPPUNIT_ASSERT(variable("sql_mode").find("STRICT_TRANS_TABLES") != std::string::npos);
    const bool mysql8 = variable("tx_isolation") == "not there";
    CPPUNIT_ASSERT_EQUAL(std::string("READ-COMMITTED"),
                         variable(mysql8 ? "transaction_isolation" : "tx_isolation"));
  }

  void statements_are_counted() {
    auto lease = pool_->acquire();
    const auto before = pool_->statements_sent();
    lease.prepare("SELECT 1").query();
    lease.prepare("INSERT INTO t (big) VALUES (1)").execute();
    lease.run("DO 1");
    CPPUNIT_ASSERT_EQUAL(before + 3, pool_->statements_sent());
    mysql::Transaction transaction(*pool_);
    transaction.commit();
    CPPUNIT_ASSERT_EQUAL(before + 5, pool_->statements_sent());
  }

  void more_texts_than_are_kept_prepared() {
    auto lease = pool_->acquire();
    for (int i = 0; i < 500; ++i) {
      const std::string sql = "SELECT " + std::to_string(i);
      auto rows = lease.prepare(sql.c_str()).query();
      CPPUNIT_ASSERT(rows.next());
      CPPUNIT_ASSERT_EQUAL(std::int64_t{i}, rows.integer(1));
    }
    auto rows = lease.prepare("SHOW SESSION STATUS LIKE 'Prepared_stmt_count'").query();
    if (rows.next()) CPPUNIT_ASSERT(rows.integer(2) <= 250);
  }

 private:
  static util::TimePoint mysql_time(std::int64_t micros) {
    return util::TimePoint(std::chrono::microseconds(micros));
  }

  static std::int64_t connection_id(mysql::Lease& lease) {
    auto rows = lease.prepare("SELECT CONNECTION_ID()").query();
    CPPUNIT_ASSERT(rows.next());
    return rows.integer(1);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StatementTest);

}  // namespace
