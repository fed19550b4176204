#include "store/settings.h"

namespace store {

mysql::Options database_options(const config::Config::Database& database) {
  mysql::Options options;
  options.socket = database.socket;
  options.host = database.host;
  options.port = static_cast<unsigned>(database.port);
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

Auditing auditing(const config::Config::Audit& audit) {
  return audit.enabled ? Auditing::on : Auditing::off;
}

}  // namespace store
