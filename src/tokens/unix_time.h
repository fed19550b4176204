// Times as tokens have them (NumericDate, RFC 7519 section 2): whole seconds since 1970, rounded down.
#pragma once

#include <chrono>
#include <cstdint>

#include "util/clock.h"

namespace tokens {

inline std::int64_t seconds_of(util::TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

inline util::TimePoint at(std::int64_t seconds) {
  return util::TimePoint(std::chrono::seconds(seconds));
}

}  // namespace tokens
