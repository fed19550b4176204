// Time as a parameter, so that a test can hold it still.
#pragma once

#include <chrono>
#include <cstdint>

namespace util {

/// UTC, microseconds: what DATETIME(6) holds.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;

  /// Seconds since 1970, rounded down: a NumericDate of RFC 7519 section 2.
  std::int64_t unix_now() const { return std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count(); }
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace util
