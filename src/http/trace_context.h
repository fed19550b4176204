// The header `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context/, section 3.2).
#pragma once

#include <optional>
#include <string_view>

namespace http {

struct TraceContext {
  std::string_view trace;   // trace-id, 32 lower-case hexadecimal digits
  std::string_view parent;  // parent-id, 16 of them
};

/// Views into `header`. Nothing unless it is well-formed: version 00 to the last character, of a later
/// version the part that is the same.
std::optional<TraceContext> read_traceparent(std::string_view header) noexcept;

}  // namespace http
