#include "jwt/header.h"

#include <algorithm>
#include <array>

#include "jwt/strict_object.h"
#include "util/ascii.h"
#include "util/encoding.h"

namespace jwt {
namespace {

constexpr std::array<std::string_view, 6> refused_members{
    "crit",                       // RFC 7515 section 4.1.11: none of these extensions is known here
    "b64",                        // RFC 7797: a payload that is not encoded
    "jwk",  "jku", "x5u", "x5c",  // the sender's own key
};

bool is(std::string_view type, std::string_view lower_case) {
  return std::equal(type.begin(), type.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return util::ascii::lower(a) == b; });
}

// libjwt takes nothing but JWT for HS*, so nothing else is taken for our own tokens of other algorithms.
bool is_taken(std::string_view type, HeaderType types) {
  if (is(type, "jwt")) return true;
  return types == HeaderType::jwt_or_access && (is(type, "at+jwt") || is(type, "application/at+jwt"));
}

}  // namespace

std::optional<Header> read_header(std::string_view encoded, HeaderType types) {
  const auto text = util::from_base64url(encoded);
  if (!text) return std::nullopt;
  const auto object = parse_strict_object(*text);
  if (!object) return std::nullopt;
  if (std::any_of(refused_members.begin(), refused_members.end(),
                  [&](std::string_view name) { return object->has(name); })) {
    return std::nullopt;
  }
  if (const auto type = object->get("typ")) {
    if (!type->is(json::Type::string) || !is_taken(type->as_string(), types)) return std::nullopt;
  }

  Header header;
  if (const auto alg = object->get("alg"); alg && alg->is(json::Type::string)) {
    header.algorithm = alg->as_string();
  }
  if (const auto kid = object->get("kid")) {
    header.has_kid = true;
    if (kid->is(json::Type::string)) header.kid = kid->as_string();
  }
  return header;
}

}  // namespace jwt
