#include "api/cacheable.h"

#include <utility>

#include "crypto/digest.h"
#include "http/header_value.h"
#include "util/encoding.h"

namespace api {
namespace {

std::string entity_tag(std::string_view body) {
  const crypto::Sha256 hash = crypto::sha256(body);
  constexpr std::size_t enough = 18;
  return "\"" + util::to_base64url({reinterpret_cast<const char*>(hash.data()), enough}) + "\"";
}

/// RFC 9110 section 13.1.2: a list, compared weakly, since a proxy that compresses makes our tag a weak one.
bool names(std::string_view if_none_match, std::string_view tag) {
  while (!if_none_match.empty()) {
    const std::size_t comma = if_none_match.find(',');
    std::string_view one = http::trim(if_none_match.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag || one == "*") return true;
    if (comma == std::string_view::npos) break;
    if_none_match.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

Document::Document(std::string text) : body(std::move(text)), tag(entity_tag(body)) {}

http::Response cacheable(const Document& document, std::string_view type, std::chrono::seconds max_age,
                         const http::Request& request) {
  http::Response response;
  if (names(request.if_none_match, document.tag)) {
    response.status = 304;
    response.content_type = {};
  } else {
    response.body = document.body;
    response.content_type = type;
  }
  response.vary_accept = false;
  response.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string(max_age.count()));
  response.headers.emplace_back("ETag", document.tag);
  return response;
}

}  // namespace api
