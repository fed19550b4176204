#include "http/accept.h"

#include <algorithm>
#include <optional>
#include <string>

#include "http/form.h"
#include "http/header_value.h"

namespace http {
namespace {

/// How DRF ranks an item of Accept; it takes the best that it can serve, and does not look at `q`.
int specificity(std::string_view head, const HeaderValue& item) noexcept {
  const std::size_t slash = head.find('/');
  if (head.substr(0, slash) == "*") return 0;
  if (slash != std::string_view::npos && head.substr(slash + 1) == "*") return 1;
  return item.is_qualified() ? 3 : 2;
}

/// Python's int() of the parameter, held within 0 to 8; 0 when it is no number.
int indent_of(const HeaderValue& item) {
  constexpr int kMaxIndent = 8;
  const std::optional<std::string> parameter = item.parameter("indent");
  if (!parameter) return 0;
  std::string_view digits = trim(*parameter);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int indent = 0;
  bool after_digit = false;  // int() takes single underscores between digits
  for (const char c : digits) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (c < '0' || c > '9') return 0;
    after_digit = true;
    indent = std::min(indent * 10 + (c - '0'), kMaxIndent + 1);
  }
  return negative || !after_digit ? 0 : std::min(indent, kMaxIndent);
}

Negotiation choose(std::string_view accept, bool html_too) {
  int best = -1;  // twice the specificity, one more for JSON, which DRF prefers to HTML of the same rank
  Negotiation result;
  while (true) {
    const std::size_t comma = std::min(accept.find(','), accept.size());
    const HeaderValue item(trim(accept.substr(0, comma)));
    const bool json = covers(item.head(), "application", "json");
    if (json || (html_too && covers(item.head(), "text", "html"))) {
      const int rank = 2 * specificity(item.head(), item) + (json ? 1 : 0);
      if (rank > best) {
        best = rank;
        result.accepted.indent = json ? indent_of(item) : 0;
      }
    }
    if (comma == accept.size()) break;
    accept.remove_prefix(comma + 1);
  }
  if (best < 0) result.refused = detail(406, "Could not satisfy the request Accept header.");
  return result;
}

}  // namespace

Negotiation negotiate(const Request& request) {
  bool html_too = true;
  if (!request.query.empty()) {
    const std::optional<std::string> format = query_field(request.query, "format");
    if (format && !format->empty()) {
      if (*format != "json") return {{}, detail(404, "Not found.")};
      html_too = false;
    }
  }
  const std::string_view accept = trim(request.accept);
  if (accept.empty() || accept == "*/*" || accept == "application/json") return {};
  return choose(accept, html_too);
}

}  // namespace http
