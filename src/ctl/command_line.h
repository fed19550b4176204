// The command line of jwtauthctl: parsing it and running the verb that it names.
#pragma once

#include <functional>
#include <memory>

#include "ctl/terminal.h"
#include "ctl/verbs.h"

namespace jwtauthd {

/// The whole command line, as the parser, the manual page and the completion know it. Verbs leave what
/// they want run in `line`, which must outlive it.
std::unique_ptr<CLI::App> command_line(CommandLine& line);

/// The exit status.
int run(int argc, const char* const* argv, Terminal& terminal);

}  // namespace jwtauthd
