#include "tokens/claim_rules.h"

#include <cmath>

namespace tokens {

using json::Type;
using json::Value;

namespace {

// What Python's datetime can hold: years 1 to 9999.
constexpr std::int64_t first_second = -62'135'596'800;
constexpr std::int64_t last_second = 253'402'300'799;

}  // namespace

std::optional<std::int64_t> numeric_date(const Value& date, double (*round)(double)) {
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

std::optional<TokenDefect> check_times(const Value& claims, std::int64_t now, std::int64_t leeway) {
  const std::int64_t latest = now + leeway;
  if (const auto iat = claims.get("iat")) {
    const auto issued = numeric_date(*iat, std::ceil);
    if (!issued || *issued > latest) return TokenDefect::invalid;
  }
  if (const auto nbf = claims.get("nbf")) {
    const auto begins = numeric_date(*nbf, std::trunc);
    if (!begins || *begins > latest) return TokenDefect::invalid;
  }
  if (const auto exp = claims.get("exp")) {
    const auto ends = numeric_date(*exp, std::trunc);
    if (!ends) return TokenDefect::invalid;
    if (*ends <= now - leeway) return TokenDefect::expired;
  }
  return std::nullopt;
}

}  // namespace tokens
