// jwtauthctl: what an operator asks of jwtauthd from a shell.

#include <csignal>
#include <exception>
#include <string>

#include "ctl/command_line.h"
#include "ctl/posix_terminal.h"
#include "json/value.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // `jwtauthctl user list | head` ends with a failed write instead
  jwtauthd::PosixTerminal terminal;
  try {
    json::start();
    const int status = jwtauthd::run(argc, argv, terminal);
    return status == 0 && !terminal.wrote_everything() ? static_cast<int>(jwtauthd::ExitCode::refused)
                                                       : status;
  } catch (const std::exception& error) {  // out of memory, or our bug
    terminal.err(std::string("Error: ") + error.what());
    return static_cast<int>(jwtauthd::ExitCode::refused);
  }
}
