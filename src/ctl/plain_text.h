// What the verbs print: times, and rows in columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "util/clock.h"

namespace jwtauthd {

/// 2026-11-22T07:35:19.000000Z
std::string utc_micros(util::TimePoint time);
/// 2026-11-22T07:35:19Z
std::string utc_seconds(util::TimePoint time);

/// JSON holds UTF-8 only; what is none of it becomes U+FFFD.
json::Value json_text(std::string_view value);
json::Value json_time(const std::optional<util::TimePoint>& time);

/// A line a row, each cell as wide as the widest of its column; the first row is the heading.
std::vector<std::string> columns(const std::vector<std::vector<std::string>>& rows);

/// `2026-11-22`, `2026-11-22T07:35:19Z` or without the Z, in UTC; or `90s`, `30m`, `2h`, `7d` before `now`.
std::optional<util::TimePoint> parse_time(std::string_view text, util::TimePoint now);

}  // namespace jwtauthd
