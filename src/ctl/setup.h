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
#include "ctl/terminal.h"
#include "store/provision.h"

namespace jwtauthd {

struct Command {
  std::vector<std::string> words;
  std::string as{};  // a user of the system; empty: ours, which is root
};
struct Sql {
  std::string statement;
};
using Action = std::variant<Command, Sql>;
/// As one would type it.
std::string typed(const Action& action);

/// The machine; a test has its own.
class Host {
 public:
  struct Ran {
    int status = 0;      // 127: cannot be run
    std::string output;  // standard output and error
  };
  virtual ~Host() = default;
  virtual bool is_root() const = 0;
  virtual bool has_user(const std::string& name) const = 0;
  virtual bool exists(const std::string& path) const = 0;
  virtual Ran run(const Command& command) = 0;
};

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
