// Cookies (RFC 6265): those of a request, and the one line that sets one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace http {

/// The value of the first cookie of that name in a Cookie header (section 5.4: the one of the longest path
/// stands first), without the quotes that may stand round it. A view into the header.
std::optional<std::string_view> cookie(std::string_view header, std::string_view name) noexcept;

struct CookieRules {
  std::string_view path = "/";
  bool http_only = true;  // not for scripts
};

/// The value of a Set-Cookie header: Secure and SameSite=Strict besides. `value` is of RFC 6265's
/// cookie-octets. A life of 0 takes the cookie away.
std::string set_cookie(std::string_view name, std::string_view value, std::chrono::seconds life,
                       CookieRules rules);

}  // namespace http
