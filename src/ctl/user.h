// jwtauthctl user …: looking at accounts, and closing and opening them.
#pragma once

#include <optional>
#include <string>

#include "ctl/exit_code.h"
#include "ctl/terminal.h"
#include "store/user_store.h"

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
ExitCode set_user_active(const UserReference& whom, bool active, store::UserStore& users, Terminal& terminal);

}  // namespace jwtauthd
