// The verbs of jwtauthctl, one file each. Each adds itself to the command line, and says there what to
// run when it was given.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ctl/exit_code.h"
#include "ctl/terminal.h"

namespace CLI {
class App;
}

namespace jwtauthd {

struct CommandLine {
  std::string config_path;
  /// What the verb that was given wants to be run.
  std::function<ExitCode(Terminal&)> chosen;
};

void add_migrate(CLI::App& root, CommandLine& line);
void add_setup(CLI::App& root, CommandLine& line);
void add_config(CLI::App& root, CommandLine& line);
void add_createsuperuser(CLI::App& root, CommandLine& line);
void add_changepassword(CLI::App& root, CommandLine& line);
void add_user(CLI::App& root, CommandLine& line);
void add_group(CLI::App& root, CommandLine& line);
void add_session(CLI::App& root, CommandLine& line);
void add_personal_token(CLI::App& root, CommandLine& line);
void add_throttle(CLI::App& root, CommandLine& line);
void add_audit(CLI::App& root, CommandLine& line);
void add_keys(CLI::App& root, CommandLine& line);
void add_status(CLI::App& root, CommandLine& line);
void add_top(CLI::App& root, CommandLine& line);
void add_doctor(CLI::App& root, CommandLine& line);
void add_compare(CLI::App& root, CommandLine& line);
void add_flush_expired_tokens(CLI::App& root, CommandLine& line);
void add_oauth_client(CLI::App& root, CommandLine& line);
void add_restart(CLI::App& root, CommandLine& line);
void add_docs(CLI::App& root, CommandLine& line);

/// --batch, of a verb that deletes in batches, and --json. Both belong to what the verb holds.
void add_batch(CLI::App& verb, unsigned& batch, const std::string& meaning, bool& json);

/// The end of a verb's help: what there is to know, then how to use it, an example a line.
std::string lesson(std::string_view prose, std::string_view examples);

}  // namespace jwtauthd
