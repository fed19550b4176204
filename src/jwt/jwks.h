// The public keys of another issuer: a JWK set (RFC 7517 section 5).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jwt/key.h"
#include "util/error.h"

namespace jwt {

struct PublishedKey {
  Key key;
  std::string thumbprint;  // RFC 7638
};

struct JwkSet {
  std::vector<PublishedKey> keys;        // at least one
  std::vector<std::string> passed_over;  // one sentence for each key that is not among them
};

inline constexpr std::size_t max_jwk_set_bytes = 128 * 1024;
inline constexpr std::size_t max_jwk_set_keys = 64;

/// Keys that verify, by an algorithm that is `allowed` (none: any of ours that takes a key pair). A key that
/// names no algorithm is for the first allowed one of its type. Passes over what is for encryption, of an
/// unknown type or curve, or has numbers that crypto::AsymmetricKey refuses, as section 5 wants; refuses the
/// whole set when it holds a private or a symmetric key, or none that can be used.
util::Result<JwkSet> read_jwk_set(std::string_view text, std::span<const Algorithm> allowed = {});

}  // namespace jwt
