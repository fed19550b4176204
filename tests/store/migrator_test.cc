#include "store/migrator.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "store/sql_splitter.h"
#include "tests/mysql/test_database.h"

namespace {

using store::Migration;
using store::Migrator;
using Names = std::vector<std::string>;

std::vector<Migration> two(std::string_view second = "CREATE TABLE IF NOT EXISTS b (id int);") {
  return {{1, "0001_a", "CREATE TABLE IF NOT EXISTS a (id int);"}, {2, "0002_b", second}};
}

class MigratorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MigratorTest);
  CPPUNIT_TEST(every_file_is_embedded_as_it_is);
  CPPUNIT_TEST(empty_database_becomes_current);
  CPPUNIT_TEST(second_run_does_nothing);
  CPPUNIT_TEST(migrations_make_the_schema_that_is_written_down);
  CPPUNIT_TEST(auth_user_is_djangos_but_for_one_index);
  CPPUNIT_TEST(database_of_a_real_django_is_left_as_it_is);
  CPPUNIT_TEST(migrations_can_be_repeated);
  CPPUNIT_TEST(a_table_with_rows_is_changed_as_it_is);
  CPPUNIT_TEST(applies_what_is_missing_in_order);
  CPPUNIT_TEST(two_hosts_at_once_do_each_thing_once);
  CPPUNIT_TEST(gives_up_when_the_lock_is_held_on);
  CPPUNIT_TEST(another_database_on_the_server_does_not_wait);
  CPPUNIT_TEST(interrupted_migration_is_not_current_and_runs_again);
  CPPUNIT_TEST(changed_text_of_an_applied_migration_is_refused);
  CPPUNIT_TEST(newer_schema_is_refused);
  CPPUNIT_TEST(unreadable_migration_is_refused_before_it_starts);
  CPPUNIT_TEST(lock_is_free_after_a_failure);
  CPPUNIT_TEST(status_is_one_statement);
  CPPUNIT_TEST_SUITE_END();

  // Not before setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TestDatabase> database_;
  std::optional<mysql::Pool> pool_;

  /// SHOW CREATE TABLE of every table, without the counters that data moves.
  static std::string structure(testing::TestDatabase& database) {
    std::string text;
    mysql::Pool pool(database.options());
    auto lease = pool.acquire();
    for (const auto& table : database.column("SHOW TABLES")) {
      auto rows = lease.prepare(("SHOW CREATE TABLE `" + table + "`").c_str()).query();
      CPPUNIT_ASSERT(rows.next());
      text += rows.text(2) + "\n";
    }
    return text;
  }

  static std::string line_without(std::string text, std::string_view part) {
    const auto at = text.find(part);
    CPPUNIT_ASSERT(at != std::string::npos);
    const auto begin = text.rfind('\n', at);
    return text.erase(begin, text.find('\n', at) - begin);
  }

  static void run_file(testing::TestDatabase& database, const std::string& path) {
    const auto statements = store::split_statements(testing::source_file(path));
    CPPUNIT_ASSERT(statements);
    for (const auto& statement : *statements) database.run(statement);
  }

 public:
  void setUp() override {
    database_.emplace();
    pool_.emplace(database_->options());
  }
  void tearDown() override {
    pool_.reset();
    database_.reset();
  }

  void every_file_is_embedded_as_it_is() {
    std::set<std::string> files;
    const char* source = std::getenv("JWTAUTHD_SRCDIR");
    const std::filesystem::path directory = std::filesystem::path(source ? source : ".") / "sql/migrations";
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (entry.path().extension() == ".sql") files.insert(entry.path().stem());
    }
    std::set<std::string> embedded;
    unsigned last = 0;
    for (const auto& migration : store::embedded_migrations()) {
      embedded.emplace(migration.name);
      CPPUNIT_ASSERT(migration.number > last);
      last = migration.number;
      CPPUNIT_ASSERT_EQUAL(testing::source_file("sql/migrations/" + std::string(migration.name) + ".sql"),
                           std::string(migration.sql));
    }
    CPPUNIT_ASSERT(files == embedded);
  }

  void empty_database_becomes_current() {
    Migrator migrator(*pool_);
    CPPUNIT_ASSERT(!migrator.status().current());
    CPPUNIT_ASSERT(migrator.status().describe().find("0001_initial is not applied") != std::string::npos);
    const auto applied = migrator.migrate();
    CPPUNIT_ASSERT(applied);
    CPPUNIT_ASSERT_EQUAL(store::embedded_migrations().size(), applied->size());
    CPPUNIT_ASSERT(migrator.status().current());
    CPPUNIT_ASSERT_EQUAL(std::string("schema is current"), migrator.status().describe());
  }

  void second_run_does_nothing() {
    CPPUNIT_ASSERT(Migrator(*pool_).migrate());
    const std::string before = database_->value("SELECT MAX(finished_at) FROM jwtauthd_migrations");
    CPPUNIT_ASSERT(Migrator(*pool_).migrate().value().empty());
    CPPUNIT_ASSERT_EQUAL(before, database_->value("SELECT MAX(finished_at) FROM jwtauthd_migrations"));
  }

  void migrations_make_the_schema_that_is_written_down() {
    CPPUNIT_ASSERT(Migrator(*pool_).migrate());
    testing::TestDatabase written;
    run_file(written, "sql/schema.sql");
    CPPUNIT_ASSERT_EQUAL(structure(written), structure(*database_));
  }

  void auth_user_is_djangos_but_for_one_index() {
    CPPUNIT_ASSERT(Migrator(*pool_).migrate());
    testing::TestDatabase django;
    run_file(django, "tests/store/data/django_3_2.sql");
    const auto table = [](testing::TestDatabase& database) {
      mysql::Pool pool(database.options());
      auto lease = pool.acquire();
      auto rows = lease.prepare("SHOW CREATE TABLE auth_user").query();
      CPPUNIT_ASSERT(rows.next());
      return rows.text(2);
    };
    const std::string ours = table(*database_);
    std::string without = line_without(ours, "KEY `jwtauthd_email`");
    const std::string last = "UNIQUE KEY `username` (`username`),";  // the comma goes with the line after it
    const auto at = without.find(last);
    CPPUNIT_ASSERT(at != std::string::npos);
    without.erase(at + last.size() - 1, 1);
    CPPUNIT_ASSERT_EQUAL(table(django), without);
  }

  void database_of_a_real_django_is_left_as_it_is() {
    run_file(*database_, "tests/store/data/django_3_2.sql");
    database_->run(
        "INSERT INTO auth_user VALUES (7, '!', NULL, 1, 'admin', '', '', 'a@example.com', 1, 1, NOW(6))");
    const std::string before = structure(*database_);
    CPPUNIT_ASSERT(Migrator(*pool_).migrate());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), database_->value("SELECT COUNT(*) FROM auth_user"));
    for (const auto& table : database_->column("SHOW TABLES")) {
      if (table.starts_with("jwtauthd_")) database_->run("DROP TABLE " + table);
    }
    CPPUNIT_ASSERT_EQUAL(before, structure(*database_));
  }

  void migrations_can_be_repeated() {
    CPPUNIT_ASSERT(Migrator(*pool_).migrate());
    const std::string before = structure(*database_);
    database_->run("UPDATE jwtauthd_migrations SET finished_at = NULL");
    CPPUNIT_ASSERT_EQUAL(store::embedded_migrations().size(), Migrator(*pool_).migrate().value().size());
    CPPUNIT_ASSERT_EQUAL(before, structure(*database_));
  }

  void a_table_with_rows_is_changed_as_it_is() {
    auto before = store::embedded_migrations();
    std::erase_if(before, [](const Migration& migration) { return migration.number >= 5; });
    CPPUNIT_ASSERT(Migrator(*pool_, before).migrate());
    database_->run(
        "INSERT INTO jwtauthd_audit SELECT seq, NOW(6), 'login', seq, '', '', '', '' FROM (WITH RECURSIVE s "
        "AS "
        "(SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 900) SELECT seq FROM s) AS numbers");
    CPPUNIT_ASSERT(Migrator(*pool_).migrate().value().front() == "0005_audit_by_kind");
    CPPUNIT_ASSERT_EQUAL(std::string("900"), database_->value("SELECT COUNT(*) FROM jwtauthd_audit"));
  }

  void applies_what_is_missing_in_order() {
    CPPUNIT_ASSERT(Migrator(*pool_, {two().front()}).migrate());
    Migrator migrator(*pool_, two());
    CPPUNIT_ASSERT(!migrator.status().current());
    CPPUNIT_ASSERT(migrator.migrate().value() == Names{"0002_b"});
    CPPUNIT_ASSERT(database_->column("SHOW TABLES") == (Names{"a", "b", "jwtauthd_migrations"}));
  }

  void two_hosts_at_once_do_each_thing_once() {
    // No IF NOT EXISTS: whoever ran it a second time would fail.
    const std::vector<Migration> once = {{1, "0001_a", "DO SLEEP(0.2); CREATE TABLE a (id int);"}};
    std::size_t first = 9;
    std::size_t second = 9;
    std::thread other([&] { second = Migrator(*pool_, once).migrate().value().size(); });
    first = Migrator(*pool_, once).migrate().value().size();
    other.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, first + second);
  }

  void gives_up_when_the_lock_is_held_on() {
    auto holder = pool_->acquire();
    CPPUNIT_ASSERT(
        holder.prepare("SELECT GET_LOCK(CONCAT('jwtauthd.', SHA1(DATABASE())), 0)").query().next());
    const auto refused = Migrator(*pool_, two()).migrate(std::chrono::seconds(1));
    CPPUNIT_ASSERT(!refused);
    CPPUNIT_ASSERT(refused.error().message.find("another jwtauthd") != std::string::npos);
    CPPUNIT_ASSERT(database_->column("SHOW TABLES").empty());
    holder.prepare("SELECT RELEASE_LOCK(CONCAT('jwtauthd.', SHA1(DATABASE())))").query();
    CPPUNIT_ASSERT(Migrator(*pool_, two()).migrate(std::chrono::seconds(1)));
  }

  void another_database_on_the_server_does_not_wait() {
    auto holder = pool_->acquire();
    CPPUNIT_ASSERT(
        holder.prepare("SELECT GET_LOCK(CONCAT('jwtauthd.', SHA1(DATABASE())), 0)").query().next());
    testing::TestDatabase other;
    mysql::Pool pool(other.options());
    CPPUNIT_ASSERT(Migrator(pool, two()).migrate(std::chrono::seconds(1)));
    holder.prepare("SELECT RELEASE_LOCK(CONCAT('jwtauthd.', SHA1(DATABASE())))").query();
  }

  void interrupted_migration_is_not_current_and_runs_again() {
    const auto broken = two("CREATE TABLE IF NOT EXISTS b (id int); CREATE TABLE c (id nonsense);");
    CPPUNIT_ASSERT_THROW(Migrator(*pool_, broken).migrate(), util::Outage);
    CPPUNIT_ASSERT(database_->column("SHOW TABLES") == (Names{"a", "b", "jwtauthd_migrations"}));
    const auto status = Migrator(*pool_, broken).status();
    CPPUNIT_ASSERT(status.known[0].applied && !status.known[1].applied && !status.current());
    // A release with the mistake put right goes on from there.
    const auto mended = two("CREATE TABLE IF NOT EXISTS b (id int); CREATE TABLE c (id int);");
    CPPUNIT_ASSERT(Migrator(*pool_, mended).migrate().value() == Names{"0002_b"});
    CPPUNIT_ASSERT(Migrator(*pool_, mended).status().current());
  }

  void changed_text_of_an_applied_migration_is_refused() {
    CPPUNIT_ASSERT(Migrator(*pool_, two()).migrate());
    auto changed = two("CREATE TABLE IF NOT EXISTS b (id bigint);");
    changed.push_back({3, "0003_c", "CREATE TABLE c (id int)"});
    const auto status = Migrator(*pool_, changed).status();
    CPPUNIT_ASSERT(status.known[1].checksum_differs && !status.known[0].checksum_differs);
    CPPUNIT_ASSERT(!status.current());
    const auto refused = Migrator(*pool_, changed).migrate();
    CPPUNIT_ASSERT(!refused);
    CPPUNIT_ASSERT(refused.error().message.find("0002_b") != std::string::npos);
    CPPUNIT_ASSERT(database_->column("SHOW TABLES LIKE 'c'").empty());
  }

  void newer_schema_is_refused() {
    CPPUNIT_ASSERT(Migrator(*pool_, two()).migrate());
    Migrator older(*pool_, {two().front()});
    const auto status = older.status();
    CPPUNIT_ASSERT(status.unknown == Names{"0002_b"});
    CPPUNIT_ASSERT(!status.current());
    CPPUNIT_ASSERT(!older.migrate());
    CPPUNIT_ASSERT(status.describe().find("0002_b is of a newer version") != std::string::npos);
  }

  void unreadable_migration_is_refused_before_it_starts() {
    CPPUNIT_ASSERT(!Migrator(*pool_, two("CREATE TABLE b (id int); SELECT 'x")).migrate());
    CPPUNIT_ASSERT(database_->column("SHOW TABLES LIKE 'b'").empty());
  }

  void lock_is_free_after_a_failure() {
    CPPUNIT_ASSERT_THROW(Migrator(*pool_, two("nonsense")).migrate(), util::Outage);
    CPPUNIT_ASSERT(Migrator(*pool_, two()).migrate(std::chrono::seconds(1)));
  }

  void status_is_one_statement() {
    CPPUNIT_ASSERT(Migrator(*pool_, two()).migrate());
    const auto before = pool_->statements_sent();
    Migrator(*pool_, two()).status();
    CPPUNIT_ASSERT_EQUAL(before + 1, pool_->statements_sent());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MigratorTest);

}  // namespace
