// Percent-encoding (RFC 3986 section 2.1), as Python's urllib.parse.unquote takes it: a `%` without two
// hexadecimal digits stands for itself.
#pragma once

#include <string>
#include <string_view>

namespace http {

enum class Plus { stays, is_space };  // is_space: application/x-www-form-urlencoded

/// Section 2.3: means the same encoded or not.
constexpr bool is_unreserved(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Bytes; whether they are text is another question (charset.h).
std::string percent_decoded(std::string_view text, Plus plus);

/// Appends `text` with all but unreserved characters (section 2.3) and those of `also` encoded.
void append_percent_encoded(std::string& out, std::string_view text, std::string_view also = {});

}  // namespace http
