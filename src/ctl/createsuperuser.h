// A user who may do anything in Django's admin. Prompts, messages and rules are those of Django's command of
// the same name.
#pragma once

#include <optional>
#include <string>

#include "ctl/services.h"
#include "util/secret.h"

namespace jwtauthd {

struct SuperuserRequest {
  std::optional<std::string> username;
  std::optional<std::string> email;
  /// --noinput only; without it the account gets a password that nobody has.
  std::optional<util::Secret> password;
  bool noinput = false;
  /// Proposed at the prompt, when it can be had.
  std::string default_username;
};

ExitCode create_superuser(SuperuserRequest request, Accounts accounts, Terminal& terminal);

}  // namespace jwtauthd
