// Text to Value, with limits, and with Python's sentences for what is wrong: API clients of Django
// match on them. Jansson parses; a scan of our own finds the sentence when Jansson refuses.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"
#include "util/error.h"

namespace json {

struct ParseError {
  /// json.JSONDecodeError's form: `Expecting value: line 1 column 13 (char 12)`. Columns and chars
  /// count code points, from 1 and from 0.
  std::string message;
};

struct Limits {
  std::size_t depth = 64;
};

/// Any JSON text (also a scalar at the top). NUL escapes are kept. Of a repeated key the last wins.
/// Integers beyond 64 bits are kept as a string of their digits, so that nothing is rounded.
util::Result<Value, ParseError> parse(std::string_view text, Limits limits = {});

}  // namespace json
