// From Options to a connection whose session is as the rest of the program expects it.
#include <cppconn/driver.h>
#include <cppconn/resultset.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "mysql/connection.h"

namespace mysql {
namespace {

/// Below the client's read timeout, so that the server gives up a lock before the client gives up the
/// server: the other way round the statement would go on without anybody to hear its result.
long lock_wait(const Options& options) {
  return std::clamp<long>(static_cast<long>(options.read_timeout.count()) / 2, 1, 5);
}

void execute(sql::Connection& connection, const std::string& text) {
  const std::unique_ptr<sql::Statement> statement(connection.createStatement());
  statement->execute(text);
}

/// The first column of the first row; nothing where the server knows no variable of that name.
std::optional<std::string> value_of(sql::Connection& connection, const char* select, unsigned column = 1) {
  const std::unique_ptr<sql::Statement> statement(connection.createStatement());
  try {
    const std::unique_ptr<sql::ResultSet> rows(statement->executeQuery(select));
    if (!rows->next()) return std::nullopt;
    return rows->getString(column).asStdString();
  } catch (const sql::SQLException& error) {
    constexpr int kUnknownVariable = 1193;
    if (error.getErrorCode() != kUnknownVariable) throw;
    return std::nullopt;
  }
}

bool is_on(const std::optional<std::string>& value) {
  return value && *value != "0" && *value != "OFF";
}

/// Throws where it is a node that is outside of its cluster: it answers `SELECT 1` then, and nothing else.
bool join_cluster(sql::Connection& connection, bool replica) {
  if (!is_on(value_of(connection, "SELECT @@GLOBAL.wsrep_on"))) return false;
  if (value_of(connection, "SHOW STATUS LIKE 'wsrep_ready'", 2) != "ON") {
    throw sql::SQLException("wsrep_ready is not ON", "08S01", 1047);
  }
  // A read, and the BEGIN of a transaction, waits for what other nodes have committed: without it 44 of 100
  // reads on another node right after a write were stale. Once a round trip between the nodes. Writes by
  // themselves do not wait: a row that has changed elsewhere fails their certification, and they run again.
  execute(connection, replica ? "SET SESSION wsrep_sync_wait=0" : "SET SESSION wsrep_sync_wait=1");
  return true;
}

void set_up_session(sql::Connection& connection, const Options& options) {
  const std::string seconds = std::to_string(lock_wait(options));
  execute(
      connection,
      "SET SESSION autocommit=1, time_zone='+00:00', sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',"
      " innodb_lock_wait_timeout=" +
          seconds + ", lock_wait_timeout=" + seconds);
  // A statement of its own, because the variable's name differs. The driver has set REPEATABLE READ.
  execute(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
}

}  // namespace

std::string text(const Address& address) {
  if (!address.socket.empty()) return address.socket;
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Opened connect(sql::Driver& driver, const Options& options, const Address& address, bool must_write) {
  const auto in_driver = [](std::string_view value) { return sql::SQLString(value.data(), value.size()); };
  sql::ConnectOptionsMap map;
  map["hostName"] = in_driver((address.socket.empty() ? "tcp://" : "unix://") + text(address));
  map["userName"] = in_driver(options.user);
  map["password"] = in_driver(options.password.reveal());
  map["schema"] = in_driver(options.database);
  map["OPT_CHARSET_NAME"] = in_driver("utf8mb4");
  map["characterSetResults"] = in_driver("utf8mb4");
  map["CLIENT_FOUND_ROWS"] = true;
  map["OPT_CONNECT_TIMEOUT"] = static_cast<int>(options.connect_timeout.count());
  map["OPT_READ_TIMEOUT"] = static_cast<int>(options.read_timeout.count());
  map["OPT_WRITE_TIMEOUT"] = static_cast<int>(options.write_timeout.count());
  // OPT_RECONNECT is left out on purpose: with it a COMMIT on a lost connection succeeds on the new
  // one, having committed nothing. sslEnforce and OPT_SSL_MODE do not enforce anything here.
  if (address.socket.empty() && !options.tls_ca.empty()) {
    map["sslCA"] = in_driver(options.tls_ca);
    map["sslVerify"] = true;
  }

  std::shared_ptr<sql::Connection> connection(driver.connect(map));
  set_up_session(*connection, options);
  if (must_write && is_on(value_of(*connection, "SELECT @@GLOBAL.read_only"))) {
    throw sql::SQLException("it runs with the --read-only option", "HY000", 1290);
  }
  const bool clustered = join_cluster(*connection, options.replica);
  return {std::move(connection), clustered};
}

}  // namespace mysql
