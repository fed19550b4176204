// GET /.well-known/jwks.json (RFC 7517), GET /.well-known/openid-configuration (OpenID Connect
// Discovery 1.0).

#include "api/well_known.h"

#include <algorithm>
#include <vector>

#include "api/cacheable.h"
#include "api/handlers.h"
#include "json/value.h"
#include "json/writer.h"

namespace api {
namespace {

constexpr std::string_view kAuthMethods = R"(["client_secret_basic","client_secret_post"])";

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
  return cacheable(Document(jwt::public_jwk_set(services.keys.verifying_keys())), "application/jwk-set+json",
                   services.options.key_set_max_age, context.request);
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
  return cacheable(Document(std::move(body)), "application/json", options.key_set_max_age, context.request);
}

}  // namespace api
