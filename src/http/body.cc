#include "http/body.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/charset.h"
#include "http/form.h"
#include "http/header_value.h"
#include "http/multipart.h"
#include "json/parse.h"
#include "util/secret.h"

namespace http {
namespace {

util::Result<json::Value, std::string> read_json(std::string_view body, Charset charset) {
  util::Secret converted;
  if (charset != Charset::utf8) {
    converted = util::Secret::take(to_text(body, charset));
    body = converted.reveal();
  }
  util::Result<json::Value, json::ParseError> value = json::parse(body);
  if (!value) return util::unexpected("JSON parse error - " + std::move(value.error().message));
  return std::move(*value);
}

using Parsed = util::Result<json::Value, std::string>;

/// In DRF's order, which decides where the header is a range such as `*/*`. Nothing: no such media type.
std::optional<Parsed> parse(const Request& request) {
  const std::string_view head = HeaderValue(request.content_type).head();
  if (covers(head, "application", "json")) {
    return read_json(request.body, charset_of(request.content_type));
  }
  if (covers(head, "application", "x-www-form-urlencoded")) {
    return read_form(request.body, charset_of(request.content_type));
  }
  if (covers(head, "multipart", "form-data")) {
    return read_multipart(request.content_type, request.body, charset_of(request.content_type));
  }
  return std::nullopt;
}

}  // namespace

util::Result<json::Value, Response> read_body(const Request& request) {
  if (request.body_too_large) return util::unexpected(detail(413, "Request body is too large."));
  if (request.body.empty()) return json::Value::object();
  std::optional<Parsed> parsed = parse(request);
  if (!parsed) {
    // As WSGI does, a header's bytes are taken for ISO 8859-1.
    const std::string type = to_text(request.content_type, Charset::latin1);
    return util::unexpected(detail(415, "Unsupported media type \"" + type + "\" in request."));
  }
  if (!*parsed) return util::unexpected(detail(400, parsed->error()));
  return std::move(**parsed);
}

}  // namespace http
