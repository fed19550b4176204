// Tokens of any sort, correctly signed unless a test says otherwise: so what is refused is refused for
// its form.
#pragma once

#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "util/encoding.h"

namespace jwt_test {

inline constexpr std::string_view secret = "forge-secret-5f7a91c2e8d04b36-aa17";
inline constexpr std::string_view header = R"({"alg":"HS256","typ":"JWT"})";
inline constexpr std::string_view claims = R"({"exp":4102444800,"user_id":7})";

/// Signs what stands before the signature, whatever it is.
inline std::string with_signature(const std::string& signed_part, std::string_view key = secret,
                                  crypto::HashAlg hash = crypto::HashAlg::sha256) {
  return signed_part + "." + util::to_base64url(crypto::hmac(hash, key, signed_part));
}

inline std::string forge(std::string_view header_text, std::string_view claims_text,
                         std::string_view key = secret, crypto::HashAlg hash = crypto::HashAlg::sha256) {
  return with_signature(util::to_base64url(header_text) + "." + util::to_base64url(claims_text), key, hash);
}

}  // namespace jwt_test
