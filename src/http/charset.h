// Bytes of a body to text.
#pragma once

#include <string>
#include <string_view>

namespace http {

/// What a Content-Type may name in its charset parameter. Django knows a hundred more, which nobody
/// sends: they and unknown names count as UTF-8.
enum class Charset { utf8, latin1 };

Charset charset_of(std::string_view content_type);

/// UTF-8, with U+FFFD for each sequence that is not well-formed (Unicode's maximal subparts, as Python
/// and browsers replace them).
std::string to_text(std::string_view bytes, Charset charset);

}  // namespace http
