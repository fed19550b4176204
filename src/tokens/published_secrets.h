// Secrets that the whole world knows.
#pragma once

#include <string_view>

namespace tokens {

/// True for secrets that manuals, tutorials and token debuggers print, whole or in part, and for
/// fillers such as one character repeated.
bool is_published(std::string_view secret);

}  // namespace tokens
