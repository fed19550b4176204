#include "http/header_value.h"

#include <algorithm>

#include "http/percent.h"
#include "util/ascii.h"

namespace http {
namespace {

using util::ascii::lower;

constexpr std::string_view kSpace = " \t\n\r\v\f";

/// End of the piece at the start of `text`: the first semicolon outside quotes, or the end.
std::size_t piece_length(std::string_view text) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ';' && !quoted) return i;
  }
  return text.size();
}

struct Parameter {
  std::string_view name;  // without the star
  std::string_view value;
  bool extended = false;  // `name*=`
};

/// Takes the next parameter off `text`, which starts with its semicolon. Pieces without `=` are skipped.
bool next(std::string_view& text, Parameter& parameter) noexcept {
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t length = piece_length(text);
    const std::string_view piece = text.substr(0, length);
    text.remove_prefix(length);
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos) continue;
    parameter.name = trim(piece.substr(0, equals));
    parameter.value = trim(piece.substr(equals + 1));
    parameter.extended = parameter.name.ends_with('*');
    if (parameter.extended) parameter.name.remove_suffix(1);
    return true;
  }
  return false;
}

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  value = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool escape =
        value[i] == '\\' && i + 1 < value.size() && (value[i + 1] == '\\' || value[i + 1] == '"');
    if (escape) ++i;
    out += value[i];
  }
  return out;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

HeaderValue::HeaderValue(std::string_view text) noexcept {
  const std::size_t length = piece_length(text);
  head_ = trim(text.substr(0, length));
  parameters_ = text.substr(length);
}

std::optional<std::string> HeaderValue::parameter(std::string_view name) const {
  Parameter found;
  bool any = false;
  Parameter each;
  for (std::string_view rest = parameters_; next(rest, each);) {
    if (!equal_ignoring_case(each.name, name)) continue;
    found = each;
    any = true;
  }
  if (!any) return std::nullopt;
  std::string value = unquoted(found.value);
  if (found.extended && std::count(value.begin(), value.end(), '\'') == 2) {
    return percent_decoded(std::string_view(value).substr(value.rfind('\'') + 1), Plus::stays);
  }
  return value;
}

bool HeaderValue::is_qualified() const noexcept {
  Parameter each;
  for (std::string_view rest = parameters_; next(rest, each);) {
    if (!equal_ignoring_case(each.name, "q")) return true;
  }
  return false;
}

bool covers(std::string_view head, std::string_view main, std::string_view sub) noexcept {
  const std::size_t slash = head.find('/');
  const std::string_view head_main = head.substr(0, slash);
  const std::string_view head_sub =
      slash == std::string_view::npos ? std::string_view() : head.substr(slash + 1);
  return (head_sub == "*" || equal_ignoring_case(head_sub, sub)) &&
         (head_main == "*" || equal_ignoring_case(head_main, main));
}

}  // namespace http
