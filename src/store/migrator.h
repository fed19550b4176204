// Forward-only schema migrations: sql/migrations/NNNN_name.sql, embedded in the binary, recorded in
// jwtauthd_migrations with their checksum, run under a database lock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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
  std::vector<MigrationState> known;    // this binary's
  std::vector<std::string> unknown;     // applied, but not known to this binary: a newer version ran
  bool current() const;                 // all applied, none unknown, none differing
  std::string describe() const;         // what is missing, in one line, for /readyz and the log
};

class Migrator {
 public:
  explicit Migrator(mysql::Pool& pool) : pool_(pool) {}
  SchemaStatus status();
  /// Applies what is missing and returns the names. Two hosts at once: one waits for the other.
  util::Result<std::vector<std::string>> migrate();

 private:
  mysql::Pool& pool_;
};

}  // namespace store
