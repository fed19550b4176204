// What happened between two readings of the scoreboard, in the terms of who watches a service.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/scoreboard.h"

namespace jwtauthd {

/// Seconds; nothing: there were no requests.
struct Latency {
  std::optional<double> median;
  std::optional<double> p99;
};

/// Requests a second, of all or of one route.
struct Traffic {
  double requests = 0;
  double refused = 0;  // 4xx
  double failed = 0;   // 5xx
  Latency latency;
};

struct RouteTraffic {
  std::string route;  // "GET /api/me/"
  Traffic traffic;
};

struct WorkerTraffic {
  unsigned place;
  std::uint64_t pid;
  std::uint64_t started;     // seconds since 1970
  std::uint64_t silent_for;  // milliseconds
  std::uint64_t in_progress;
  double requests;
};

struct Rates {
  double seconds = 0;
  Traffic all;
  std::vector<RouteTraffic> routes;  // the busiest first; those without a request are left out
  std::vector<WorkerTraffic> workers;
  std::array<double, metrics::kCounts> counts{};  // a second
  metrics::Values now;

  double of(metrics::Count what) const noexcept { return counts[static_cast<std::size_t>(what)]; }
};

/// A count that went down (another file, of another version) is taken for a beginning.
Rates rates_between(const metrics::Reading& before, const metrics::Reading& after,
                    std::span<const metrics::RouteLabel> routes);

/// The `share`-quantile in seconds, evenly spread within a bucket.
std::optional<double> quantile(std::span<const std::uint64_t, metrics::kBuckets> buckets, double share);

}  // namespace jwtauthd
