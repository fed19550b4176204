// The whole request path over a UserStore in memory: what daemon/app.cc builds, for tests of api/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "accounts/fake_session_store.h"
#include "accounts/fake_throttle_store.h"
#include "api/app.h"
#include "tests/crypto/cheap_hashes.h"
#include "tests/tokens/fake_personal_tokens.h"
#include "tokens/session_tokens.h"
#include "tokens/simplejwt_tokens.h"

namespace api_test {

/// Cheap hashes: what is tested here is the path, not the hash.
inline tokens::KeyRing test_keys() {
  tokens::KeyRingOptions options;
  options.algorithm = jwt::Algorithm::hs256;
  options.secret = util::Secret("a secret of more than thirty-two bytes for tests");
  return std::move(tokens::KeyRing::open(std::move(options)).value());
}

struct House {
  explicit House(api::ApiOptions options = {}, std::vector<tokens::CredentialSource*> sources = {})
      : simplejwt_tokens{verifier,
                         issuer,
                         user_of_token,
                         nullptr,
                         &audit,
                         clock,
                         {.simplejwt_5_2 = options.simplejwt_5_2}},
        bearer{verifier,
               directory,
               clock,
               {},
               options.sessions ? &feed : nullptr,
               and_personal(std::move(sources))},
        services{options,
                 registration,
                 credentials,
                 password_change,
                 profile,
                 clients,
                 keys,
                 verifier,
                 options.sessions ? static_cast<tokens::RefreshTokens&>(session_tokens) : simplejwt_tokens,
                 options.sessions ? &session_tokens : nullptr,
                 bearer,
                 user_of_token,
                 directory,
                 sessions,
                 personal_tokens,
                 gateway_tokens,
                 clock,
                 [this] { return missing; }} {
    feed.poll_once();
  }

  std::vector<tokens::CredentialSource*> and_personal(std::vector<tokens::CredentialSource*> sources) {
    sources.push_back(&personal_tokens);
    return sources;
  }

  accounts_test::FakeUserStore users;
  accounts_test::FakeSessionStore session_rows{users};
  accounts_test::FakeRevocationStore revocations;
  accounts_test::FakeAuditStore audit;
  accounts_test::FakeThrottleStore failures;
  accounts_test::FixedClock clock;
  util::SystemRandom random;
  accounts::PasswordPolicy policy{{}, {}};
  crypto::PasswordHashes hashes{cheap_hashes::cheap(), random};
  accounts::Registration registration{users, policy, hashes, clock, {}};
  accounts::Throttle throttle{failures, &session_rows, &audit, clock, {}};
  accounts::Credentials credentials{users, hashes, clock, {}, &throttle};
  accounts::PasswordChange password_change{credentials, policy, hashes, session_rows};
  accounts::Profile profile{users, session_rows, credentials, clock, {}};
  accounts::ServiceClients clients;
  tokens::KeyRing keys = test_keys();
  tokens::Issuer issuer{keys, clock, random, {}};
  tokens::Verifier verifier{keys, clock, {}};
  tokens::UserDirectory directory{users, {}};
  tokens::TokenUsers user_of_token{directory, clock, {}};
  tokens::RevocationFeed feed{revocations, clock, {}};
  tokens::Sessions sessions{session_rows, feed, clock, {}};
  tokens::SessionTokens session_tokens{verifier, issuer, user_of_token, session_rows, sessions, feed,
                                       &audit,   clock,  random,        {},           nullptr};
  tokens_test::FakePersonalTokens personal_token_rows{
      [this](const store::Revocation& one) { revocations.rows.push_back(one); }, audit};
  tokens::PersonalTokens personal_tokens{personal_token_rows, feed, clock, random, {.max_per_user = 3}};
  tokens::SimpleJwtTokens simplejwt_tokens;
  tokens::BearerAuthenticator bearer;
  tokens::GatewayTokens gateway_tokens{keys, clock, {}};
  std::vector<std::string> missing;  // what /readyz shall tell
  api::Services services;
  api::App app{services};

  store::User& add_user(const std::string& username, const std::string& password) {
    return users.add(username, hashes.encode(password), username + "@example.com");
  }

  static http::Request request(std::string_view method, std::string_view path, std::string_view body = {}) {
    http::Request made;
    made.method = method;
    made.path = path;
    made.content_type = "application/json";
    made.body = body;
    made.request_id = "test-request";
    return made;
  }

  /// As daemon/ does it: on the lane that is asked for, and once more on the database lane if need be.
  http::Response send(const http::Request& made) {
    if (app.lane(made) == api::Lane::refresh) return send_together({&made}).at(0);
    auto response = app.handle(made, app.lane(made));
    return response ? std::move(*response) : app.handle(made, api::Lane::database).value();
  }
  std::vector<http::Response> send_together(std::vector<const http::Request*> made) {
    std::vector<http::Response> responses(made.size());
    std::vector<int> replies(made.size());
    app.handle_together(made, [&](std::size_t i, const http::Response& response) {
      responses.at(i) = response;
      ++replies.at(i);
    });
    if (replies != std::vector<int>(made.size(), 1)) throw std::logic_error("not one answer to each");
    return responses;
  }
  http::Response send(std::string_view method, std::string_view path, std::string_view body = {}) {
    return send(request(method, path, body));
  }
};

}  // namespace api_test
