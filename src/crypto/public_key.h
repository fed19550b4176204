// A public key out of the numbers that a JWK holds (RFC 7518 section 6, RFC 8037 section 2).
#pragma once

#include <cstddef>
#include <string_view>

#include "crypto/asymmetric_key.h"
#include "crypto/openssl_handles.h"
#include "util/error.h"

namespace crypto {

/// Bytes of one coordinate or scalar: RFC 7518 sections 3.4 and 6.2.1.2. 0: no EC key.
std::size_t field_bytes(KeyType type) noexcept;

/// The numbers as AsymmetricKey::from_public takes them.
util::Result<EvpPkeyPtr> read_public_key(KeyType type, std::string_view first, std::string_view second);

}  // namespace crypto
