// A value as it was found, before its key says what it means. Inside config only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/key.h"

namespace config {

/// A TOML value that no key takes: "an array", "a date" …
struct Foreign {
  std::string_view what;
};

using Value = std::variant<std::string, std::int64_t, double, bool, Foreign>;

/// Environment variables are text: a number or a truth value where the key wants one.
Value from_text(const Key& key, std::string text);

/// Sets the member. Otherwise what is wrong with the value, without a secret. Not for Hidden.
std::optional<std::string> assign(const Key& key, const Value& value, Config& config);

/// "is a string", "is a whole number" …
std::string type_of(const Value& value);

}  // namespace config
