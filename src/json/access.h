// Inside the room: the way from a Value to Jansson's tree and back.
#pragma once

#include <jansson.h>

#include <memory>
#include <new>

#include "json/value.h"

namespace json {

struct JsonFree {
  void operator()(json_t* json) const noexcept { json_decref(json); }
};
using JsonPtr = std::unique_ptr<json_t, JsonFree>;

/// What Jansson made, which gives null when there is no memory.
inline JsonPtr or_throw(json_t* json) {
  if (json == nullptr) throw std::bad_alloc();
  return JsonPtr(json);
}

struct Access {
  static Value adopt(JsonPtr json) noexcept { return Value(json.release()); }
  static const json_t* tree(const Value& value) noexcept { return value.json_; }
};

/// A string that held lone surrogates carries a tail behind its text: 0xFF, which no UTF-8 has, and the
/// first of the surrogates, high byte first.
inline constexpr char kSurrogateMark = '\xff';
inline constexpr std::size_t kSurrogateTail = 3;

/// The text of a Jansson string, without the tail.
std::string_view text_of(const json_t* string) noexcept;

}  // namespace json
