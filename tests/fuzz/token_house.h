// One algorithm: a key, the tokens that it signed, and everything that judges tokens, at one moment.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "tests/tokens/fakes.h"
#include "tokens/bearer.h"
#include "tokens/issuer.h"
#include "tokens/user_directory.h"
#include "tokens/verifier.h"

namespace fuzz {

class TokenHouse {
 public:
  explicit TokenHouse(jwt::Algorithm algorithm);

  std::string_view name() const { return jwt::name(ring_.signing_key()->algorithm()); }
  const std::string& access() const { return pair_.access; }
  const std::string& refresh() const { return pair_.refresh; }
  bool issued(std::string_view token) const { return token == pair_.access || token == pair_.refresh; }
  /// The public key as it is published; empty: a secret.
  const std::string& public_pem() const { return public_pem_; }

  /// By the verifier, as a token of either type.
  bool verifies(std::string_view token) const;
  /// By the bearer check, whose cache knows the access token. Blanks around it are the header's.
  bool lets_in(std::string_view token);

 private:
  tokens_test::ManualClock clock_;
  util_test::CountingRandom random_;
  tokens_test::FakeUsers users_;
  std::string public_pem_;
  tokens::KeyRing ring_;
  tokens::Issuer issuer_{ring_, clock_, random_, {}};
  tokens::Verifier verifier_{ring_, clock_, {}};
  tokens::UserDirectory directory_{users_, {}};
  tokens::BearerAuthenticator bearer_{verifier_, directory_, clock_, {}};
  tokens::TokenPair pair_;
};

/// HS256, RS256, ES256 and EdDSA, made once.
std::deque<TokenHouse>& token_houses();

}  // namespace fuzz
