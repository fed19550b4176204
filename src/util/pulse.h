// Tells of a thread whether it hangs: since when it is at the work that it is at. Idle never hangs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace util {

class Pulse {
 public:
  void begin() noexcept { since_.store(now(), std::memory_order_relaxed); }
  void end() noexcept { since_.store(kIdle, std::memory_order_relaxed); }

  bool busy() const noexcept { return since_.load(std::memory_order_relaxed) != kIdle; }
  /// At one piece of work for longer than `patience`.
  bool stuck(std::chrono::milliseconds patience) const noexcept {
    const auto since = since_.load(std::memory_order_relaxed);
    return since != kIdle && now() - since > patience.count();
  }

 private:
  static constexpr std::int64_t kIdle = -1;
  static std::int64_t now() noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  alignas(64) std::atomic<std::int64_t> since_{kIdle};  // a line of its own: each thread writes to its own
};

}  // namespace util
