#include "store/survey.h"

#include "util/ascii.h"

namespace store {
namespace {

using util::ascii::lower;

#define VARIABLES                                                                              \
  "'version', 'version_comment', 'innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', " \
  "'max_connections', 'read_only', 'wait_timeout', 'wsrep_on', 'innodb_read_only'"

// Sixty bits, because an integer is read as a signed one.
#define KEY_OF(column) "CAST(CONV(LEFT(SHA1(WEIGHT_STRING(" column ")), 15), 16, 10) AS SIGNED)"

NamedUser named(const mysql::Rows& row) {
  return {row.integer(1), row.text(2), row.text(3)};
}

}  // namespace

std::string lost_in_a_crash(const Variables& variables) {
  const auto flush = variables.find("innodb_flush_log_at_trx_commit");
  // MariaDB's 3 flushes at each commit as 1 does.
  if (flush == variables.end() || flush->second == "1" || flush->second == "3") return {};
  return "innodb_flush_log_at_trx_commit is " + flush->second +
         ": a crash loses accounts and password changes that users were told are done.";
}

Variables Survey::variables() {
  auto lease = pool_.acquire();
  auto rows = lease.prepare("SHOW VARIABLES WHERE Variable_name IN (" VARIABLES ")").query();
  Variables found;
  while (rows.next()) found[lower(rows.text(1))] = rows.text(2);
  return found;
}

std::string Survey::tls_cipher() {
  auto lease = pool_.acquire();
  auto rows = lease.prepare("SHOW SESSION STATUS WHERE Variable_name = 'Ssl_cipher'").query();
  return rows.next() ? rows.text(2) : std::string();
}

util::TimePoint Survey::now() {
  auto lease = pool_.acquire();
  auto rows = lease.prepare("SELECT UTC_TIMESTAMP(6)").query();
  if (!rows.next()) throw util::Outage("the database does not tell the time");
  return rows.time(1);
}

std::map<std::string, TableFacts, std::less<>> Survey::tables() {
  auto lease = pool_.acquire();
  auto rows = lease
                  .prepare(
                      "SELECT table_name, engine, table_collation, table_rows, "
                      "CAST(data_length + index_length AS SIGNED) FROM information_schema.tables "
                      "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'")
                  .query();
  std::map<std::string, TableFacts, std::less<>> found;
  while (rows.next()) {
    found[rows.text(1)] = TableFacts{rows.text(2), rows.text(3), rows.integer(4), rows.integer(5)};
  }
  return found;
}

std::vector<ColumnFacts> Survey::columns(std::string_view table) {
  auto lease = pool_.acquire();
  auto rows = lease
                  .prepare(
                      "SELECT column_name, data_type, collation_name, "
                      "CAST(LEAST(character_maximum_length, 4294967295) AS SIGNED), "
                      "is_nullable = 'NO' AND column_default IS NULL AND extra NOT LIKE '%auto_increment%' "
                      "AND extra NOT LIKE '%GENERATED%' FROM information_schema.columns "
                      "WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position")
                  .bind(table)
                  .query();
  std::vector<ColumnFacts> found;
  while (rows.next()) {
    ColumnFacts column{rows.text(1), lower(rows.text(2)), rows.text(3), std::nullopt, rows.boolean(5)};
    if (!rows.is_null(4)) column.length = rows.integer(4);
    found.push_back(std::move(column));
  }
  return found;
}

bool Survey::has_index(std::string_view table, std::string_view column, bool unique) {
  auto lease = pool_.acquire();
  return lease
      .prepare(
          "SELECT i.index_name FROM information_schema.statistics i "
          "WHERE i.table_schema = DATABASE() AND i.table_name = ? AND i.column_name = ? "
          "AND i.seq_in_index = 1 AND i.sub_part IS NULL AND (? = 0 OR (i.non_unique = 0 AND NOT EXISTS "
          "(SELECT 1 FROM information_schema.statistics o WHERE o.table_schema = i.table_schema "
          "AND o.table_name = i.table_name AND o.index_name = i.index_name AND o.seq_in_index > 1))) LIMIT 1")
      .bind(table)
      .bind(column)
      .bind(unique)
      .query()
      .next();
}

std::int64_t Survey::sessions_over_for_a_week() {
  auto lease = pool_.acquire();
  auto rows = lease
                  .prepare(
                      "SELECT COUNT(*) FROM jwtauthd_session WHERE idle_expires_at < "
                      "UTC_TIMESTAMP(6) - INTERVAL 7 DAY")
                  .query();
  return rows.next() ? rows.integer(1) : 0;
}

void Survey::each_user(const std::function<void(const SurveyedUser&)>& visit, unsigned page) {
  std::int64_t after = INT64_MIN;
  for (bool more = true; more;) {
    auto lease = pool_.acquire();
    auto rows = lease
                    .prepare("SELECT id, username, password, email, " KEY_OF(
                        "email") " FROM auth_user WHERE id > ? ORDER BY id LIMIT ?")
                    .bind(after)
                    .bind(static_cast<std::int64_t>(page))
                    .query();
    unsigned got = 0;
    for (; rows.next(); ++got) {
      const SurveyedUser user{rows.integer(1), rows.text(2), rows.text(3), rows.text(4), rows.integer(5)};
      after = user.id;
      visit(user);
    }
    more = got == page;
  }
}

std::vector<NamedUser> Survey::users_named(std::span<const std::int64_t> ids) {
  std::vector<NamedUser> found;
  auto lease = pool_.acquire();
  auto statement = lease.prepare("SELECT id, username, email FROM auth_user WHERE id = ?");
  for (const std::int64_t id : ids) {
    auto rows = statement.bind(id).query();
    if (rows.next()) found.push_back(named(rows));
  }
  return found;
}

std::optional<NamedUser> Survey::user_called(std::string_view username) {
  auto lease = pool_.acquire();
  auto rows = lease.prepare("SELECT id, username, email FROM auth_user WHERE username = ? LIMIT 1")
                  .bind(username)
                  .query();
  if (!rows.next()) return std::nullopt;
  return named(rows);
}

std::vector<std::string> Survey::repeated_usernames(unsigned most) {
  auto lease = pool_.acquire();
  auto rows =
      lease.prepare("SELECT MIN(username) FROM auth_user GROUP BY username HAVING COUNT(*) > 1 LIMIT ?")
          .bind(static_cast<std::int64_t>(most))
          .query();
  std::vector<std::string> names;
  while (rows.next()) names.push_back(rows.text(1));
  return names;
}

}  // namespace store
