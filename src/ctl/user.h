// jwtauthctl user …: looking at accounts, and closing and opening them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ctl/services.h"

namespace CLI {
class App;
}

namespace jwtauthd {

struct UserList {
  store::UserFilter filter;
  unsigned limit = 100;  // 0: all
  bool json = false;
};

/// By id, or else by name.
struct UserReference {
  std::optional<std::int64_t> id;
  std::string username;
};

ExitCode list_users(const UserList& request, store::UserStore& users, Terminal& terminal);
ExitCode show_user(const UserReference& whom, bool as_json, store::UserStore& users, Terminal& terminal);
/// Closing an account ends its sessions.
ExitCode set_user_active(const UserReference& whom, bool active, Accounts accounts, Terminal& terminal);
/// Ends all his sessions, the tokens that belong to none, and his personal access tokens.
ExitCode revoke_tokens(const UserReference& whom, Accounts accounts, Terminal& terminal);

/// Says so when there is no such user.
std::optional<store::User> find_user(const UserReference& whom, store::UserStore& users, Terminal& terminal);

/// For a list: of everybody, where no one is given.
ExitCode with_id_of(const UserReference& whom, store::UserStore& users, Terminal& terminal,
                    const std::function<ExitCode(std::optional<std::int64_t>)>& work);

/// The words for it on a verb's command line, which may leave both out.
std::shared_ptr<UserReference> add_user_reference(CLI::App& verb);
/// Called when the command line is parsed: one of the two must have been given.
void require(const UserReference& whom);
bool given(const UserReference& whom);

}  // namespace jwtauthd
