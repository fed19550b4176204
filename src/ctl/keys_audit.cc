// What is done to keys, in the audit.
#include <unistd.h>

#include <exception>

#include "ctl/keys.h"
#include "ctl/operator.h"
#include "mysql/pool.h"
#include "store/mysql_audit_store.h"
#include "store/settings.h"

namespace jwtauthd {

void tell_audit(KeyRoom& room, const config::Config& config, Terminal& terminal) {
  const store::Auditing auditing = store::auditing(config.audit);
  if (auditing == store::Auditing::off || config.database.name.empty()) return;
  room.told = [&room, &config, &terminal](store::AuditKind kind, const std::string& kid) {
    try {
      // The directory of keys is root's: it is he who changes them.
      mysql::Pool pool(for_one_command(operators_login(config.database, ::geteuid() == 0)));
      auto event = operator_event(kind, room.clock.now());
      event.reason = kid;
      store::MysqlAuditStore(pool).append(event);
    } catch (const std::exception& failure) {
      terminal.err("Warning: the audit has no " + std::string(name(kind)) + " of " + kid + ": " +
                   failure.what());
    }
  };
}

}  // namespace jwtauthd
