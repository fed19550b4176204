#include "ctl/operator.h"

#include "store/settings.h"

namespace jwtauthd {

store::AuditEvent operator_event(store::AuditKind kind, util::TimePoint now) {
  store::AuditEvent event;
  event.kind = kind;
  event.at = now;
  event.request_id = "cli";
  event.reason = "operator";
  return event;
}

store::Ending operator_ending(store::SessionEnd reason, store::AuditKind kind, const util::Clock& clock,
                              const tokens::SessionLifetimes& lifetimes) {
  const util::TimePoint now = clock.now();
  const auto ends = tokens::ends_of_tokens(lifetimes, now);
  return {reason, now, ends.access, ends.refresh, operator_event(kind, now), &clock};
}

mysql::Options administrator(const config::Config::Database& database) {
  mysql::Options options = store::database_options(database);
  options.user = "root";
  options.password = {};
  return options;
}

mysql::Options for_one_command(mysql::Options options) {
  options.pool_size = 1;
  options.acquire_timeout = options.connect_timeout + std::chrono::seconds(3);
  return options;
}

mysql::Options operators_login(const config::Config::Database& database, bool is_root) {
  const bool by_socket = !database.socket.empty() && database.password.empty();
  return is_root && by_socket ? administrator(database) : store::database_options(database);
}

}  // namespace jwtauthd
