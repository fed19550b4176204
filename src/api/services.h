// What the handlers work with. Built in daemon/application.cc and nowhere else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "accounts/credentials.h"
#include "accounts/registration.h"
#include "tokens/bearer.h"
#include "tokens/refresh_tokens.h"

namespace api {

struct ApiOptions {
  bool simplejwt_5_2 = false;  // wording and behaviour of simplejwt 5.2 instead of 5.5
  bool registration = true;    // off: /api/register/ is not there
  bool require_email = true;
  bool blacklist = false;   // off: /api/token/blacklist/ is not there
  std::string challenge{};  // WWW-Authenticate of a 401; empty: Bearer realm="api"
};

struct Services {
  ApiOptions options;
  accounts::Registration& registration;
  accounts::Credentials& credentials;
  tokens::RefreshTokens& refresh_tokens;
  tokens::BearerAuthenticator& bearer;
  /// What keeps the service from being ready, one sentence each; empty: ready. May ask the database;
  /// throws nothing.
  std::function<std::vector<std::string>()> not_ready;
};

}  // namespace api
