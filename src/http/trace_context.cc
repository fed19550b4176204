#include "http/trace_context.h"

#include <algorithm>

namespace http {
namespace {

/// 00-TRACE-PARENT-FLAGS
constexpr std::size_t kLength = 55;

bool is_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) noexcept {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::optional<TraceContext> read_traceparent(std::string_view header) noexcept {
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  if (!is_hex(version) || version == "ff" || !is_hex(header.substr(53, 2))) return std::nullopt;
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return std::nullopt;
  const TraceContext context{header.substr(3, 32), header.substr(36, 16)};
  if (!is_id(context.trace) || !is_id(context.parent)) return std::nullopt;
  return context;
}

}  // namespace http
