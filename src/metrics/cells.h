// The numbers of one worker, and the way to count: one relaxed increment. Before there is a scoreboard, and
// in programs that have none, they are counted in memory of the process's own.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "metrics/table.h"

namespace metrics {

using Cell = std::atomic<std::uint64_t>;
static_assert(Cell::is_always_lock_free && sizeof(Cell) == 8);

/// Five cache lines, which belong to one route.
struct alignas(64) RouteCells {
  std::array<Cell, kStatuses.size()> statuses;
  std::array<Cell, kBuckets> buckets;
  Cell micros;
};
static_assert(sizeof(RouteCells) == 5 * 64);

/// What a worker writes; whole pages, so that no two workers share a cache line.
struct alignas(4096) Cells {
  Cell pid;      // 0: nobody has had this place yet
  Cell started;  // seconds since 1970
  Cell seen;     // milliseconds of CLOCK_MONOTONIC, once a second
  alignas(64) std::array<Cell, kCounts> counts;
  alignas(64) std::array<Cell, kLevels> levels;
  std::array<RouteCells, kRoutes> routes;
};

inline Cells private_cells;
/// Where this process counts.
inline std::atomic<Cells*> here{&private_cells};

inline Cells& cells() noexcept {
  return *here.load(std::memory_order_acquire);
}

inline void count(Count what, std::uint64_t times = 1) noexcept {
  cells().counts[static_cast<std::size_t>(what)].fetch_add(times, std::memory_order_relaxed);
}

/// Adds what came since the last call to something that counts by itself. An older figure adds nothing.
inline void catch_up(Count what, std::uint64_t now, std::uint64_t& counted) noexcept {
  if (now <= counted) return;
  count(what, now - counted);
  counted = now;
}

inline void set(Level what, std::uint64_t value) noexcept {
  cells().levels[static_cast<std::size_t>(what)].store(value, std::memory_order_relaxed);
}

/// Milliseconds of CLOCK_MONOTONIC, which all processes of a host share.
inline std::uint64_t moment_now() noexcept {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

/// One answered request of a row of the table of routes.
inline void answered(std::size_t row, int status, std::int64_t micros) noexcept {
  RouteCells& route = cells().routes[std::min(row, kRoutes - 1)];
  const auto known = std::find(kStatuses.begin(), kStatuses.end() - 1, status);
  route.statuses[static_cast<std::size_t>(known - kStatuses.begin())].fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t took = micros > 0 ? static_cast<std::uint64_t>(micros) : 0;
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), took);
  route.buckets[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
  route.micros.fetch_add(took, std::memory_order_relaxed);
}

}  // namespace metrics
