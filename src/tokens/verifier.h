// Signature, times, issuer, audience, type, jti: what simplejwt's Token.__init__ checks, in its order.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tokens/claims.h"
#include "tokens/key_ring.h"
#include "util/clock.h"
#include "util/error.h"

namespace tokens {

struct VerifierOptions {
  std::chrono::seconds leeway{0};
  std::string issuer;    // empty: not checked
  std::string audience;  // empty: not checked (a stray aud is fine)
  std::string jti_claim = "jti";
  std::string token_type_claim = "token_type";
};

class Verifier {
 public:
  Verifier(const KeyRing& keys, const util::Clock& clock, VerifierOptions options);

  /// `expected`: nothing = either type (the verify endpoint).
  util::Result<Verified, TokenDefect> verify(std::string_view token, std::optional<TokenType> expected) const;

  const std::string& jti_claim() const noexcept { return options_.jti_claim; }

  bool is_refresh_token(const json::Value& claims) const;

  /// Whether the time of a token that ends at `expires` is over at `now`.
  bool expired(std::int64_t expires, std::int64_t now) const noexcept {
    return expires <= now - options_.leeway.count();
  }

 private:
  bool meant_for_us(const json::Value& claims) const;
  std::optional<TokenDefect> check_form(const json::Value& claims, std::optional<TokenType> expected) const;

  const KeyRing& keys_;
  const util::Clock& clock_;
  VerifierOptions options_;
};

}  // namespace tokens
