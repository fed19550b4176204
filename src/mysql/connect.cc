// From Options to a connection whose session is as the rest of the program expects it.
#include <cppconn/driver.h>

#include <algorithm>

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

void set_up_session(sql::Connection& connection, const Options& options) {
  const std::string seconds = std::to_string(lock_wait(options));
  execute(
      connection,
      "SET SESSION autocommit=1, time_zone='+00:00', sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',"
      " innodb_lock_wait_timeout=" +
          seconds + ", lock_wait_timeout=" + seconds);
  // A statement of its own, because the variable's name differs. The driver has set REPEATABLE READ.
  execute(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  try {
    // In a Galera cluster, a read waits for what other nodes have committed: without it 19 of 500 reads
    // right after a write were stale. No cost to a server that is in no cluster.
    execute(connection, "SET SESSION wsrep_sync_wait=1");
  } catch (const sql::SQLException& error) {
    constexpr int kUnknownVariable = 1193;
    if (error.getErrorCode() != kUnknownVariable) throw;
  }
}

}  // namespace

std::string address(const Options& options) {
  if (!options.socket.empty()) return options.socket;
  const bool ipv6 = options.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

std::unique_ptr<sql::Connection> connect(sql::Driver& driver, const Options& options) {
  const auto text = [](std::string_view value) { return sql::SQLString(value.data(), value.size()); };
  sql::ConnectOptionsMap map;
  map["hostName"] = text((options.socket.empty() ? "tcp://" : "unix://") + address(options));
  map["userName"] = text(options.user);
  map["password"] = text(options.password.reveal());
  map["schema"] = text(options.database);
  map["OPT_CHARSET_NAME"] = text("utf8mb4");
  map["characterSetResults"] = text("utf8mb4");
  map["CLIENT_FOUND_ROWS"] = true;
  map["OPT_CONNECT_TIMEOUT"] = static_cast<int>(options.connect_timeout.count());
  map["OPT_READ_TIMEOUT"] = static_cast<int>(options.read_timeout.count());
  map["OPT_WRITE_TIMEOUT"] = static_cast<int>(options.write_timeout.count());
  // OPT_RECONNECT is left out on purpose: with it a COMMIT on a lost connection succeeds on the new
  // one, having committed nothing. sslEnforce and OPT_SSL_MODE do not enforce anything here.
  if (options.socket.empty() && !options.tls_ca.empty()) {
    map["sslCA"] = text(options.tls_ca);
    map["sslVerify"] = true;
  }

  std::unique_ptr<sql::Connection> connection(driver.connect(map));
  set_up_session(*connection, options);
  return connection;
}

}  // namespace mysql
