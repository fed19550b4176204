// What a Key holds; for key.cc and verify.cc only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "crypto/asymmetric_key.h"
#include "crypto/digest.h"
#include "jwt/key.h"

namespace jwt {

/// One row of the table of algorithms. A secret works with the digest, a key pair with the signature.
struct AlgorithmRow {
  Algorithm algorithm;
  std::string_view name;
  std::variant<crypto::HashAlg, crypto::SignatureAlg> primitive;
};

const AlgorithmRow& row_of(Algorithm algorithm) noexcept;

struct Key::Impl {
  const AlgorithmRow& row;
  std::variant<util::Secret, crypto::AsymmetricKey> material;
  std::string kid;
  std::string header;    // the base64url of the header that this key writes
  util::Secret derived;  // for keyed_digest; empty: a public key
};

}  // namespace jwt
