#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

/// What became of a command: whether it succeeded, and what it said on standard output.
struct Outcome {
  bool good = false;
  std::string said;
};

/// systemctl, found by PATH. What it complains of, it tells standard error itself.
Outcome systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "systemctl");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = -1;
  const int failure = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);

  Outcome outcome;
  if (failure == 0) {
    char part[4096];
    for (ssize_t got; (got = ::read(ends[0], part, sizeof part)) > 0 || (got < 0 && errno == EINTR);) {
      if (got > 0) outcome.said.append(part, static_cast<std::size_t>(got));
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    outcome.good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  ::close(ends[0]);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "systemctl");
  return outcome;
}

/// The first word of each line.
std::vector<std::string> workers(const std::string& listed) {
  std::vector<std::string> units;
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    std::string unit;
    if (std::istringstream(line) >> unit) units.push_back(unit);
  }
  return units;
}

ExitCode restart(Terminal& terminal) {
  // Its tables first, as at a start: there is something to do after an upgrade. Where the unit is masked,
  // somebody else does it.
  const bool masked = systemctl({"show", "-P", "LoadState", "jwtauthd-migrate.service"}).said == "masked\n";
  if (!masked && !systemctl({"restart", "jwtauthd-migrate.service"}).good) {
    terminal.err("Error: the database's tables could not be brought up to date; no worker was restarted.");
    return ExitCode::refused;
  }
  const Outcome listed = systemctl(
      {"list-units", "--plain", "--no-legend", "--full", "--state=active,activating,reloading", "jwtauthd@*.service"});
  const auto units = workers(listed.said);
  if (!listed.good || units.empty()) {
    terminal.err("Error: no worker is running: systemctl start jwtauthd.target");
    return ExitCode::refused;
  }
  for (const auto& unit : units) {
    if (!systemctl({"restart", unit}).good) {
      terminal.err("Error: " + unit + " did not become ready; those after it were left as they were.");
      return ExitCode::refused;
    }
    terminal.out(unit + " restarted.");
  }
  return ExitCode::ok;
}

}  // namespace

void add_restart(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("restart", "Restart all workers of this host, one after the other.");
  verb->footer(lesson(
      "For a new version and for keys that are not taken at a reload. Migrations run first. Each worker\n"
      "answers what it has and is ready again before the next one's turn; one that does not become ready\n"
      "ends the round. No request fails: what comes meanwhile is the others', or waits in the socket.",
      "jwtauthctl restart\n"
      "systemctl reload 'jwtauthd@*'  # suffices for most keys"));
  verb->callback([&line] { line.chosen = [](Terminal& terminal) { return restart(terminal); }; });
}

}  // namespace jwtauthd
