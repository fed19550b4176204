#include "store/migrator.h"

#include <algorithm>
#include <map>

#include "crypto/digest.h"
#include "store/sql_splitter.h"
#include "util/encoding.h"
#include "util/log.h"

namespace store {
namespace {

/// Here and not in a file, because the first file is recorded in it. sql/schema.sql shows it, too.
constexpr const char* kBookkeeping =
    "CREATE TABLE IF NOT EXISTS jwtauthd_migrations ("
    "number int unsigned NOT NULL, "
    "name varchar(190) NOT NULL, "
    "checksum char(64) CHARACTER SET ascii NOT NULL, "
    "started_at datetime(6) NOT NULL, "
    "finished_at datetime(6) DEFAULT NULL, "
    "PRIMARY KEY (number)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

// GET_LOCK's names are the server's, not the database's, and at most 64 characters long.
#define LOCK_NAME "CONCAT('jwtauthd.', SHA1(DATABASE()))"

std::string checksum(const Migration& migration) {
  return util::to_hex(crypto::sha256(migration.sql));
}

/// Held by the lease's connection, and by the server's doing no longer than that lives.
class MigrationLock {
 public:
  explicit MigrationLock(mysql::Lease& lease) : lease_(lease) {}
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

  bool take(std::chrono::seconds wait) {
    // In steps of a second: one long wait would run into the connection's read timeout.
    for (auto left = wait;; left -= std::chrono::seconds(1)) {
      auto rows = lease_.prepare("SELECT GET_LOCK(" LOCK_NAME ", 1)").query();
      held_ = rows.next() && rows.integer(1) == 1;
      if (held_ || left <= std::chrono::seconds(1)) return held_;
    }
  }

  ~MigrationLock() {
    if (!held_) return;
    try {
      lease_.prepare("SELECT RELEASE_LOCK(" LOCK_NAME ")").query();
    } catch (const std::exception& error) {
      // The connection is dropped for that, and the lock with it.
      util::log::warning(error.what());
    }
  }

 private:
  mysql::Lease& lease_;
  bool held_ = false;
};

}  // namespace

bool SchemaStatus::current() const {
  return unknown.empty() && std::all_of(known.begin(), known.end(), [](const MigrationState& state) {
           return state.applied && !state.checksum_differs;
         });
}

std::string SchemaStatus::describe() const {
  if (current()) return "schema is current";
  std::string text = "schema:";
  const auto add = [&](const std::string& name, std::string_view what) {
    if (text.back() != ':') text += ';';
    text.append(" ").append(name).append(" ").append(what);
  };
  for (const auto& state : known) {
    if (!state.applied) add(state.name, "is not applied");
    if (state.checksum_differs) add(state.name, "was applied from another text than this version's");
  }
  for (const auto& name : unknown) add(name, "is of a newer version");
  return text;
}

SchemaStatus Migrator::status() {
  auto lease = pool_.acquire();
  return status(lease);
}

SchemaStatus Migrator::status(mysql::Lease& lease) {
  struct Row {
    std::string checksum;
    bool finished;
  };
  std::map<std::string, Row> recorded;
  try {
    auto rows =
        lease.prepare("SELECT name, checksum, finished_at IS NOT NULL FROM jwtauthd_migrations").query();
    while (rows.next()) recorded[rows.text(1)] = Row{rows.text(2), rows.boolean(3)};
  } catch (const mysql::NoSuchTable&) {
    // A database that has never been migrated.
  }

  SchemaStatus status;
  for (const auto& migration : migrations_) {
    MigrationState state{std::string(migration.name)};
    if (const auto row = recorded.find(state.name); row != recorded.end()) {
      state.applied = row->second.finished;
      state.checksum_differs = state.applied && row->second.checksum != checksum(migration);
      recorded.erase(row);
    }
    status.known.push_back(std::move(state));
  }
  for (const auto& row : recorded) status.unknown.push_back(row.first);
  return status;
}

std::optional<std::string> Migrator::obstacle() {
  auto lease = pool_.acquire();
  return obstacle(lease);
}

std::optional<std::string> Migrator::obstacle(mysql::Lease& lease) {
  auto rows =
      lease
          .prepare(
              "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() "
              "AND table_name = 'django_migrations' AND NOT EXISTS (SELECT 1 FROM "
              "information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'auth_user')")
          .query();
  if (!rows.next() || rows.integer(1) == 0) return std::nullopt;
  return "this is a Django site's database without auth_user: run Django's own migrations first (manage.py "
         "migrate); a site with a user model of its own (AUTH_USER_MODEL) cannot be served";
}

util::Result<std::vector<std::string>> Migrator::migrate(std::chrono::seconds lock_wait) {
  std::vector<std::string> names;
  auto lease = pool_.acquire();
  if (status(lease).current()) return names;

  MigrationLock lock(lease);
  if (!lock.take(lock_wait)) {
    return util::fail("another jwtauthd has been migrating this database for " +
                      std::to_string(lock_wait.count()) + " s; try again when it is done");
  }
  if (auto reason = obstacle(lease)) return util::fail(std::move(*reason));
  lease.run(kBookkeeping);
  const SchemaStatus before = status(lease);  // the other host may have done it meanwhile
  const bool differs = std::any_of(before.known.begin(), before.known.end(),
                                   [](const MigrationState& state) { return state.checksum_differs; });
  if (!before.unknown.empty() || differs) return util::fail(before.describe());

  for (std::size_t i = 0; i < migrations_.size(); ++i) {
    if (before.known[i].applied) continue;
    const auto statements = split_statements(migrations_[i].sql);
    if (!statements) return util::fail(before.known[i].name + ": " + statements.error().message);
    apply(lease, migrations_[i], *statements);
    names.push_back(before.known[i].name);
  }
  return names;
}

void Migrator::apply(mysql::Lease& lease, const Migration& migration,
                     const std::vector<std::string>& statements) {
  const std::string sum = checksum(migration);
  lease
      .prepare(
          "INSERT INTO jwtauthd_migrations (number, name, checksum, started_at) "
          "VALUES (?, ?, ?, UTC_TIMESTAMP(6)) "
          "ON DUPLICATE KEY UPDATE name = ?, checksum = ?, started_at = UTC_TIMESTAMP(6)")
      .bind(static_cast<std::int64_t>(migration.number))
      .bind(migration.name)
      .bind(sum)
      .bind(migration.name)
      .bind(sum)
      .execute();
  for (const auto& statement : statements) lease.run(statement);
  lease.prepare("UPDATE jwtauthd_migrations SET finished_at = UTC_TIMESTAMP(6) WHERE number = ?")
      .bind(static_cast<std::int64_t>(migration.number))
      .execute();
}

}  // namespace store
