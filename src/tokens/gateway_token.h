// Short tokens by which an upstream sees that the gateway, and nobody else, tells it who the user is.
#pragma once

#include <string>
#include <string_view>

#include "tokens/bearer.h"
#include "tokens/key_ring.h"
#include "util/clock.h"
#include "util/error.h"

namespace tokens {

struct GatewayTokenOptions {
  std::string issuer{};    // `iss`; empty: none
  std::string audience{};  // of our own tokens, for which none is made
  std::string token_type_claim = "token_type";
};

/// Thread-safe.
class GatewayTokens {
 public:
  GatewayTokens(const KeyRing& keys, const util::Clock& clock, GatewayTokenOptions options)
      : keys_(keys), clock_(clock), options_(std::move(options)) {}

  /// For one minute, or until the credential expires. `token_type` is "gateway", and there is no `jti`: no
  /// endpoint of ours takes it for one of its own. `sub` is the user's id; of another issuer's subject it is
  /// that issuer, a `|` and the subject, which no id of ours can be. Names, scope and groups that would take
  /// more than a kilobyte are left out whole. The error's sentence is for the log: a shared secret signs
  /// none, since whoever checks could forge.
  util::Result<std::string> issue(const Principal& principal, std::string_view audience) const;

 private:
  const KeyRing& keys_;
  const util::Clock& clock_;
  const GatewayTokenOptions options_;
};

}  // namespace tokens
