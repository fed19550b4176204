// The strict reading of a compact serialization (RFC 7515 section 3.1), before any library sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jwt {

/// The views are into the token.
struct Compact {
  std::string_view signed_part;     // header.claims, as it was signed
  std::string_view encoded_header;  // base64url
  std::string claims;               // decoded
  std::string signature;            // decoded
};

/// Nothing unless there are exactly three parts, none empty, each canonical base64url without padding,
/// in at most max_token_bytes.
std::optional<Compact> split_compact(std::string_view token);

}  // namespace jwt
