// The claims of our tokens (RFC 7519, simplejwt's names), and what can be wrong with a token.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "json/value.h"
#include "jwt/key.h"
#include "tokens/key_life.h"

namespace tokens {

enum class TokenType { access, refresh };
std::string_view name(TokenType type) noexcept;  // "access", "refresh"

/// In simplejwt's order of checks; each has one sentence on the wire (api/).
enum class TokenDefect {
  invalid,  // form, key, signature, times of a wrong type or in the future, issuer, audience
  expired,
  no_type,
  wrong_type,
  no_id,      // no jti
  no_expiry,  // no exp
  blacklisted,
};

/// A token that a key of ours vouches for and whose times hold.
struct Verified {
  json::Value claims;                   // all of them, in the token's order
  std::int64_t expires = 0;             // `exp`, seconds since 1970
  std::shared_ptr<const jwt::Key> key;  // the one that vouches for it
  const KeyLife* key_life = nullptr;    // how long that one does; nullptr: as long as the process
};

}  // namespace tokens
