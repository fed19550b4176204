// Tokens in cookies, for browsers: which ones, and what keeps another site from using them.
//
// A request that is authenticated by a cookie and changes something must bring the session's CSRF token in
// X-CSRF-Token. The token is a MAC over the session, under a secret of the signing key; a script of our own
// origin reads it from a cookie of its own, one of another origin cannot.
//
// A login of another site's making gets no cookies: it would put its own session in the place of the
// browser's. Names with __Host- (RFC 6265bis) keep plain http and sister domains from planting what we would
// read: those need a Path of /, so that the whole origin is sent them, which can ask for them anyway.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/services.h"
#include "http/request.h"
#include "http/response.h"

namespace api {

inline constexpr std::string_view kRefreshCookie = "__Host-jwtauthd_refresh";
inline constexpr std::string_view kAccessCookie = "__Host-jwtauthd_access";
inline constexpr std::string_view kCsrfCookie = "__Host-jwtauthd_csrf";

/// The refresh token of the request's cookie, where cookies are on.
std::optional<std::string_view> refresh_cookie(const http::Request& request, const ApiOptions& options);

/// Whose access token the request brings: in its header or, where that has none (another scheme, for a
/// proxy, is none), in its cookie. As BearerAuthenticator::authenticate.
struct Authenticated {
  tokens::BearerOutcome outcome;
  bool by_cookie = false;
};
Authenticated authenticate(Services& services, const http::Request& request, bool may_ask_database,
                           tokens::Accepts accepts = tokens::Accepts::logins);

struct LoginCookies {
  std::string_view refresh;  // empty: it stays as it is
  std::string_view access;
  store::SessionId session{};
};
/// A login that the browser sent from a page of ours, or that no page sent. Fetch Metadata says so, and
/// browsers without it by Origin.
bool is_same_origin(const http::Request& request) noexcept;
/// Adds them where cookies are on.
void set_login_cookies(http::Response& response, const Services& services, const LoginCookies& login);
/// Takes away what the other set.
void clear_login_cookies(http::Response& response, const ApiOptions& options);

/// 403 in DRF's words unless the request brings the session's CSRF token.
std::optional<http::Response> csrf_refusal(const http::Request& request, const Services& services,
                                           const store::SessionId& session);
/// GET, HEAD and OPTIONS (RFC 9110 section 9.2.1) change nothing.
bool is_safe(std::string_view method) noexcept;

}  // namespace api
