// jwtauthctl audit …: what happened to accounts and sessions.
#pragma once

#include <functional>

#include "ctl/exit_code.h"
#include "ctl/terminal.h"
#include "json/value.h"
#include "store/audit_store.h"

namespace jwtauthd {

json::Value audit_json(const store::AuditRecord& record);
/// One line: time, kind, then what there is, as `name=value`.
std::string audit_line(const store::AuditRecord& record);

/// In order of time.
ExitCode search_audit(const store::AuditFilter& filter, bool json, store::AuditStore& audit,
                      Terminal& terminal);

struct AuditTail {
  unsigned lines = 20;
  bool follow = false;
  bool json = false;
};
/// The last ones; when following, then what comes, as long as `wait` says to go on.
ExitCode tail_audit(const AuditTail& request, store::AuditStore& audit, const std::function<bool()>& wait,
                    Terminal& terminal);

}  // namespace jwtauthd
