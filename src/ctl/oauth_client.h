// A new client of the endpoints that revoke and introspect tokens.
#pragma once

#include <string>

#include "ctl/exit_code.h"
#include "ctl/terminal.h"
#include "util/random.h"

namespace jwtauthd {

struct NewOAuthClient {
  std::string name;
  bool json = false;
};

/// Tells the secret, which is kept nowhere, and the line that goes into oauth.clients_file.
ExitCode new_oauth_client(const NewOAuthClient& request, util::Random& random, Terminal& terminal);

}  // namespace jwtauthd
