#include "json/parse.h"

#include <jansson.h>

#include <algorithm>
#include <utility>

#include "json/access.h"
#include "json/ill_formed.h"
#include "json/reader.h"
#include "util/unicode.h"

namespace json {
namespace {

/// The stack that the reader, Jansson and json_decref use a level is a few hundred bytes: a thousand
/// levels fit in any thread.
constexpr std::size_t kMaxDepth = 1000;

/// Whether the text may go to Jansson, which recurses, and which overlooks a NUL byte behind a number
/// or a word (2.14: `[1\0]` is `[1]` to it).
bool suits_jansson(std::string_view text, std::size_t max_depth) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '\0':
        return false;
      case '"':
        in_string = !in_string;
        break;
      case '\\':
        if (in_string) ++i;
        break;
      case '[':
      case '{':
        if (!in_string && ++depth > max_depth) return false;
        break;
      case ']':
      case '}':
        if (!in_string && depth > 0) --depth;
        break;
      default:
        break;
    }
  }
  return true;
}

util::Result<Value, ParseError> read(std::string_view text, std::size_t depth) {
  Reader reader(text, depth);
  JsonPtr json = reader.read();
  if (!json) return util::unexpected(ParseError{reader.error()});
  return Access::adopt(std::move(json));
}

}  // namespace

util::Result<Value, ParseError> parse(std::string_view text, Limits limits) {
  const std::size_t depth = std::min(limits.depth, kMaxDepth);
  if (suits_jansson(text, depth)) {
    json_error_t ignored;
    JsonPtr json(json_loadb(text.data(), text.size(), JSON_ALLOW_NUL | JSON_DECODE_ANY, &ignored));
    if (json) return Access::adopt(std::move(json));
  }

  const std::size_t bad = util::unicode::first_invalid_byte(text);
  if (bad == std::string_view::npos) return read(text, depth);
  const IllFormed fault = ill_formed(text, bad);
  if (fault.kind == IllFormed::Kind::end_of_data) {
    // Python decodes a stream, and reads what stands before the cut sequence.
    util::Result<Value, ParseError> before = read(text.substr(0, bad), depth);
    if (!before) return before;
  }
  return util::unexpected(ParseError{sentence(text, bad, fault)});
}

}  // namespace json
