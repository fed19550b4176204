// Text to Value, with limits, and with Python's sentences for what is wrong: API clients of Django
// match on them. The tree is Jansson's; the text is read by a reader of our own (reader.h), which takes
// and refuses what Python's json does. Jansson's decoder cannot: it refuses lone surrogates, NUL in
// keys and large numbers, takes `[1\0]` for `[1]`, and needs 4 to 9 times as long for our bodies.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/value.h"
#include "util/error.h"

namespace json {

struct ParseError {
  /// json.JSONDecodeError's form: `Expecting value: line 1 column 13 (char 12)`. Columns and chars
  /// count code points, from 1 and from 0. Valid UTF-8, whatever the text was.
  std::string message;
};

struct Limits {
  std::size_t depth = 64;  // of arrays and objects within each other; at most 1000
};

/// Any JSON text (also a scalar at the top). NUL escapes are kept. Of a repeated key the last wins.
/// Nothing is rounded beyond double: an integer that needs more than 64 bits becomes a string of its
/// digits, a real beyond double the string `inf` or `-inf`, which is Python's text of either.
util::Result<Value, ParseError> parse(std::string_view text, Limits limits = {});

}  // namespace json
