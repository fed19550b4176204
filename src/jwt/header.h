// The JOSE header (RFC 7515 section 4), as far as we let it speak.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jwt {

struct Header {
  std::string algorithm;  // empty when there is none
  bool has_kid = false;
  std::string kid;  // empty when it is no string
};

/// What `typ` may say, if it is there.
enum class HeaderType {
  jwt,
  jwt_or_access,  // also RFC 9068's `at+jwt`, as other issuers mark access tokens
};

/// `encoded` is base64url. Nothing when it is no JSON object, or asks for something that we do not do:
/// an extension that must be understood, or a key of its own choosing (RFC 8725 section 3.10).
std::optional<Header> read_header(std::string_view encoded, HeaderType types = HeaderType::jwt);

}  // namespace jwt
