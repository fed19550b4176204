#include <CLI/CLI.hpp>

#include "ctl/services.h"
#include "ctl/user.h"
#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

void add_list(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("list", "List accounts, in the order in which they were made.");
  auto request = std::make_shared<UserList>();
  auto inactive = std::make_shared<bool>(false);
  auto active = std::make_shared<bool>(false);
  auto staff = std::make_shared<bool>(false);
  verb->add_option("--search", request->filter.search, "Only those with this in the name or e-mail address.");
  auto* only_active = verb->add_flag("--active", *active, "Only active ones.");
  verb->add_flag("--inactive", *inactive, "Only inactive ones.")->excludes(only_active);
  verb->add_flag("--staff", *staff, "Only those who may open Django's admin.");
  verb->add_option("--limit", request->limit, "At most so many; 0 for all.")->capture_default_str();
  verb->add_option("--after", request->filter.after_id,
                   "Only ids above this one: where the last list ended.");
  verb->add_flag("--json", request->json, "Answer in JSON: an array, times in UTC.");
  verb->footer(lesson("",
                      "jwtauthctl user list --search example.com\n"
                      "jwtauthctl user list --inactive --limit 0 --json | jq -r '.[].email'"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      if (*active || *inactive) request->filter.is_active = *active;
      if (*staff) request->filter.is_staff = true;
      return with_services(line.config_path, terminal, [&](Services& services) {
        return list_users(*request, services.accounts().users, terminal);
      });
    };
  });
}

void add_show(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("show", "Show one account.");
  auto whom = add_user_reference(*verb);
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Answer in JSON, times in UTC.");
  verb->footer(
      lesson("Of the password only the kind of hash is shown. Exit status 1 when there is no such account.",
             "jwtauthctl user show ann\n"
             "jwtauthctl user show --id 7 --json"));
  verb->callback([=, &line] {
    require(*whom);
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return show_user(*whom, *as_json, services.accounts().users, terminal);
      });
    };
  });
}

void add_switch(CLI::App& group, CommandLine& line, bool active) {
  CLI::App* verb = active ? group.add_subcommand("activate", "Let a user log in again.")
                          : group.add_subcommand("deactivate", "Close an account without deleting it.");
  auto whom = add_user_reference(*verb);
  verb->footer(active ? lesson("", "jwtauthctl user activate ann")
                      : lesson("Logins and refreshes are refused from now on, access tokens within "
                               "cache.poll_interval. His\n"
                               "sessions have ended: activated again, he logs in anew.",
                               "jwtauthctl user deactivate ann\n"
                               "jwtauthctl user deactivate --id 7"));
  verb->callback([=, &line] {
    require(*whom);
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return set_user_active(*whom, active, services.accounts(), terminal);
      });
    };
  });
}

void add_revoke_tokens(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("revoke-tokens", "End all of a user's sessions and tokens.");
  auto whom = add_user_reference(*verb);
  verb->footer(lesson(
      "All workers refuse his access tokens within cache.poll_interval, and his refresh tokens at once;\n"
      "with sessions.enabled = false both within cache.poll_interval. His personal access tokens end, too.\n"
      "He may log in again: to keep him out, deactivate him.",
      "jwtauthctl user revoke-tokens ann\n"
      "jwtauthctl user revoke-tokens --id 7"));
  verb->callback([=, &line] {
    require(*whom);
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return revoke_tokens(*whom, services.accounts(), terminal);
      });
    };
  });
}

}  // namespace

std::shared_ptr<UserReference> add_user_reference(CLI::App& verb) {
  auto whom = std::make_shared<UserReference>();
  auto* username = verb.add_option("username", whom->username, "The login name.");
  verb.add_option("--id", whom->id, "The id, instead of the name.")->excludes(username);
  return whom;
}

void require(const UserReference& whom) {
  if (!given(whom)) throw CLI::RequiredError("username or --id");
}

bool given(const UserReference& whom) {
  return whom.id || !whom.username.empty();
}

ExitCode with_id_of(const UserReference& whom, store::UserStore& users, Terminal& terminal,
                    const std::function<ExitCode(std::optional<std::int64_t>)>& work) {
  if (!given(whom)) return work(std::nullopt);
  const auto user = find_user(whom, users, terminal);
  return user ? work(user->id) : ExitCode::refused;
}

void add_user(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("user", "Look at accounts, and close or open them.");
  group->require_subcommand(1);
  add_list(*group, line);
  add_show(*group, line);
  add_switch(*group, line, true);
  add_switch(*group, line, false);
  add_revoke_tokens(*group, line);
}

}  // namespace jwtauthd
