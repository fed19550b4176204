// Base64 as MIME bodies carry it: characters outside the alphabet, such as line ends, are passed over
// (RFC 2045 section 6.8). For tokens and hashes there is the strict form in util/encoding.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

/// As Python's base64.b64decode: what follows full padding is ignored. Nothing when the padding is short.
std::optional<std::string> from_lenient_base64(std::string_view text);

}  // namespace http
