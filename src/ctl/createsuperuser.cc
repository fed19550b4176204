#include "ctl/createsuperuser.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "accounts/email_address.h"
#include "accounts/username.h"
#include "ctl/login_name.h"
#include "ctl/new_password.h"
#include "ctl/verbs.h"
#include "util/unicode.h"

namespace jwtauthd {
namespace {

namespace unicode = util::unicode;

constexpr std::string_view kCancelled = "\nOperation cancelled.";
constexpr std::string_view kUsernameTaken = "Error: That username is already taken.";
constexpr std::string_view kEmailTaken = "Error: That email address is already taken.";

std::string join(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "; " + b;
}

std::string too_long(std::string_view value, std::size_t max) {
  const std::size_t length = unicode::length(value);
  if (length <= max) return {};
  return "Ensure this value has at most " + std::to_string(max) + " characters (it has " +
         std::to_string(length) + ").";
}

/// What to say about it; empty when it is good.
std::string username_problem(const Accounts& accounts, const std::string& username) {
  if (username.empty()) return "Error: This field cannot be blank.";
  const std::string stored = accounts::normalized_username(username);
  const bool good = accounts::has_username_form(username) && accounts::has_username_form(stored);
  const std::string problem =
      join(good ? "" : std::string(accounts::kUsernameRule), too_long(stored, accounts::kUsernameMaxLength));
  if (!problem.empty()) return "Error: " + problem;
  return std::string(accounts.users.username_exists(stored) ? kUsernameTaken : "");
}

std::string email_problem(const Accounts& accounts, const std::string& email) {
  if (email.empty()) return {};
  const std::string problem = join(accounts::is_email(email) ? "" : std::string(accounts::kEmailRule),
                                   too_long(email, accounts::kEmailMaxLength));
  if (!problem.empty()) return "Error: " + problem;
  const bool taken = accounts.unique_email && accounts.users.email_exists(accounts::normalized_email(email));
  return std::string(taken ? kEmailTaken : "");
}

/// Each of these asks until the answer is good. Nothing: cancelled.
std::optional<std::string> ask_username(const SuperuserRequest& request, const Accounts& accounts,
                                        Terminal& terminal) {
  const bool proposing = username_problem(accounts, request.default_username).empty();
  const std::string prompt =
      proposing ? "Username (leave blank to use '" + request.default_username + "'): " : "Username: ";
  std::optional<std::string> username = request.username;
  while (true) {
    if (!username) username = terminal.ask(prompt);
    if (!username) return std::nullopt;
    if (username->empty() && proposing) username = request.default_username;
    const std::string problem = username_problem(accounts, *username);
    if (problem.empty()) return username;
    terminal.err(problem);
    username.reset();
  }
}

std::optional<std::string> ask_email(const SuperuserRequest& request, const Accounts& accounts,
                                     Terminal& terminal) {
  std::optional<std::string> email = request.email;
  while (true) {
    if (!email) email = terminal.ask("Email address: ");
    if (!email) return std::nullopt;
    const std::string problem = email_problem(accounts, *email);
    if (problem.empty()) return email;
    terminal.err(problem);
    email.reset();
  }
}

std::optional<util::Secret> ask_password(const Accounts& accounts, const accounts::PasswordOwner& owner,
                                         Terminal& terminal) {
  while (true) {
    std::optional<util::Secret> first = terminal.ask_hidden("Password: ");
    if (!first) return std::nullopt;
    const std::optional<util::Secret> second = terminal.ask_hidden("Password (again): ");
    if (!second) return std::nullopt;
    if (first->reveal() != second->reveal()) {
      terminal.err("Error: Your passwords didn't match.");
      continue;
    }
    if (unicode::strip(first->reveal()).empty()) {
      terminal.err("Error: Blank passwords aren't allowed.");
      continue;
    }
    if (const std::string why = unusable_because(first->reveal()); !why.empty()) {
      terminal.err(why);
      continue;
    }
    const std::vector<std::string> complaints = accounts.policy.complaints(first->reveal(), owner);
    if (complaints.empty()) return first;
    for (const auto& complaint : complaints) terminal.err(complaint);
    const auto answer = terminal.ask("Bypass password validation and create user anyway? [y/N]: ");
    if (!answer) return std::nullopt;
    if (*answer == "y" || *answer == "Y") return first;
  }
}

ExitCode refuse(std::string_view problem, Terminal& terminal) {
  terminal.err(problem);
  return ExitCode::refused;
}

ExitCode store_user(store::User user, const Accounts& accounts, Terminal& terminal) {
  user.is_staff = true;
  user.is_superuser = true;
  user.date_joined = accounts.clock.now();
  const auto event = operator_event(store::AuditKind::user_created, user.date_joined);
  switch (accounts.users.insert(user, accounts.unique_email && !user.email.empty(), &event)) {
    case store::Inserted::username_taken:
      return refuse(kUsernameTaken, terminal);
    case store::Inserted::email_taken:
      return refuse(kEmailTaken, terminal);
    case store::Inserted::ok:
      break;
  }
  terminal.out("Superuser created successfully.");
  return ExitCode::ok;
}

ExitCode without_prompts(const SuperuserRequest& request, const Accounts& accounts, Terminal& terminal) {
  if (!request.username) return refuse("Error: You must use --username with --noinput.", terminal);
  if (!request.email || request.email->empty())
    return refuse("Error: You must use --email with --noinput.", terminal);
  for (const std::string& problem :
       {username_problem(accounts, *request.username), email_problem(accounts, *request.email)}) {
    if (!problem.empty()) return refuse(problem, terminal);
  }
  store::User user;
  user.username = accounts::normalized_username(*request.username);
  user.email = accounts::normalized_email(*request.email);
  if (request.password) {
    const std::string why = unusable_because(request.password->reveal());
    if (!why.empty()) return refuse(why, terminal);
    user.password = accounts.hashes.encode(request.password->reveal());
  } else {
    user.password = "!" + accounts.random.alphanumeric(40);  // as Django's set_unusable_password
  }
  return store_user(std::move(user), accounts, terminal);
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

ExitCode create_superuser(SuperuserRequest request, Accounts accounts, Terminal& terminal) {
  if (request.noinput) return without_prompts(request, accounts, terminal);
  if (!terminal.interactive()) {
    terminal.err(
        "Superuser creation skipped due to not running in a TTY. From a script, use --noinput, and "
        "DJANGO_SUPERUSER_PASSWORD for the password.");
    return ExitCode::refused;
  }
  const auto username = ask_username(request, accounts, terminal);
  const auto email = username ? ask_email(request, accounts, terminal) : std::nullopt;
  std::optional<util::Secret> password;
  if (email) password = ask_password(accounts, {*username, {}, {}, *email}, terminal);
  if (!password) {
    terminal.err(kCancelled);
    return ExitCode::refused;
  }
  store::User user;
  user.username = accounts::normalized_username(*username);
  user.email = accounts::normalized_email(*email);
  user.password = accounts.hashes.encode(password->reveal());
  return store_user(std::move(user), accounts, terminal);
}

void add_createsuperuser(CLI::App& root, CommandLine& line) {
  CLI::App* verb =
      root.add_subcommand("createsuperuser", "Create a user who may do anything in Django's admin.");
  auto request = std::make_shared<SuperuserRequest>();
  verb->add_option("--username", request->username, "The login name; asked for when it is not given.");
  verb->add_option("--email", request->email, "The e-mail address; asked for when it is not given.");
  verb->add_flag("--noinput,--no-input", request->noinput, "Ask nothing.");
  verb->footer(lesson(
      "With --noinput, DJANGO_SUPERUSER_USERNAME, DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD are\n"
      "taken from the environment where an option is missing. The password is not judged then, and\n"
      "without one nobody can log in until changepassword has given one.",
      "jwtauthctl createsuperuser\n"
      "jwtauthctl createsuperuser --username ann --email ann@example.com\n"
      "DJANGO_SUPERUSER_PASSWORD=... jwtauthctl createsuperuser --noinput \\\n"
      "    --username ann --email ann@example.com"));
  verb->callback([&line, request] {
    line.chosen = [&line, request](Terminal& terminal) {
      if (request->noinput) {
        if (!request->username) request->username = environment("DJANGO_SUPERUSER_USERNAME");
        if (!request->email || request->email->empty())
          request->email = environment("DJANGO_SUPERUSER_EMAIL");
        if (auto password = environment("DJANGO_SUPERUSER_PASSWORD")) {
          request->password = util::Secret::take(std::move(*password));
        }
      }
      request->default_username = login_name();
      return with_services(line.config_path, terminal, [&](Services& services) {
        return create_superuser(std::move(*request), services.accounts(), terminal);
      });
    };
  });
}

}  // namespace jwtauthd
