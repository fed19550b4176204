// What the handlers work with. Built in daemon/application.cc and nowhere else.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "accounts/credentials.h"
#include "accounts/password_change.h"
#include "accounts/profile.h"
#include "accounts/registration.h"
#include "accounts/service_clients.h"
#include "api/documents.h"
#include "tokens/bearer.h"
#include "tokens/gateway_token.h"
#include "tokens/key_ring.h"
#include "tokens/personal_tokens.h"
#include "tokens/refresh_tokens.h"
#include "tokens/session_tokens.h"
#include "tokens/sessions.h"
#include "tokens/token_users.h"
#include "tokens/user_directory.h"
#include "tokens/verifier.h"

namespace api {

struct ApiOptions {
  bool simplejwt_5_2 = false;  // wording and behaviour of simplejwt 5.2 instead of 5.5
  bool registration = true;    // off: /api/register/ is not there
  bool require_email = true;
  bool blacklist = false;  // Django's
  bool sessions = false;   // off: nor are logout and sessions, and without the former nor the blacklist
  bool oauth = false;      // services may revoke and introspect
  bool personal_tokens = true;
  bool docs = true;      // the interface describes itself
  bool cookies = false;  // for browsers; with access_cookie also the access token
  bool access_cookie = false;
  std::string challenge{};        // WWW-Authenticate of a 401; empty: Bearer realm="api"
  std::string scheme = "Bearer";  // of an Authorization header that carries an access token
  std::string jti_claim = "jti";
  std::string token_type_claim = "token_type";
  std::chrono::seconds access_lifetime{300};  // of the cookies
  std::chrono::seconds refresh_lifetime{86400};
  std::string issuer{};                       // tokens.issuer
  std::chrono::seconds key_set_max_age{300};  // how long others may keep the public keys
};

struct Services {
  ApiOptions options;
  accounts::Registration& registration;
  accounts::Credentials& credentials;
  accounts::PasswordChange& password_change;
  accounts::Profile& profile;
  const accounts::ServiceClients& clients;
  const tokens::KeyRing& keys;
  const tokens::Verifier& verifier;
  tokens::RefreshTokens& refresh_tokens;
  tokens::SessionTokens* rotating;  // the same, where they rotate with their sessions; else nullptr
  tokens::BearerAuthenticator& bearer;
  const tokens::TokenUsers& token_users;
  tokens::UserDirectory& directory;
  tokens::Sessions& sessions;
  tokens::PersonalTokens& personal_tokens;
  const tokens::GatewayTokens& gateway_tokens;
  const util::Clock& clock;
  /// What keeps the service from being ready, one sentence each; empty: ready. May ask the database;
  /// throws nothing.
  std::function<std::vector<std::string>()> not_ready;
  /// Of all workers, for GET /metrics.
  std::function<std::string()> metrics_text = [] { return std::string(); };
  Documents documents = documents_of(options);
};

}  // namespace api
