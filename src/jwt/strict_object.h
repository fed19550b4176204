// JSON objects as RFC 7515 section 4 and RFC 7519 section 4 let us read them: names are unique.
#pragma once

#include <optional>
#include <string_view>

#include "json/value.h"

namespace jwt {

/// Nothing unless `text` is a JSON object in which no object, at any depth, has a name twice: parsers
/// disagree about which one counts.
std::optional<json::Value> parse_strict_object(std::string_view text);

}  // namespace jwt
