// GET /.well-known/jwks.json (RFC 7517), GET /.well-known/openid-configuration (OpenID Connect
// Discovery 1.0).

#include "api/well_known.h"

#include <algorithm>
#include <vector>

#include "api/handlers.h"
#include "crypto/digest.h"
#include "http/header_value.h"
#include "json/value.h"
#include "json/writer.h"
#include "util/encoding.h"

namespace api {
namespace {

constexpr std::string_view kAuthMethods = R"(["client_secret_basic","client_secret_post"])";

/// Strong: of the bytes that are sent.
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

http::Response cacheable(std::string body, std::string_view type, const Services& services,
                         const Context& context) {
  http::Response response;
  std::string tag = entity_tag(body);
  if (names(context.request.if_none_match, tag)) {
    response.status = 304;
    response.content_type = {};
  } else {
    response.body = std::move(body);
    response.content_type = type;
  }
  response.vary_accept = false;
  response.headers.emplace_back(
      "Cache-Control", "public, max-age=" + std::to_string(services.options.key_set_max_age.count()));
  response.headers.emplace_back("ETag", std::move(tag));
  return response;
}

/// JSON, each once.
std::string algorithms(const std::vector<std::shared_ptr<const jwt::Key>>& keys) {
  std::vector<std::string_view> all;
  for (const auto& key : keys) all.push_back(jwt::name(key->algorithm()));
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  json::Value list = json::Value::array();
  for (const std::string_view name : all) list.append(json::Value::string(name));
  return list.dump();
}

}  // namespace

std::optional<http::Response> show_key_set(Services& services, const Context& context) {
  return cacheable(jwt::public_jwk_set(services.keys.verifying_keys()), "application/jwk-set+json", services,
                   context);
}

std::optional<http::Response> show_discovery(Services& services, const Context& context) {
  const ApiOptions& options = services.options;
  std::string_view base = options.issuer;
  while (base.ends_with('/')) base.remove_suffix(1);
  const auto at = [&](std::string_view path) { return std::string(base).append(path); };

  std::string body;
  json::Object object(body);
  object.field("issuer", std::string_view(options.issuer))
      .field("jwks_uri", std::string_view(at("/.well-known/jwks.json")))
      .raw("id_token_signing_alg_values_supported", algorithms(services.keys.verifying_keys()))
      .raw("subject_types_supported", R"(["public"])")
      // No flow of OAuth is spoken; left out, they would mean the code and the implicit one.
      .raw("response_types_supported", "[]")
      .raw("grant_types_supported", "[]");
  if (options.oauth) {
    object.field("revocation_endpoint", std::string_view(at("/api/oauth/revoke/")))
        .raw("revocation_endpoint_auth_methods_supported", kAuthMethods)
        .field("introspection_endpoint", std::string_view(at("/api/oauth/introspect/")))
        .raw("introspection_endpoint_auth_methods_supported", kAuthMethods);
  }
  object.close();
  return cacheable(std::move(body), "application/json", services, context);
}

}  // namespace api
