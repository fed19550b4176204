#include "store/settings.h"

#include <string_view>

#include "config/server_address.h"

namespace store {
namespace {

std::vector<mysql::Address> addresses(const std::vector<std::string>& servers, std::int64_t port) {
  std::vector<mysql::Address> found;
  for (const std::string& text : servers) {
    const auto server = config::parse_server(text);
    if (!server) continue;  // the configuration was checked
    mysql::Address& address = found.emplace_back();
    address.socket = server->socket;
    address.host = server->host;
    address.port = server->port.value_or(static_cast<unsigned>(port));
  }
  return found;
}

}  // namespace

mysql::Options database_options(const config::Config::Database& database) {
  mysql::Options options;
  options.socket = database.socket;
  options.host = database.host;
  options.port = static_cast<unsigned>(database.port);
  options.hosts = addresses(database.hosts, database.port);
  options.user = database.user;
  options.password = database.password.clone();
  options.database = database.name;
  options.tls_ca = database.tls_ca;
  options.pool_size = static_cast<unsigned>(database.pool_size);
  options.connect_timeout = database.connect_timeout;
  options.read_timeout = database.read_timeout;
  options.write_timeout = database.write_timeout;
  options.acquire_timeout = database.acquire_timeout;
  return options;
}

std::optional<mysql::Options> replica_options(const config::Config::Database& database) {
  if (database.replicas.empty()) return std::nullopt;
  mysql::Options options = database_options(database);
  options.hosts = addresses(database.replicas, database.port);
  options.replica = true;
  return options;
}

Auditing auditing(const config::Config::Audit& audit) {
  return audit.enabled ? Auditing::on : Auditing::off;
}

}  // namespace store
