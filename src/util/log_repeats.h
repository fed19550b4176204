// Warnings and errors that say the same again and again; inside util only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "util/log.h"

namespace util::log {

/// Remembers the texts of the last minute, 64 at most: with more of them no one is the cause of the noise.
class Repeats {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kWindow{60};

  struct Summary {
    Level level;
    std::string text;
    std::uint64_t times;
  };

  /// Whether the line is one of the first `most` of its text within a minute.
  bool admits(Level level, std::string_view text, unsigned most, Clock::time_point now);
  /// Of texts whose minute is over: how often they were not admitted in it. They begin anew.
  std::vector<Summary> over(Clock::time_point now);
  /// The same for every text.
  std::vector<Summary> all() { return over(Clock::time_point::max()); }

 private:
  struct Entry {
    Level level{};
    std::string text;  // empty: free
    Clock::time_point began;
    std::uint64_t times = 0;
    std::uint64_t held_back = 0;
  };
  std::array<Entry, 64> entries_;
};

}  // namespace util::log
