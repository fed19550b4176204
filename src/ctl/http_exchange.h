// One HTTP/1.1 request over a connection of its own, and the whole answer. Plain http only: to compare
// what stands behind a TLS server, ask it by its inner address.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/error.h"

namespace jwtauthd {

struct HttpAddress {
  std::string host;  // an IPv6 address without its brackets
  std::string port = "80";
  std::string path;  // before every path that is asked for; without `/` at its end

  /// Host, and the port where it is not 80: what the header Host says.
  std::string authority() const;
};

/// `http://HOST[:PORT][/PATH]`; anything else is refused with the reason.
util::Result<HttpAddress> parse_http_address(std::string_view url);

struct HttpRequest {
  std::string_view method;
  std::string_view path;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
  bool has_body = false;
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // chunks put together
  /// Why the answer contradicts itself: Content-Length says other than what came. Empty: it does not.
  std::string flaw;

  /// The first of that name, or "".
  std::string_view header(std::string_view name) const;
};

struct HttpOptions {
  std::chrono::milliseconds timeout{10000};  // from the first byte out to the last byte in
  std::string host_header;                   // empty: the address's own
};

/// The error says what stood in the way: nobody listens, no answer in time, no HTTP.
util::Result<HttpAnswer> exchange(const HttpAddress& address, const HttpRequest& request,
                                  const HttpOptions& options);

/// Reads what a server sent until it closed. `head`: the answer to a HEAD has no body.
util::Result<HttpAnswer> parse_http_answer(std::string_view bytes, bool head);

}  // namespace jwtauthd
