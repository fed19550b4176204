// Names by their letters alone.
#pragma once

#include <string>
#include <string_view>

namespace util::unicode {

/// Case folded and without marks: at least what an accent-insensitive collation takes for the same letters.
std::string base_letters(std::string_view text);

}  // namespace util::unicode
