// A value as it was found, before its key says what it means. Inside config only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/key.h"

namespace config {

/// A TOML value that no key takes: "a date or time", an empty section …
struct Foreign {
  std::string_view what;
};

struct Item;
struct List {
  std::vector<Item> items;
};
struct Member;
struct Table {
  std::vector<Member> members;
};

using Value = std::variant<std::string, std::int64_t, double, bool, Foreign, List, Table>;

// Each with its own line: a list may have many.
struct Item {
  Value value;
  std::uint32_t line;
};
struct Member {
  std::string name;
  Value value;
  std::uint32_t line;
};

/// What is wrong with a value, and the line of the part that is; 0: the value's own.
struct Complaint {
  std::string what;
  std::uint32_t line = 0;
};

/// Environment variables are text: a number or a truth value where the key wants one, and TOML where it
/// wants a list or a table.
Value from_text(const Key& key, std::string text);

/// Sets the member. Otherwise what is wrong with the value, without a secret. Not for Hidden.
std::optional<Complaint> assign(const Key& key, const Value& value, Config& config);

/// "is a string", "is a whole number" …
std::string type_of(const Value& value);
/// A string, number or truth value as the file would have it.
std::string show_value(const Value& value);

}  // namespace config
