// Names by their letters alone.
#pragma once

#include <string>
#include <string_view>

namespace util::unicode {

/// Case folded, decomposed, without marks, blanks, and characters that have no weight: what an accent-insensitive
/// collation takes for the same letters, but for a few that one takes for others (sharp s, ligatures).
std::string base_letters(std::string_view text);

}  // namespace util::unicode
