// Forward-only schema migrations: sql/migrations/NNNN_name.sql, embedded in the binary, recorded in
// jwtauthd_migrations with their checksum, run under a database lock. MySQL commits at each CREATE and
// ALTER, so a migration that was interrupted stays recorded as begun and runs again from its first
// statement: each statement must be one that can be repeated (IF NOT EXISTS and the like).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mysql/pool.h"
#include "util/error.h"

namespace store {

struct Migration {
  unsigned number;
  std::string_view name;  // "0001_initial"
  std::string_view sql;
};
/// In order of number.
std::vector<Migration> embedded_migrations();

struct MigrationState {
  std::string name;
  bool applied = false;
  bool checksum_differs = false;  // applied, but from other text than this binary's
};

struct SchemaStatus {
  std::vector<MigrationState> known;  // this binary's
  std::vector<std::string> unknown;   // applied, but not known to this binary: a newer version ran
  bool current() const;               // all applied, none unknown, none differing
  std::string describe() const;       // what is missing, in one line, for /readyz and the log
};

class Migrator {
 public:
  explicit Migrator(mysql::Pool& pool, std::vector<Migration> migrations = embedded_migrations())
      : pool_(pool), migrations_(std::move(migrations)) {}
  /// One query.
  SchemaStatus status();
  /// Why migrate() would not begin, as a sentence's text: a Django whose auth_user is not here (yet). Making
  /// it would stand in the way of Django's own migrations, and of a user model that lives elsewhere.
  std::optional<std::string> obstacle();
  /// Applies what is missing and returns the names. Two hosts at once: one waits for the other, at most
  /// `lock_wait`. Refuses when there is an obstacle(), when a newer version has run here, or another text
  /// under a known name. The pool's read timeout bounds each statement: give it an hour where a table is
  /// large. GET_LOCK holds on one server; two nodes of a Galera cluster may run the same migration at once,
  /// which is harmless because DDL is ordered cluster-wide and each statement can be repeated.
  util::Result<std::vector<std::string>> migrate(std::chrono::seconds lock_wait = std::chrono::seconds(60));

 private:
  SchemaStatus status(mysql::Lease& lease);
  static std::optional<std::string> obstacle(mysql::Lease& lease);
  void apply(mysql::Lease& lease, const Migration& migration, const std::vector<std::string>& statements);

  mysql::Pool& pool_;
  std::vector<Migration> migrations_;
};

}  // namespace store
