#include "json/parse.h"

#include <algorithm>
#include <utility>

#include "json/access.h"
#include "json/ill_formed.h"
#include "json/reader.h"
#include "util/unicode.h"

namespace json {
namespace {

/// A level takes the reader and json_decref a few hundred bytes of stack: a thousand fit in any thread.
constexpr std::size_t kMaxDepth = 1000;

util::Result<Value, ParseError> read(std::string_view text, std::size_t depth) {
  Reader reader(text, depth);
  JsonPtr json = reader.read();
  if (!json) return util::unexpected(ParseError{reader.error()});
  return Access::adopt(std::move(json));
}

}  // namespace

util::Result<Value, ParseError> parse(std::string_view text, Limits limits) {
  const std::size_t depth = std::min(limits.depth, kMaxDepth);
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
