// Digests and MACs, over OpenSSL.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace crypto {

using Sha256 = std::array<unsigned char, 32>;
using Md5 = std::array<unsigned char, 16>;

Sha256 sha256(std::string_view data);
/// For what Django and simplejwt compare by it; it protects nothing.
Md5 md5(std::string_view data);
Sha256 hmac_sha256(std::string_view key, std::string_view data);

enum class HashAlg { sha256, sha384, sha512 };
/// The digest's bytes (32, 48 or 64).
std::string digest(HashAlg alg, std::string_view data);
/// The MAC's bytes (32, 48 or 64). RFC 2104.
std::string hmac(HashAlg alg, std::string_view key, std::string_view data);

}  // namespace crypto
