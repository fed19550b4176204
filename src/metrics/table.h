// What is counted, in one table: the text of GET /metrics, jwtauthctl top and docs/metrics.md come from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace metrics {

/// Only ever goes up, also over restarts of workers.
enum class Count : unsigned {
  login_ok,
  login_refused,
  login_throttled,
  registration_ok,
  registration_refused,
  refresh_ok,
  refresh_refused,
  refresh_reuse,
  throttled_account,
  throttled_address,
  throttled_owner,
  token_hit,
  token_miss,
  user_hit,
  user_miss,
  full_database,
  full_refresh,
  full_password,
  database_statements,
  database_failures,
  database_failovers,
  broken_connections,
  worker_starts,
};

/// How it is now, in one worker.
enum class Level : unsigned {
  requests_in_progress,
  connections,
  waiting_database,
  waiting_refresh,
  waiting_password,
  hashes_computing,
  hashes_waiting,
  pool_in_use,
  pool_idle,
  pool_waiting,
  pool_size,
  database_up,
  keys_signing,
  keys_next,
  keys_retiring,
  feed_polled,
  users_polled,
};

inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::worker_starts) + 1;
inline constexpr std::size_t kLevels = static_cast<std::size_t>(Level::users_polled) + 1;

/// How the levels of all workers become one.
enum class Merge {
  sum,
  least,
  most,
  age,  // the level is a moment in milliseconds of CLOCK_MONOTONIC; told is how long ago the oldest is
};

/// A row is one series. Rows of one name stand together, and the first of them has the help.
struct CountRow {
  Count count;
  std::string_view name;
  std::string_view label;  // name="value"; empty: none
  std::string_view help;
};
struct LevelRow {
  Level level;
  Merge merge;
  std::string_view name;
  std::string_view label;
  std::string_view help;
};

/// In the order of their enumerators.
std::span<const CountRow> counts();
std::span<const LevelRow> levels();

/// What is made of more than one cell. Their rows in the documents; the text is written by exposition.cc.
struct SpecialRow {
  std::string_view name;
  std::string_view type;
  std::string_view labels;
  std::string_view help;
};
inline constexpr std::string_view kRequests = "jwtauthd_requests_total";
inline constexpr std::string_view kDuration = "jwtauthd_request_duration_seconds";
inline constexpr std::string_view kWorkers = "jwtauthd_workers";
inline constexpr std::string_view kStart = "jwtauthd_worker_start_time_seconds";
inline constexpr std::string_view kBuild = "jwtauthd_build_info";
std::span<const SpecialRow> specials();

/// One row of the table of routes. What matches none is counted as kOther.
struct RouteLabel {
  std::string_view method;
  std::string_view path;
};
inline constexpr std::size_t kRoutes = 64;  // rows that there is room for, kOther among them
inline constexpr RouteLabel kOther{"other", "other"};

/// Statuses that are counted by themselves; the last one stands for all others.
inline constexpr std::array<int, 20> kStatuses{200, 201, 204, 301, 304, 400, 401, 403, 404, 405,
                                               406, 409, 413, 415, 429, 500, 502, 503, 504, 0};
/// Upper bounds of the latency histogram, in microseconds; one more bucket has what is above.
inline constexpr std::array<std::uint32_t, 18> kBounds{
    5,     10,     25,     50,     100,     250,     500,     1'000,     2'500,
    5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 5'000'000};
inline constexpr std::size_t kBuckets = kBounds.size() + 1;

/// Microseconds as Prometheus writes seconds: 0.00025, 10.
std::string seconds_text(std::uint64_t micros);
/// All metrics as a Markdown table.
std::string reference();

}  // namespace metrics
