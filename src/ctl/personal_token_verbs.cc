#include <CLI/CLI.hpp>

#include "ctl/personal_token.h"
#include "ctl/user.h"
#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

void add_list(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("list", "List tokens, the newest first.");
  auto whom = add_user_reference(*verb);
  auto request = std::make_shared<PersonalTokenList>();
  verb->add_option("--limit", request->limit, "At most so many.")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  verb->add_flag("--json", request->json, "Answer in JSON: an array, times in UTC.");
  verb->footer(
      lesson("Without a name, everybody's are listed. The tokens themselves are not kept.",
             "jwtauthctl personal-token list ann\n"
             "jwtauthctl personal-token list --json | jq -r '.[] | select(.last_used_at == null).id'"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return with_id_of(*whom, services.accounts().users, terminal, [&](auto user_id) {
          return list_personal_tokens(*request, user_id, services.accounts(), terminal);
        });
      });
    };
  });
}

void add_revoke(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("revoke", "End one token.");
  auto id = std::make_shared<std::string>();
  verb->add_option("id", *id, "Its id, as `personal-token list` shows it.")->required();
  verb->footer(lesson("It is refused by all workers within cache.poll_interval.",
                      "jwtauthctl personal-token revoke 019ab3c47d1e7c55b1c7a0d3e4f50617"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return revoke_personal_token(*id, services.accounts(), terminal);
      });
    };
  });
}

}  // namespace

void add_personal_token(CLI::App& root, CommandLine& line) {
  CLI::App* group =
      root.add_subcommand("personal-token", "Look at the tokens that users made for scripts, and end them.");
  group->alias("personal-tokens");
  group->require_subcommand(1);
  add_list(*group, line);
  add_revoke(*group, line);
}

}  // namespace jwtauthd
