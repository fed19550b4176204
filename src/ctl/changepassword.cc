#include "ctl/changepassword.h"

#include <CLI/CLI.hpp>

#include "accounts/username.h"
#include "ctl/login_name.h"
#include "ctl/new_password.h"
#include "ctl/operator.h"
#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

constexpr int kAttempts = 3;

/// Nothing when a prompt was left empty.
std::optional<util::Secret> ask(std::string_view prompt, Terminal& terminal) {
  std::optional<util::Secret> answer = terminal.ask_hidden(prompt);
  if (!answer || answer->empty()) {
    terminal.err("Error: aborted");
    return std::nullopt;
  }
  return answer;
}

/// What is wrong with the password, each a line; empty when it may be used.
std::vector<std::string> problems(std::string_view password, const store::User& user,
                                  const Accounts& accounts) {
  if (std::string why = unusable_because(password); !why.empty()) return {std::move(why)};
  return accounts.policy.complaints(password, {user.username, user.first_name, user.last_name, user.email});
}

}  // namespace

ExitCode change_password(const std::string& username, Accounts accounts, Terminal& terminal) {
  const auto user = accounts.users.find_by_username(accounts::normalized_username(username));
  if (!user) {
    terminal.err("Error: user '" + username + "' does not exist");
    return ExitCode::refused;
  }
  terminal.out("Changing password for user '" + user->username + "'");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto first = ask("Password: ", terminal);
    const auto second = first ? ask("Password (again): ", terminal) : std::nullopt;
    if (!second) return ExitCode::refused;
    if (first->reveal() != second->reveal()) {
      terminal.err("Passwords do not match. Please try again.");
      continue;
    }
    const std::vector<std::string> wrong = problems(first->reveal(), *user, accounts);
    for (const auto& line : wrong) terminal.err(line);
    if (!wrong.empty()) continue;
    const std::string encoded = accounts.hashes.encode(first->reveal());
    const auto ending =
        operator_ending(store::SessionEnd::password_changed, store::AuditKind::password_changed,
                        accounts.clock, accounts.lifetimes);
    if (!accounts.sessions.change_password(user->id, encoded, std::nullopt, std::nullopt, ending)) {
      terminal.err("Error: user '" + user->username + "' has been deleted meanwhile");
      return ExitCode::refused;
    }
    terminal.out("Password changed successfully for user '" + user->username + "'");
    return ExitCode::ok;
  }
  terminal.err("Error: Aborting password change for user '" + user->username + "' after " +
               std::to_string(kAttempts) + " attempts");
  return ExitCode::refused;
}

void add_changepassword(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("changepassword", "Give a user a new password.");
  auto username = std::make_shared<std::string>();
  verb->add_option("username", *username,
                   "Whose password; by default, that of the user of your own login name.");
  verb->footer(
      lesson("The password is asked for twice and not shown. From a pipe it is read twice, a line each.\n"
             "The user's sessions end, whatever the old password was used for.",
             "jwtauthctl changepassword ann\n"
             "printf '%s\\n%s\\n' \"$NEW\" \"$NEW\" | jwtauthctl changepassword ann"));
  verb->callback([&line, username] {
    line.chosen = [&line, username](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return change_password(username->empty() ? login_name() : *username, services.accounts(), terminal);
      });
    };
  });
}

}  // namespace jwtauthd
