// jwtauthctl personal-token …: looking at the tokens that users made for scripts and services, and ending
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/services.h"

namespace jwtauthd {

struct PersonalTokenList {
  unsigned limit = 100;
  bool json = false;
};

/// `user_id`: his alone.
ExitCode list_personal_tokens(const PersonalTokenList& request, std::optional<std::int64_t> user_id,
                              Accounts accounts, Terminal& terminal);
ExitCode revoke_personal_token(const std::string& id, Accounts accounts, Terminal& terminal);

/// How an operator ends some, as the feed and the audit hear of it.
store::Withdrawal operator_withdrawal(const Accounts& accounts);

}  // namespace jwtauthd
