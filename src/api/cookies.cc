#include "api/cookies.h"

#include <algorithm>

#include "http/cookie.h"
#include "http/header_value.h"
#include "util/encoding.h"
#include "util/secret.h"

namespace api {
namespace {

constexpr std::string_view kRefresh = "__Secure-jwtauthd_refresh";
constexpr std::string_view kAccess = "__Secure-jwtauthd_access";
constexpr std::string_view kCsrf = "__Host-jwtauthd_csrf";
constexpr http::CookieRules kRefreshRules{.path = "/api/"};
constexpr http::CookieRules kCsrfRules{.path = "/", .http_only = false};

http::CookieRules access_rules(const ApiOptions& options) {
  return {.path = options.access_cookie_path};
}

std::string_view bytes_of(const auto& array) noexcept {
  return {reinterpret_cast<const char*>(array.data()), array.size()};
}

std::string csrf_token(const jwt::Key& key, const store::SessionId& session) {
  return util::to_hex(bytes_of(key.keyed_digest("jwtauthd csrf", bytes_of(session))));
}

void add(http::Response& response, std::string cookie) {
  response.headers.emplace_back("Set-Cookie", std::move(cookie));
}

}  // namespace

std::optional<std::string_view> refresh_cookie(const http::Request& request, const ApiOptions& options) {
  if (!options.cookies) return std::nullopt;
  const auto token = http::cookie(request.cookie, kRefresh);
  return token && !token->empty() ? token : std::nullopt;
}

std::string authorization_of_cookie(const http::Request& request, const ApiOptions& options) {
  if (!options.access_cookie) return {};
  const auto token = http::cookie(request.cookie, kAccess);
  return token && !token->empty() ? options.scheme + " " + std::string(*token) : std::string();
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
    add(response, http::set_cookie(kRefresh, login.refresh, options.refresh_lifetime, kRefreshRules));
  }
  if (options.access_cookie) {
    add(response, http::set_cookie(kAccess, login.access, options.access_lifetime, access_rules(options)));
  }
  add(response, http::set_cookie(kCsrf, csrf_token(services.keys.signing_key(), login.session),
                                 options.refresh_lifetime, kCsrfRules));
}

void clear_login_cookies(http::Response& response, const ApiOptions& options) {
  if (!options.cookies) return;
  add(response, http::set_cookie(kRefresh, "", std::chrono::seconds(0), kRefreshRules));
  if (options.access_cookie) {
    add(response, http::set_cookie(kAccess, "", std::chrono::seconds(0), access_rules(options)));
  }
  add(response, http::set_cookie(kCsrf, "", std::chrono::seconds(0), kCsrfRules));
}

std::optional<http::Response> csrf_refusal(const http::Request& request, const Services& services,
                                           const store::SessionId& session) {
  if (request.csrf_token.empty()) return http::detail(403, "CSRF Failed: CSRF token missing.");
  // By any key of the ring, so that a change of the signing key logs nobody out.
  const auto& keys = services.keys.verifying_keys();
  const bool right = std::any_of(keys.begin(), keys.end(), [&](const jwt::Key* key) {
    return key->can_sign() && util::equal_constant_time(csrf_token(*key, session), request.csrf_token);
  });
  if (right) return std::nullopt;
  return http::detail(403, "CSRF Failed: CSRF token incorrect.");
}

bool is_safe(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace api
