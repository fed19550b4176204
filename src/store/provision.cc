#include "store/provision.h"

#include <algorithm>
#include <array>

namespace store {
namespace {

constexpr std::array<std::string_view, 8> kRights{"SELECT", "INSERT", "UPDATE", "DELETE",
                                                  "CREATE", "ALTER",  "INDEX",  "REFERENCES"};

/// `text` between two `mark`s, which are doubled inside of it.
std::string quoted(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    if (c == mark || (mark == '\'' && c == '\\')) out += c == mark ? mark : '\\';
    out += c;
  }
  return out + mark;
}

/// The database of a GRANT is a pattern, in which _ and % stand for others.
std::string exact_pattern(std::string_view database) {
  std::string out;
  for (const char c : database) {
    if (c == '_' || c == '%' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// As information_schema writes it.
std::string grantee(std::string_view user) {
  return "'" + std::string(user) + "'@'localhost'";
}

}  // namespace

std::string create_database(std::string_view name) {
  return "CREATE DATABASE IF NOT EXISTS " + quoted(name, '`') + " CHARACTER SET utf8mb4";
}

std::string account(std::string_view user, std::string_view host) {
  return quoted(user, '\'') + "@" + quoted(host, '\'');
}

std::string create_user(std::string_view user, Dialect dialect) {
  return "CREATE USER IF NOT EXISTS " + account(user) +
         (dialect == Dialect::mariadb ? " IDENTIFIED VIA unix_socket" : " IDENTIFIED WITH auth_socket");
}

std::string grant_rights(std::string_view user, std::string_view database, std::string_view host) {
  std::string list;
  for (const std::string_view right : kRights) list.append(list.empty() ? "" : ", ").append(right);
  return "GRANT " + list + " ON " + quoted(exact_pattern(database), '`') + ".* TO " + account(user, host);
}

Dialect Provision::dialect() {
  auto lease = pool_.acquire();
  auto rows = lease.prepare("SELECT CONCAT(@@version, ' ', @@version_comment)").query();
  return rows.next() && rows.text(1).find("MariaDB") == std::string::npos ? Dialect::mysql : Dialect::mariadb;
}

bool Provision::has_database(std::string_view name) {
  auto lease = pool_.acquire();
  return lease.prepare("SELECT 1 FROM information_schema.schemata WHERE schema_name = ?")
      .bind(name)
      .query()
      .next();
}

bool Provision::has_user(std::string_view user) {
  auto lease = pool_.acquire();
  // One without any right stands there with USAGE.
  return lease.prepare("SELECT 1 FROM information_schema.user_privileges WHERE grantee = ? LIMIT 1")
      .bind(grantee(user))
      .query()
      .next();
}

bool Provision::has_rights(std::string_view user, std::string_view database) {
  auto lease = pool_.acquire();
  if (lease
          .prepare("SELECT 1 FROM information_schema.table_privileges WHERE grantee = ? AND table_schema = ? "
                   "LIMIT 1")
          .bind(grantee(user))
          .bind(database)
          .query()
          .next()) {
    return true;
  }
  // Distinct: the name and its pattern may both have grants.
  auto rows = lease
                  .prepare(
                      "SELECT DISTINCT privilege_type FROM information_schema.schema_privileges WHERE "
                      "grantee = ? AND (table_schema = ? OR table_schema = ?)")
                  .bind(grantee(user))
                  .bind(database)
                  .bind(exact_pattern(database))
                  .query();
  std::size_t found = 0;
  while (rows.next()) found += std::ranges::find(kRights, rows.text(1)) != kRights.end() ? 1U : 0U;
  return found >= kRights.size();
}

void Provision::run(const std::string& statement) {
  pool_.acquire().run(statement);
}

}  // namespace store
