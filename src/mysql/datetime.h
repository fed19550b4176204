// DATETIME(6) as text, which is how the driver takes and gives it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "util/clock.h"

namespace mysql {

/// `2024-02-29 23:59:59.000001`. Clamped to the years 1000 to 9999, what DATETIME holds.
std::string datetime_text(util::TimePoint time);
/// Takes 0 to 6 digits of fraction, and a date alone. nullopt for what is no date, `0000-00-00` among it.
std::optional<util::TimePoint> parse_datetime(std::string_view text) noexcept;

}  // namespace mysql
