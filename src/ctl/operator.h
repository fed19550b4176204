// What an operator does to accounts and sessions, as the audit and the workers hear of it; and as whom the
// database knows him.
#pragma once

#include "config/config.h"
#include "mysql/pool.h"
#include "store/session_store.h"
#include "tokens/sessions.h"

namespace jwtauthd {

store::AuditEvent operator_event(store::AuditKind kind, util::TimePoint now);
/// `clock` must outlive it: what ends all of a user's sessions looks at it again.
store::Ending operator_ending(store::SessionEnd reason, store::AuditKind kind, const util::Clock& clock,
                              const tokens::SessionLifetimes& lifetimes);

/// The system's root is the database's, over its socket: what MariaDB's and Debian's packages set up.
mysql::Options administrator(const config::Config::Database& database);
/// One connection, waited for as long as a connect may take: the daemon answers 503 rather than wait, but
/// here somebody waits for a result.
mysql::Options for_one_command(mysql::Options options);
/// As the configuration says; but a user without a password, whom the server knows by the system's user at
/// the other end of its socket, root cannot be.
mysql::Options operators_login(const config::Config::Database& database, bool is_root);

}  // namespace jwtauthd
