// jwtauthctl setup: from a package that was just installed to a service that runs, on a host with the
// database's socket. Each step looks whether it is done already, and is a list of what an administrator would
// type, so that --dry-run shows exactly what would be done.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"
#include "ctl/exit_code.h"
#include "ctl/host.h"
#include "ctl/terminal.h"
#include "store/provision.h"

namespace jwtauthd {

struct Sql {
  std::string statement;
};
using Action = std::variant<Command, Sql>;
/// As one would type it.
std::string typed(const Action& action);

struct SetupOptions {
  std::string config_path;
  std::string service_user = "jwtauthd";  // the units' User=
  bool dry_run = false;
  bool json = false;
};

/// The server at database.socket, as its administrator. Throws util::Outage.
using OpenServer = std::function<store::Provision&(const config::Config& config)>;

ExitCode set_up(const SetupOptions& options, Host& host, const OpenServer& open_server, Terminal& terminal);

}  // namespace jwtauthd
