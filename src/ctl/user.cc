#include "ctl/user.h"

#include <algorithm>
#include <iterator>

#include "accounts/username.h"
#include "ctl/operator.h"
#include "ctl/personal_token.h"
#include "ctl/user_text.h"

namespace jwtauthd {
namespace {

constexpr unsigned kPage = 500;

}  // namespace

std::optional<store::User> find_user(const UserReference& whom, store::UserStore& users, Terminal& terminal) {
  auto user = whom.id ? users.find_by_id(*whom.id)
                      : users.find_by_username(accounts::normalized_username(whom.username));
  if (!user) {
    terminal.err(whom.id ? "Error: there is no user with id " + std::to_string(*whom.id)
                         : "Error: user '" + whom.username + "' does not exist");
  }
  return user;
}

ExitCode list_users(const UserList& request, store::UserStore& users, Terminal& terminal) {
  std::vector<store::User> found;
  store::UserFilter filter = request.filter;
  bool more = true;
  while (more && (request.limit == 0 || found.size() < request.limit)) {
    // One beyond the limit is asked for, to know whether there are more.
    const auto left = request.limit == 0 ? kPage : request.limit - static_cast<unsigned>(found.size());
    const unsigned wanted = std::min(kPage, left);
    filter.limit = wanted + 1;
    std::vector<store::User> page = users.list(filter);
    more = page.size() > wanted;
    if (more) page.resize(wanted);
    if (!page.empty()) filter.after_id = page.back().id;
    std::move(page.begin(), page.end(), std::back_inserter(found));
  }
  if (request.json) {
    json::Value array = json::Value::array();
    for (const auto& user : found) array.append(user_json(user));
    terminal.out(array.dump_indented(2));
  } else {
    for (const auto& line : user_table(found)) terminal.out(line);
  }
  if (more) terminal.err("There are more: go on with --after " + std::to_string(found.back().id));
  return ExitCode::ok;
}

ExitCode show_user(const UserReference& whom, bool as_json, store::UserStore& users, Terminal& terminal) {
  const auto user = find_user(whom, users, terminal);
  if (!user) return ExitCode::refused;
  if (as_json) {
    terminal.out(user_json(*user).dump_indented(2));
  } else {
    for (const auto& line : user_lines(*user)) terminal.out(line);
  }
  return ExitCode::ok;
}

ExitCode set_user_active(const UserReference& whom, bool active, Accounts accounts, Terminal& terminal) {
  const auto user = find_user(whom, accounts.users, terminal);
  if (!user) return ExitCode::refused;
  const std::string named = "User '" + user->username + "' is ";
  const std::string state = active ? "active" : "inactive";
  const std::string now = user->is_active == active ? "already " : "now ";
  if (active && user->is_active) {
    terminal.out(named + now + state + ".");
    return ExitCode::ok;
  }
  // Who is inactive already was closed in Django's admin, perhaps, which ends no session.
  const auto opened = operator_event(store::AuditKind::user_activated, accounts.clock.now());
  const auto closed = operator_ending(store::SessionEnd::admin, store::AuditKind::user_deactivated,
                                      accounts.clock, accounts.lifetimes);
  const bool done =
      active ? accounts.users.activate(user->id, &opened) : accounts.sessions.deactivate(user->id, closed);
  if (!done) {
    terminal.err("Error: user '" + user->username + "' has been deleted meanwhile");
    return ExitCode::refused;
  }
  terminal.out(named + now + state + ".");
  return ExitCode::ok;
}

ExitCode revoke_tokens(const UserReference& whom, Accounts accounts, Terminal& terminal) {
  const auto user = find_user(whom, accounts.users, terminal);
  if (!user) return ExitCode::refused;
  const auto ending = operator_ending(store::SessionEnd::admin, store::AuditKind::tokens_revoked,
                                      accounts.clock, accounts.lifetimes);
  const std::size_t ended = accounts.sessions.revoke_all(user->id, std::nullopt, ending).size();
  // After the sessions: one that is still open makes new ones.
  const std::size_t personal = accounts.personal_tokens.remove_all(user->id, operator_withdrawal(accounts));
  std::string told = "All tokens of user '" + user->username + "' are revoked; " + std::to_string(ended) +
                     (ended == 1 ? " session was" : " sessions were") + " open";
  if (personal > 0) {
    told += ", and he had " + std::to_string(personal) +
            (personal == 1 ? " personal access token" : " personal access tokens");
  }
  terminal.out(told + ".");
  return ExitCode::ok;
}

}  // namespace jwtauthd
