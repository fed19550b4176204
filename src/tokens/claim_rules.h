// Rules of RFC 7519 section 4.1 for the registered claims, whoever issued the token.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "json/value.h"
#include "tokens/claims.h"

namespace tokens {

/// A NumericDate (RFC 7519 section 2) in whole seconds. Nothing when it is no number or beyond the
/// calendar. The compared value is that of PyJWT: `exp` and `nbf` are cut to an integer, `iat` is not,
/// so that the smallest whole second at or after it counts.
std::optional<std::int64_t> numeric_date(const json::Value& date, double (*round)(double));

/// Of those of iat, nbf and exp that are there. Seconds.
std::optional<TokenDefect> check_times(const json::Value& claims, std::int64_t now, std::int64_t leeway);

bool is_text(const json::Value& value, std::string_view text);

/// RFC 7519 section 4.1.3: one string, or a list of strings with ours among them.
bool names_audience(const json::Value& aud, std::string_view audience);

}  // namespace tokens
