#include "ctl/restart.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

/// The first word of each line; a line may be a complaint of systemctl's.
std::vector<std::string> units_of(const std::string& listed) {
  std::vector<std::string> units;
  std::istringstream lines(listed);
  for (std::string line; std::getline(lines, line);) {
    std::string unit;
    if (std::istringstream(line) >> unit && unit.starts_with("jwtauthd@")) units.push_back(unit);
  }
  return units;
}

ExitCode refused(const std::string& why, Terminal& terminal) {
  terminal.err("Error: " + why);
  return ExitCode::refused;
}

}  // namespace

ExitCode restart_workers(Host& host, Terminal& terminal) {
  const auto systemctl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "systemctl");
    return host.run({.words = std::move(words), .asks = true});
  };
  // That the daemon wants a reload, for instance, it says beside a success, too.
  const auto restart = [&](const std::string& unit) {
    const auto ran = systemctl({"restart", unit});
    if (!ran.output.empty()) terminal.err(ran.output);
    return ran.status == 0;
  };
  // Its tables first, as at a start: there is something to do after an upgrade. Where the unit is masked,
  // somebody else does it.
  const std::string migrate = "jwtauthd-migrate.service";
  const bool masked = systemctl({"show", "-P", "LoadState", migrate}).output.ends_with("masked");
  if (!masked && !restart(migrate)) {
    return refused("the database's tables could not be brought up to date; no worker was restarted.",
                   terminal);
  }
  const auto listed = systemctl({"list-units", "--plain", "--no-legend", "--full",
                                 "--state=active,activating,reloading", "jwtauthd@*.service"});
  if (listed.status != 0)
    return refused("systemd does not say which workers run: " + listed.output, terminal);
  const auto units = units_of(listed.output);
  if (units.empty()) return refused("no worker is running: systemctl start jwtauthd.target", terminal);
  for (const auto& unit : units) {
    if (!restart(unit)) {
      return refused(unit + " did not become ready; those after it were left as they were.", terminal);
    }
    terminal.out(unit + " restarted.");
  }
  return ExitCode::ok;
}

void add_restart(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("restart", "Restart all workers of this host, one after the other.");
  verb->footer(lesson(
      "For a new version and for keys that are not taken at a reload. Migrations run first. Each worker\n"
      "answers what it has and is ready again before the next one's turn; one that does not become ready\n"
      "ends the round. No request fails: what comes meanwhile is the others', or waits in the socket.",
      "jwtauthctl restart\n"
      "systemctl reload 'jwtauthd@*'  # suffices for most keys"));
  verb->callback([&line] {
    line.chosen = [](Terminal& terminal) {
      PosixHost host;
      return restart_workers(host, terminal);
    };
  });
}

}  // namespace jwtauthd
