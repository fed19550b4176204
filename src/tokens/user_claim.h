// Which user a token names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "json/value.h"

namespace tokens {

inline constexpr std::int64_t nobody = 0;

/// Nothing: the claims have no such member. `nobody`: it names none that can exist. As Django reads an
/// integer key: numbers (a fraction is cut off) and strings of digits; where Django fails with 500
/// (words, lists) the answer is `nobody`, and so it is for booleans, which Django takes for 0 and 1.
std::optional<std::int64_t> named_user(const json::Value& claims, std::string_view claim);

}  // namespace tokens
