// Giving a user a new password, with the prompts and messages of Django's command of the same name.
#pragma once

#include <string>

#include "ctl/services.h"

namespace jwtauthd {

ExitCode change_password(const std::string& username, Accounts accounts, Terminal& terminal);

}  // namespace jwtauthd
