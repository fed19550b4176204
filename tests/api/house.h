// The whole request path over a UserStore in memory: what daemon/app.cc builds, for tests of api/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "accounts/fake_user_store.h"
#include "api/app.h"
#include "tokens/simplejwt_tokens.h"

namespace api_test {

/// Cheap hashes: what is tested here is the path, not the hash.
inline crypto::PasswordParams cheap_hashes() {
  crypto::PasswordParams params;
  params.hasher = crypto::Hasher::pbkdf2_sha256;
  params.pbkdf2_iterations = 10;
  return params;
}

inline tokens::KeyRing test_keys() {
  tokens::KeyRingOptions options;
  options.algorithm = jwt::Algorithm::hs256;
  options.secret = util::Secret("a secret of more than thirty-two bytes for tests");
  return std::move(tokens::KeyRing::open(std::move(options)).value());
}

struct House {
  explicit House(api::ApiOptions options = {})
      : refresh_tokens{verifier,
                       issuer,
                       {directory, clock, {}},
                       nullptr,
                       nullptr,
                       clock,
                       {.simplejwt_5_2 = options.simplejwt_5_2}},
        services{options, registration, credentials, refresh_tokens, bearer, [this] { return missing; }} {}

  accounts_test::FakeUserStore users;
  accounts_test::FixedClock clock;
  util::SystemRandom random;
  accounts::PasswordPolicy policy{{}, {}};
  crypto::PasswordHashes hashes{cheap_hashes(), random};
  accounts::Registration registration{users, policy, hashes, clock, {}};
  accounts::Credentials credentials{users, hashes, clock, {}};
  tokens::KeyRing keys = test_keys();
  tokens::Issuer issuer{keys, clock, random, {}};
  tokens::Verifier verifier{keys, clock, {}};
  tokens::UserDirectory directory{users, {}};
  tokens::BearerAuthenticator bearer{verifier, directory, clock, {}};
  tokens::SimpleJwtTokens refresh_tokens;
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
    auto response = app.handle(made, app.lane(made));
    return response ? std::move(*response) : app.handle(made, api::Lane::database).value();
  }
  http::Response send(std::string_view method, std::string_view path, std::string_view body = {}) {
    return send(request(method, path, body));
  }
};

}  // namespace api_test
