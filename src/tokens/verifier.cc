#include "tokens/verifier.h"

#include <cmath>
#include <utility>

#include "tokens/claim_rules.h"

namespace tokens {

using json::Type;
using json::Value;

Verifier::Verifier(const KeyRing& keys, const util::Clock& clock, VerifierOptions options)
    : keys_(keys), clock_(clock), options_(std::move(options)) {}

// PyJWT's checks come first, in its order, then those of simplejwt's Token.verify.
util::Result<Verified, TokenDefect> Verifier::verify(std::string_view token,
                                                     std::optional<TokenType> expected) const {
  auto vouched = keys_.verify(token);
  if (!vouched) return util::unexpected(TokenDefect::invalid);
  const Value& claims = vouched->claims;
  if (const auto defect = check_times(claims, clock_.unix_now(), options_.leeway.count()))
    return util::unexpected(*defect);
  if (!meant_for_us(claims)) return util::unexpected(TokenDefect::invalid);
  if (const auto defect = check_form(claims, expected)) return util::unexpected(*defect);

  const std::int64_t expires = *numeric_date(*claims.get("exp"), std::trunc);
  return Verified{std::move(vouched->claims), expires, std::move(vouched->key), vouched->life};
}

bool Verifier::is_refresh_token(const Value& claims) const {
  const auto type = claims.get(options_.token_type_claim);
  return type && is_text(*type, name(TokenType::refresh));
}

bool Verifier::meant_for_us(const Value& claims) const {
  if (!options_.issuer.empty()) {
    const auto iss = claims.get("iss");
    if (!iss || !is_text(*iss, options_.issuer)) return false;
  }
  if (!options_.audience.empty()) {
    const auto aud = claims.get("aud");
    if (!aud || !names_audience(*aud, options_.audience)) return false;
  }
  return true;
}

std::optional<TokenDefect> Verifier::check_form(const Value& claims,
                                                std::optional<TokenType> expected) const {
  if (!claims.has("exp")) return TokenDefect::no_expiry;
  const auto jti = claims.get(options_.jti_claim);
  if (!jti) return TokenDefect::no_id;
  if (!jti->is(Type::string)) return TokenDefect::invalid;
  if (!expected) return std::nullopt;
  const auto type = claims.get(options_.token_type_claim);
  if (!type) return TokenDefect::no_type;
  if (!is_text(*type, name(*expected))) return TokenDefect::wrong_type;
  return std::nullopt;
}

}  // namespace tokens
