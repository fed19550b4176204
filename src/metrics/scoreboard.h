// The numbers of all workers in one file of shared memory. A worker claims a place in it by a lock that the
// kernel lets go when the process ends, however it ends; the next one goes on counting there, so that totals
// never go down. Nothing is read from the file but numbers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/cells.h"
#include "util/error.h"

namespace metrics {

/// A copy of cells.
struct Values {
  std::uint64_t pid = 0;
  std::uint64_t started = 0;
  std::uint64_t seen = 0;
  std::array<std::uint64_t, kCounts> counts{};
  std::array<std::uint64_t, kLevels> levels{};
  struct Route {
    std::array<std::uint64_t, kStatuses.size()> statuses{};
    std::array<std::uint64_t, kBuckets> buckets{};
    std::uint64_t micros = 0;

    std::uint64_t requests() const noexcept;
  };
  std::array<Route, kRoutes> routes{};

  std::uint64_t of(Count what) const noexcept { return counts[static_cast<std::size_t>(what)]; }
  std::uint64_t of(Level what) const noexcept { return levels[static_cast<std::size_t>(what)]; }
  std::uint64_t requests() const noexcept;
};

struct Reading {
  std::uint64_t moment = 0;     // of the reading, as moment_now()
  std::unique_ptr<Values> all;  // counts of every place; levels of those that live, merged (ages in ms)
  std::vector<std::pair<unsigned, Values>> workers;  // that live, with the number of their place, from 1
};

class Scoreboard {
 public:
  static constexpr std::size_t kPlaces = 64;

  /// Opens or makes the file and claims a place: this process counts there from now on. The error is one
  /// sentence; counting then stays in memory of its own. A file of another layout is put aside: who has it
  /// open goes on with it. One that belongs to another user, or is none, is refused.
  static util::Result<Scoreboard> claim(const std::string& path, std::span<const RouteLabel> routes);
  /// To read only. The error says that there is none, or that it is not this version's.
  static util::Result<Scoreboard> open(const std::string& path, std::span<const RouteLabel> routes);

  Scoreboard(Scoreboard&&) noexcept;
  Scoreboard& operator=(Scoreboard&&) = delete;
  /// Counting goes back to memory of the process's own, and the place is free.
  ~Scoreboard();

  Reading read() const;

 private:
  struct Impl;
  explicit Scoreboard(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// What this process counts where it has no scoreboard.
Reading read_own();
/// Counts of this process's place alone, for how much it has done since.
Values own_values();

}  // namespace metrics
