#include "api/cookies.h"

#include <algorithm>

#include "http/cookie.h"
#include "http/header_value.h"
#include "util/encoding.h"
#include "util/secret.h"

namespace api {
namespace {

constexpr http::CookieRules kTokenRules{};
constexpr http::CookieRules kCsrfRules{.http_only = false};

std::string_view bytes_of(const auto& array) noexcept {
  return {reinterpret_cast<const char*>(array.data()), array.size()};
}

std::string csrf_token(const jwt::Key& key, const store::SessionId& session) {
  return util::to_hex(key.keyed_digest("jwtauthd csrf", bytes_of(session)));
}

void add(http::Response& response, std::string cookie) {
  response.headers.emplace_back("Set-Cookie", std::move(cookie));
}

/// What an Authorization header would say of the access token in the cookie; empty when there is none.
std::string authorization_of_cookie(const http::Request& request, const ApiOptions& options) {
  if (!options.access_cookie) return {};
  const auto token = http::cookie(request.cookie, kAccessCookie);
  return token && !token->empty() ? options.scheme + " " + std::string(*token) : std::string();
}

}  // namespace

std::optional<std::string_view> refresh_cookie(const http::Request& request, const ApiOptions& options) {
  if (!options.cookies) return std::nullopt;
  const auto token = http::cookie(request.cookie, kRefreshCookie);
  return token && !token->empty() ? token : std::nullopt;
}

Authenticated authenticate(Services& services, const http::Request& request, bool may_ask_database,
                           tokens::Accepts accepts) {
  auto outcome = services.bearer.authenticate(request.authorization, may_ask_database, accepts);
  const auto* defect = std::get_if<tokens::BearerDefect>(&outcome);
  if (defect == nullptr || *defect != tokens::BearerDefect::absent) return {std::move(outcome), false};
  const std::string cookie = authorization_of_cookie(request, services.options);
  if (cookie.empty()) return {std::move(outcome), false};
  return {services.bearer.authenticate(cookie, may_ask_database, accepts), true};
}

bool is_same_origin(const http::Request& request) noexcept {
  if (!request.fetch_site.empty()) return request.fetch_site == "same-origin" || request.fetch_site == "none";
  if (request.origin.empty()) return true;
  // The cookies are Secure, so that our own origin is one of https.
  constexpr std::string_view scheme = "https://";
  return request.origin.starts_with(scheme) &&
         http::equal_ignoring_case(request.origin.substr(scheme.size()), request.host);
}

void set_login_cookies(http::Response& response, const Services& services, const LoginCookies& login) {
  const ApiOptions& options = services.options;
  if (!options.cookies) return;
  if (!login.refresh.empty()) {
    add(response, http::set_cookie(kRefreshCookie, login.refresh, options.refresh_lifetime, kTokenRules));
  }
  if (options.access_cookie) {
    add(response, http::set_cookie(kAccessCookie, login.access, options.access_lifetime, kTokenRules));
  }
  add(response, http::set_cookie(kCsrfCookie, csrf_token(*services.keys.signing_key(), login.session),
                                 options.refresh_lifetime, kCsrfRules));
}

void clear_login_cookies(http::Response& response, const ApiOptions& options) {
  if (!options.cookies) return;
  add(response, http::set_cookie(kRefreshCookie, "", std::chrono::seconds(0), kTokenRules));
  if (options.access_cookie) {
    add(response, http::set_cookie(kAccessCookie, "", std::chrono::seconds(0), kTokenRules));
  }
  add(response, http::set_cookie(kCsrfCookie, "", std::chrono::seconds(0), kCsrfRules));
}

std::optional<http::Response> csrf_refusal(const http::Request& request, const Services& services,
                                           const store::SessionId& session) {
  if (request.csrf_token.empty()) return http::detail(403, "CSRF Failed: CSRF token missing.");
  // By any key of the ring, so that a change of the signing key logs nobody out.
  const auto keys = services.keys.verifying_keys();
  const bool right = std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
    return util::equal_constant_time(csrf_token(*key, session), request.csrf_token);
  });
  if (right) return std::nullopt;
  return http::detail(403, "CSRF Failed: CSRF token incorrect.");
}

bool is_safe(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace api
