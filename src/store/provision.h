// What an administrator of the database server does for jwtauthd: makes a database, and the user that the
// workers are, who is known by his system user and has no password. The statements are texts, so that they
// can be shown before they are run, or be run by somebody else.
#pragma once

#include <string>
#include <string_view>

#include "mysql/pool.h"

namespace store {

/// Words of the server's dialect: MariaDB knows a system user by unix_socket, MySQL by auth_socket.
enum class Dialect { mariadb, mysql };

std::string create_database(std::string_view name);
/// As a statement names it.
std::string account(std::string_view user, std::string_view host = "localhost");
/// user@localhost
std::string create_user(std::string_view user, Dialect dialect);
/// What workers and migrations need, on this database and nothing else; no right to drop a table.
std::string grant_rights(std::string_view user, std::string_view database,
                         std::string_view host = "localhost");

/// Throws util::Outage.
class Provision {
 public:
  /// `pool`: as an administrator, of no database.
  explicit Provision(mysql::Pool& pool) : pool_(pool) {}

  Dialect dialect();
  bool has_database(std::string_view name);
  /// user@localhost
  bool has_user(std::string_view user);
  /// All that grant_rights() gives; or rights on single tables, to which somebody has narrowed them.
  bool has_rights(std::string_view user, std::string_view database);
  void run(const std::string& statement);

 private:
  mysql::Pool& pool_;
};

}  // namespace store
