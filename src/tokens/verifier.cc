#include "tokens/verifier.h"

#include <cmath>
#include <utility>


namespace tokens {
namespace {

using json::Type;
using json::Value;

// What Python's datetime can hold: years 1 to 9999.
constexpr std::int64_t first_second = -62'135'596'800;
constexpr std::int64_t last_second = 253'402'300'799;

/// A NumericDate (RFC 7519 section 2) in whole seconds. Nothing when it is no number or beyond the
/// calendar. The compared value is that of PyJWT: `exp` and `nbf` are cut to an integer, `iat` is not,
/// so that the smallest whole second at or after it counts.
std::optional<std::int64_t> seconds(const Value& date, double (*round)(double)) {
  if (date.is(Type::integer)) {
    const std::int64_t whole = date.as_integer();
    if (whole < first_second || whole > last_second) return std::nullopt;
    return whole;
  }
  if (!date.is(Type::real)) return std::nullopt;
  const double whole = round(date.as_real());
  if (!(whole >= static_cast<double>(first_second) && whole <= static_cast<double>(last_second))) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(whole);
}

bool is_text(const Value& value, std::string_view text) {
  return value.is(Type::string) && value.as_string() == text;
}

/// RFC 7519 section 4.1.3: one string, or a list of strings with ours among them.
bool names_audience(const Value& aud, std::string_view audience) {
  if (!aud.is(Type::array)) return is_text(aud, audience);
  bool found = false;
  for (std::size_t i = 0; i < aud.size(); ++i) {
    const Value member = aud.at(i);
    if (!member.is(Type::string)) return false;
    found = found || member.as_string() == audience;
  }
  return found;
}

}  // namespace

Verifier::Verifier(const KeyRing& keys, const util::Clock& clock, VerifierOptions options)
    : keys_(keys), clock_(clock), options_(std::move(options)) {}

// PyJWT's checks come first, in its order, then those of simplejwt's Token.verify.
util::Result<Verified, TokenDefect> Verifier::verify(std::string_view token,
                                                     std::optional<TokenType> expected) const {
  auto vouched = keys_.verify(token);
  if (!vouched) return util::unexpected(TokenDefect::invalid);
  const Value& claims = vouched->claims;
  if (const auto defect = check_times(claims)) return util::unexpected(*defect);
  if (!meant_for_us(claims)) return util::unexpected(TokenDefect::invalid);
  if (const auto defect = check_form(claims, expected)) return util::unexpected(*defect);

  const std::int64_t expires = *seconds(*claims.get("exp"), std::trunc);
  return Verified{std::move(vouched->claims), expires, std::move(vouched->key), vouched->life};
}

bool Verifier::is_refresh_token(const Value& claims) const {
  const auto type = claims.get(options_.token_type_claim);
  return type && is_text(*type, name(TokenType::refresh));
}

std::optional<TokenDefect> Verifier::check_times(const Value& claims) const {
  const std::int64_t now = clock_.unix_now();
  const std::int64_t latest = now + options_.leeway.count();
  if (const auto iat = claims.get("iat")) {
    const auto issued = seconds(*iat, std::ceil);
    if (!issued || *issued > latest) return TokenDefect::invalid;
  }
  if (const auto nbf = claims.get("nbf")) {
    const auto begins = seconds(*nbf, std::trunc);
    if (!begins || *begins > latest) return TokenDefect::invalid;
  }
  if (const auto exp = claims.get("exp")) {
    const auto ends = seconds(*exp, std::trunc);
    if (!ends) return TokenDefect::invalid;
    if (expired(*ends, now)) return TokenDefect::expired;
  }
  return std::nullopt;
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
