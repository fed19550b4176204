#include "ctl/oauth_client.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "accounts/service_clients.h"
#include "ctl/verbs.h"
#include "json/value.h"

namespace jwtauthd {

ExitCode new_oauth_client(const NewOAuthClient& request, util::Random& random, Terminal& terminal) {
  if (!accounts::is_client_name(request.name)) {
    terminal.err("Error: a client's name has 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    return ExitCode::refused;
  }
  const auto client = accounts::new_client(request.name, random);
  if (request.json) {
    json::Value report = json::Value::object();
    report.set("client_id", json::Value::string(request.name));
    report.set("client_secret", json::Value::string(client.secret.reveal()));
    report.set("line", json::Value::string(client.line));
    terminal.out(report.dump_indented(2));
    return ExitCode::ok;
  }
  terminal.out("For the service, shown this once:");
  terminal.out("  client_id      " + request.name);
  terminal.out("  client_secret  " + std::string(client.secret.reveal()));
  terminal.out("For the file that oauth.clients_file names:");
  terminal.out("  " + client.line);
  return ExitCode::ok;
}

void add_oauth_client(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("oauth-client", "Services that may revoke and introspect tokens.");
  group->require_subcommand(1);
  CLI::App* verb = group->add_subcommand("new", "Draw a secret for a service.");
  auto request = std::make_shared<NewOAuthClient>();
  verb->add_option("name", request->name, "What the service calls itself: its client_id.")->required();
  verb->add_flag("--json", request->json, "Answer in JSON.");
  verb->footer(lesson(
      "The secret is kept nowhere: the file has its SHA-256. For a new secret without an interruption,\n"
      "add the new line, restart the workers, change the service, and take the old line away.",
      "jwtauthctl oauth-client new orders\n"
      "jwtauthctl oauth-client new orders --json | jq -r .line >> /etc/jwtauthd/oauth-clients"));
  verb->callback([&line, request] {
    line.chosen = [request](Terminal& terminal) {
      util::SystemRandom random;
      return new_oauth_client(*request, random, terminal);
    };
  });
}

}  // namespace jwtauthd
