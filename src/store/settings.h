// From the configuration's sections [database] and [audit] to what this floor works with: one place, so
// that the daemon and the command line reach one database alike.
#pragma once

#include <optional>

#include "config/config.h"
#include "mysql/pool.h"
#include "store/audit_store.h"

namespace store {

mysql::Options database_options(const config::Config::Database& database);
/// Of database.replicas, where there are any.
std::optional<mysql::Options> replica_options(const config::Config::Database& database);

Auditing auditing(const config::Config::Audit& audit);

}  // namespace store
