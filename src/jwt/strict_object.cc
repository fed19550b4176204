#include "jwt/strict_object.h"

#include <cstddef>
#include <utility>

#include "json/parse.h"

namespace jwt {
namespace {

/// Members of all objects in `value`.
std::size_t members(const json::Value& value) {
  std::size_t count = 0;
  if (value.is(json::Type::object)) {
    value.each([&](std::string_view, const json::Value& member) { count += 1 + members(member); });
  } else if (value.is(json::Type::array)) {
    for (std::size_t i = 0; i < value.size(); ++i) count += members(value.at(i));
  }
  return count;
}

/// Colons outside strings. In well-formed JSON each belongs to one member.
std::size_t colons(std::string_view json) {
  std::size_t count = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') {
      in_string = !in_string;
    } else if (in_string) {
      if (json[i] == '\\') ++i;
    } else if (json[i] == ':') {
      ++count;
    }
  }
  return count;
}

}  // namespace

std::optional<json::Value> parse_strict_object(std::string_view text) {
  auto value = json::parse(text);
  if (!value || !value->is(json::Type::object)) return std::nullopt;
  // Of a repeated name the parser keeps one, so the text has more members than the tree.
  if (members(*value) != colons(text)) return std::nullopt;
  return std::move(*value);
}

}  // namespace jwt
