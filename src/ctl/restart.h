// jwtauthctl restart: the workers of this host, one after the other.
#pragma once

#include "ctl/exit_code.h"
#include "ctl/host.h"
#include "ctl/terminal.h"

namespace jwtauthd {

ExitCode restart_workers(Host& host, Terminal& terminal);

}  // namespace jwtauthd
