// Until when a key verifies, for whoever keeps what it vouched for.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace tokens {

/// One for each kid, never freed while the ring lives: a cached token holds a plain pointer to it. So the end
/// of one key takes its tokens out of use at once and touches no other token.
class KeyLife {
 public:
  bool over(std::int64_t now) const noexcept { return now >= ends_.load(std::memory_order_relaxed); }
  /// Seconds since 1970.
  void end_at(std::int64_t seconds) noexcept { ends_.store(seconds, std::memory_order_relaxed); }
  void end_now() noexcept { end_at(std::numeric_limits<std::int64_t>::min()); }
  void stay_open() noexcept { end_at(std::numeric_limits<std::int64_t>::max()); }

 private:
  std::atomic<std::int64_t> ends_{std::numeric_limits<std::int64_t>::max()};
};

}  // namespace tokens
