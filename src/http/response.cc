#include "http/response.h"

#include <algorithm>
#include <charconv>

#include "http/header_value.h"
#include "json/writer.h"

namespace http {
namespace {

std::string_view status_line(int status) noexcept {
  switch (status) {
    case 200:
      return "Status: 200 OK\r\n";
    case 201:
      return "Status: 201 Created\r\n";
    case 202:
      return "Status: 202 Accepted\r\n";
    case 204:
      return "Status: 204 No Content\r\n";
    case 301:
      return "Status: 301 Moved Permanently\r\n";
    case 302:
      return "Status: 302 Found\r\n";
    case 304:
      return "Status: 304 Not Modified\r\n";
    case 400:
      return "Status: 400 Bad Request\r\n";
    case 401:
      return "Status: 401 Unauthorized\r\n";
    case 403:
      return "Status: 403 Forbidden\r\n";
    case 404:
      return "Status: 404 Not Found\r\n";
    case 405:
      return "Status: 405 Method Not Allowed\r\n";
    case 406:
      return "Status: 406 Not Acceptable\r\n";
    case 408:
      return "Status: 408 Request Timeout\r\n";
    case 409:
      return "Status: 409 Conflict\r\n";
    case 410:
      return "Status: 410 Gone\r\n";
    case 413:
      return "Status: 413 Request Entity Too Large\r\n";
    case 415:
      return "Status: 415 Unsupported Media Type\r\n";
    case 422:
      return "Status: 422 Unprocessable Entity\r\n";
    case 429:
      return "Status: 429 Too Many Requests\r\n";
    case 500:
      return "Status: 500 Internal Server Error\r\n";
    case 501:
      return "Status: 501 Not Implemented\r\n";
    case 503:
      return "Status: 503 Service Unavailable\r\n";
    default:
      return {};
  }
}

constexpr std::string_view kWwwAuthenticate = "WWW-Authenticate";
constexpr std::string_view kChallenge = "WWW-Authenticate: Bearer realm=\"api\"\r\n";
constexpr std::string_view kVary = "Vary: Accept\r\n";
constexpr std::string_view kVaryCookie = "Vary: Accept, Cookie\r\n";
constexpr std::string_view kFrameOptions = "X-Frame-Options: DENY\r\n";
constexpr std::string_view kEveryAnswer =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";
constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";

/// More than every line above together with the names of the others takes.
constexpr std::size_t kFixedSize = 512;

void append_number(std::string& out, std::size_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

/// A line end within a value would start a header of the sender's choice.
void append_clean(std::string& out, std::string_view value) {
  // RFC 9110 section 5.5: no control characters.
  const auto is_unclean = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  while (true) {
    const auto* unclean = std::find_if(value.begin(), value.end(), is_unclean);
    out.append(value.begin(), unclean);
    if (unclean == value.end()) return;
    value.remove_prefix(static_cast<std::size_t>(unclean - value.begin()) + 1);
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

bool has_header(const Response& response, std::string_view name) noexcept {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [&](const auto& header) { return equal_ignoring_case(header.first, name); });
}

std::size_t size_of(const Response& response, std::string_view request_id) noexcept {
  std::size_t size = kFixedSize + response.body.size() + response.content_type.size() +
                     response.allow.size() + response.header_lines.size() + request_id.size();
  for (const auto& [name, value] : response.headers) size += name.size() + value.size() + 4;
  return size;
}

Response with_retry_after(Response response, int seconds) {
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

}  // namespace

void write(std::string& out, const Response& response, std::string_view request_id, bool head_only) {
  const std::size_t needed = out.size() + size_of(response, request_id);
  if (needed > out.capacity()) out.reserve(needed);

  if (const std::string_view status = status_line(response.status); !status.empty()) {
    out += status;
  } else {
    out += "Status: ";
    append_number(out, static_cast<std::size_t>(response.status));
    out += "\r\n";
  }
  if (!response.content_type.empty()) {
    out += "Content-Type: ";
    out += response.content_type;
    out += "\r\n";
  }
  if (response.status != 304) {  // it would be the length of what is not sent: RFC 9110 section 8.6
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  if (response.status == 401 && !has_header(response, kWwwAuthenticate)) out += kChallenge;
  if (response.vary_accept) out += response.vary_cookie ? kVaryCookie : kVary;
  if (!response.allow.empty()) {
    out += "Allow: ";
    out += response.allow;
    out += "\r\n";
  }
  if (response.vary_accept) out += kFrameOptions;
  out += kEveryAnswer;
  if (response.no_store) out += kNoStore;
  if (!request_id.empty()) append_header(out, "X-Request-ID", request_id);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  out += response.header_lines;
  out += "\r\n";
  if (!head_only) out += response.body;
}

Response without_body(Response response) {
  response.body.clear();
  response.content_type = {};
  return response;
}

Response detail(int status, std::string_view detail, std::string_view code) {
  Response response;
  response.status = status;
  response.body.reserve(detail.size() + code.size() + 32);
  json::Object object(response.body);
  object.field("detail", detail);
  if (!code.empty()) object.field("code", code);
  object.close();
  return response;
}

Response unavailable(int retry_after_seconds) {
  return with_retry_after(detail(503, "Service temporarily unavailable, try again later."),
                          retry_after_seconds);
}

Response throttled(int retry_after_seconds) {
  std::string sentence = "Request was throttled. Expected available in ";
  sentence += std::to_string(retry_after_seconds);
  sentence += retry_after_seconds == 1 ? " second." : " seconds.";
  return with_retry_after(detail(429, sentence), retry_after_seconds);
}

Response moved_permanently(std::string location) {
  Response response;
  response.status = 301;
  response.content_type = "text/html; charset=utf-8";
  response.vary_accept = false;
  response.headers.emplace_back("Location", std::move(location));
  return response;
}

}  // namespace http
