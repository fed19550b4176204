#include "http/cookie.h"

#include "http/header_value.h"

namespace http {

std::optional<std::string_view> cookie(std::string_view header, std::string_view name) noexcept {
  while (!header.empty()) {
    const std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(pair.size() < header.size() ? pair.size() + 1 : pair.size());
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    std::string_view value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

std::string set_cookie(std::string_view name, std::string_view value, std::chrono::seconds life,
                       CookieRules rules) {
  std::string out(name);
  out.append("=").append(value).append("; Path=").append(rules.path);
  out.append("; Max-Age=").append(std::to_string(life.count()));
  if (rules.http_only) out += "; HttpOnly";
  return out += "; Secure; SameSite=Strict";
}

}  // namespace http
