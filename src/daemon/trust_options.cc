#include "daemon/trust_options.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "json/value.h"

namespace jwtauthd {
namespace {

json::Value json_of(const std::string& text) {
  return json::Value::string(text);
}
json::Value json_of(std::int64_t number) {
  return json::Value::integer(number);
}
json::Value json_of(double number) {
  return json::Value::real(number);
}
json::Value json_of(bool is_so) {
  return json::Value::boolean(is_so);
}

}  // namespace

std::vector<tokens::ConstantClaim> constant_claims(const config::Config& c) {
  std::vector<tokens::ConstantClaim> claims;
  for (const config::ConstantClaim& claim : c.claims.constant) {
    const auto value = std::visit([](const auto& v) { return json_of(v); }, claim.value);
    claims.push_back({claim.name, value.dump()});
  }
  return claims;
}

std::vector<tokens::TrustedIssuer> trusted_issuers(const config::Config& c) {
  std::vector<tokens::TrustedIssuer> issuers;
  for (const config::TrustedIssuer& named : c.trust.issuers) {
    tokens::TrustedIssuer issuer{named.issuer, named.audience, named.jwks_file, {}};
    for (const std::string& name : named.algorithms) {
      issuer.algorithms.push_back(jwt::algorithm_of(name).value());  // config knows no other names
    }
    issuers.push_back(std::move(issuer));
  }
  return issuers;
}

}  // namespace jwtauthd
