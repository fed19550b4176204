// The command line of jwtauthctl setup.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "ctl/operator.h"
#include "ctl/setup.h"
#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

/// Of no database: it may have to be made.
mysql::Options server_options(const config::Config::Database& database) {
  mysql::Options options = for_one_command(administrator(database));
  options.database.clear();
  return options;
}

struct Server {
  explicit Server(const config::Config::Database& database)
      : pool(server_options(database)), provision(pool) {}
  mysql::Pool pool;
  store::Provision provision;
};

}  // namespace

void add_setup(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand(
      "setup", "Take an installation to a running service: key, database and its user, tables, units.");
  auto options = std::make_shared<SetupOptions>();
  verb->add_flag("--dry-run", options->dry_run, "Only say what would be done, as the commands for it.");
  verb->add_flag("--json", options->json, "Answer in JSON.");
  verb->footer(lesson(
      "For the database server of this host, by the socket that the configuration names and as the\n"
      "system's root; its user for the workers has no password. What is done already stays as it is, so\n"
      "that it can be run again at any time. At the end stand the lines that nginx needs.",
      "jwtauthctl setup --dry-run\n"
      "jwtauthctl setup"));
  verb->callback([&line, options] {
    line.chosen = [&line, options](Terminal& terminal) {
      options->config_path = line.config_path;
      PosixHost host;
      std::optional<Server> server;
      return set_up(
          *options, host,
          [&server](const config::Config& config) -> store::Provision& {
            return server.emplace(config.database).provision;
          },
          terminal);
    };
  });
}

}  // namespace jwtauthd
