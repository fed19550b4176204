// jwtauthctl throttle …: who has failed to log in, and letting him try again.
#pragma once

#include <string>

#include "ctl/services.h"
#include "store/audit_store.h"
#include "store/throttle_store.h"

namespace jwtauthd {

struct ThrottleList {
  unsigned limit = 100;
  bool json = false;
};

ExitCode list_throttled(const ThrottleList& request, store::ThrottleStore& throttle, const util::Clock& clock,
                        Terminal& terminal);
/// One of the two is empty.
ExitCode clear_throttle(const std::string& username, const std::string& address,
                        store::ThrottleStore& throttle, store::AuditStore& audit, Accounts accounts,
                        Terminal& terminal);

}  // namespace jwtauthd
