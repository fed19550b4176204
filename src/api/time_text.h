// Times as DRF writes them.
#pragma once

#include <string>

#include "util/clock.h"

namespace api {

/// ISO 8601 in UTC; microseconds where there are any: 2023-11-14T22:13:20.000001Z
std::string time_text(util::TimePoint when);

}  // namespace api
