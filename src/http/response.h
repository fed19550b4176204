// An answer, and the one writer that turns it into CGI form (RFC 3875 section 6).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

struct Response {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";  // static text; empty: no such header
  /// Beyond the standard set. Names are static; values hold no control characters (the writer drops those).
  std::vector<std::pair<std::string_view, std::string>> headers;
  /// More of them, each with its CRLF, which go out as they stand: their writer has encoded what is in them.
  std::string header_lines;
  std::string_view allow;    // `Allow`, from the route row; static; empty: none
  bool vary_accept = true;   // Vary: Accept and X-Frame-Options: views have them, redirects do not
  bool vary_cookie = false;  // and Vary: Cookie, where a cookie can authenticate
  bool no_store = false;     // Cache-Control: no-store, on everything that carries a token
  std::int64_t user_id = 0;  // for the access line; not sent
  std::array<std::uint8_t, 16> session{};  // the same; all zero: none
};

/// Appends status line, headers and body (no body when `head_only`; its length is still told) to
/// `out`. The order is the reference's: Content-Type, Content-Length, WWW-Authenticate on every 401,
/// Vary, Allow, X-Frame-Options, X-Content-Type-Options, Referrer-Policy, Cross-Origin-Opener-Policy,
/// Cache-Control, X-Request-ID, then `headers`.
void write(std::string& out, const Response& response, std::string_view request_id, bool head_only);

/// The same answer with nothing for a reader in it.
Response without_body(Response response);
/// `{"detail":"…"}`, with `"code"` when it is not empty.
Response detail(int status, std::string_view detail, std::string_view code = {});
/// 503 with Retry-After and the fixed text.
Response unavailable(int retry_after_seconds);
/// 429 with Retry-After: "Request was throttled. Expected available in 57 seconds."
Response throttled(int retry_after_seconds);
/// 301 to `location` with an empty text/html body, as Django's CommonMiddleware sends it.
Response moved_permanently(std::string location);

}  // namespace http
