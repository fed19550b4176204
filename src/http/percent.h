// Percent-encoding (RFC 3986 section 2.1), as Python's urllib.parse.unquote takes it: a `%` without two
// hexadecimal digits stands for itself.
#pragma once

#include <string>
#include <string_view>

namespace http {

enum class Plus { stays, is_space };  // is_space: application/x-www-form-urlencoded

/// Bytes; whether they are text is another question (charset.h).
std::string percent_decoded(std::string_view text, Plus plus);

}  // namespace http
