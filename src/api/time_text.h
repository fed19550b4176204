// Times as DRF writes and reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "util/clock.h"

namespace api {

/// ISO 8601 in UTC; microseconds where there are any: 2023-11-14T22:13:20.000001Z
std::string time_text(util::TimePoint when);
/// The same, with a space for the T, without seconds, with an offset from UTC or with no zone, which is UTC.
std::optional<util::TimePoint> parse_time_text(std::string_view text);

}  // namespace api
