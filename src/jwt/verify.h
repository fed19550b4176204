// From foreign bytes to claims that a key vouches for. Nothing here looks at the claims' meaning:
// times, types and audiences are tokens/'s.
#pragma once

#include <span>
#include <string_view>

#include "json/value.h"
#include "jwt/header.h"
#include "jwt/key.h"
#include "util/error.h"

namespace jwt {

enum class Defect {
  malformed,        // not three canonical base64url parts, too long, header or claims no JSON object,
                    // `crit` or an embedded key in the header
  unknown_key,      // a `kid` that no key has
  wrong_algorithm,  // the header's alg is not the one that the key is for
  bad_signature,
};

struct Vouched {
  json::Value claims;
  const Key* key;  // the one that vouches, out of those that were given
};

inline constexpr std::size_t max_token_bytes = 8192;

/// Strict compact form (RFC 7515 section 3.1) first, then the signature. With a `kid` in the header
/// only the key of that name is tried; without, every key whose algorithm fits. A key without a name
/// ignores the header's `kid` as simplejwt does, unless a named key exists in `keys`.
util::Result<Vouched, Defect> verify(std::string_view token, std::span<const Key* const> keys,
                                     HeaderType types = HeaderType::jwt);

}  // namespace jwt
