#include "metrics/table.h"

namespace metrics {
namespace {

using enum Merge;
constexpr std::string_view kSame{};  // the help stands above

constexpr CountRow kCountRows[] = {
    {Count::login_ok, "jwtauthd_logins_total", "outcome=\"ok\"",
     "Logins with a password, by outcome: ok, refused (no such account, or another password), throttled."},
    {Count::login_refused, "jwtauthd_logins_total", "outcome=\"refused\"", kSame},
    {Count::login_throttled, "jwtauthd_logins_total", "outcome=\"throttled\"", kSame},
    {Count::registration_ok, "jwtauthd_registrations_total", "outcome=\"ok\"",
     "Registrations, by outcome; refused: a field was not right, or somebody has the name or address."},
    {Count::registration_refused, "jwtauthd_registrations_total", "outcome=\"refused\"", kSame},
    {Count::refresh_ok, "jwtauthd_refreshes_total", "outcome=\"ok\"",
     "Refresh tokens that were presented for new tokens, by outcome."},
    {Count::refresh_refused, "jwtauthd_refreshes_total", "outcome=\"refused\"", kSame},
    {Count::refresh_reuse, "jwtauthd_refresh_reuse_total", "",
     "Refresh tokens that came again after they were exchanged: a copy is about, and its session was ended."},
    {Count::throttled_account, "jwtauthd_throttled_total", "by=\"account\"",
     "Passwords that were not looked at because of failures before, by whose failures: the account's, the "
     "address's, or those of an owner where he is known."},
    {Count::throttled_address, "jwtauthd_throttled_total", "by=\"address\"", kSame},
    {Count::throttled_owner, "jwtauthd_throttled_total", "by=\"owner\"", kSame},
    {Count::token_hit, "jwtauthd_token_cache_total", "result=\"hit\"",
     "Credentials that were looked for among the verified ones; a miss costs a signature."},
    {Count::token_miss, "jwtauthd_token_cache_total", "result=\"miss\"", kSame},
    {Count::user_hit, "jwtauthd_user_cache_total", "result=\"hit\"",
     "Users who were looked for among the known ones; a miss costs a query."},
    {Count::user_miss, "jwtauthd_user_cache_total", "result=\"miss\"", kSame},
    {Count::full_database, "jwtauthd_lane_full_total", "lane=\"database\"",
     "Requests that were answered 503 because the queue of their lane was full."},
    {Count::full_refresh, "jwtauthd_lane_full_total", "lane=\"refresh\"", kSame},
    {Count::full_password, "jwtauthd_lane_full_total", "lane=\"password\"", kSame},
    {Count::database_statements, "jwtauthd_database_statements_total", "",
     "Statements that were sent to the database, BEGIN and COMMIT among them."},
    {Count::database_failures, "jwtauthd_database_errors_total", "",
     "Statements that failed, connections that could not be opened, and waits for one that were in vain."},
    {Count::database_failovers, "jwtauthd_database_failovers_total", "",
     "Times that a worker took the next one of database.hosts."},
    {Count::broken_connections, "jwtauthd_broken_connections_total", "",
     "Connections of nginx that were closed for a broken or late request."},
    {Count::worker_starts, "jwtauthd_worker_starts_total", "", "Starts of workers."},
};

constexpr LevelRow kLevelRows[] = {
    {Level::requests_in_progress, sum, "jwtauthd_requests_in_progress", "",
     "Requests that were read and are not answered yet."},
    {Level::connections, sum, "jwtauthd_connections", "", "Open connections of nginx."},
    {Level::waiting_database, sum, "jwtauthd_lane_waiting", "lane=\"database\"",
     "Requests that wait for a thread of their lane."},
    {Level::waiting_refresh, sum, "jwtauthd_lane_waiting", "lane=\"refresh\"", kSame},
    {Level::waiting_password, sum, "jwtauthd_lane_waiting", "lane=\"password\"", kSame},
    {Level::hashes_computing, sum, "jwtauthd_hashes", "state=\"computing\"",
     "Password hashes under way: permits in use, and calls that wait for one."},
    {Level::hashes_waiting, sum, "jwtauthd_hashes", "state=\"waiting\"", kSame},
    {Level::pool_in_use, sum, "jwtauthd_database_connections", "state=\"in_use\"",
     "Connections to the database."},
    {Level::pool_idle, sum, "jwtauthd_database_connections", "state=\"idle\"", kSame},
    {Level::pool_waiting, sum, "jwtauthd_database_waiting", "", "Threads that wait for a connection."},
    {Level::pool_size, sum, "jwtauthd_database_connections_max", "",
     "Connections that the workers may open: database.pool_size of each."},
    {Level::database_up, least, "jwtauthd_database_up", "",
     "1 while the database can be reached, as the worker sees it that fares worst."},
    {Level::keys_signing, most, "jwtauthd_keys", "state=\"active\"",
     "Keys of the ring by state: the one that signs, published ones that will, those that only verify."},
    {Level::keys_next, most, "jwtauthd_keys", "state=\"next\"", kSame},
    {Level::keys_retiring, most, "jwtauthd_keys", "state=\"retiring\"", kSame},
    {Level::feed_polled, age, "jwtauthd_revocation_feed_age_seconds", "",
     "Time since the last successful poll of revocations, of the worker that is furthest behind. Beyond "
     "cache.stale_after token checks are refused."},
    {Level::users_polled, age, "jwtauthd_user_poll_age_seconds", "",
     "The same of the poll that reads known users anew."},
};

constexpr SpecialRow kSpecialRows[] = {
    {kRequests, "counter", "method, route, status",
     "Answered requests by row of the table of routes; route=\"other\": paths and methods that are no row. "
     "status=\"other\": a rare one."},
    {kDuration, "histogram", "method, route",
     "From a request that has arrived to its answer, ready to be sent, waiting for its lane included."},
    {kWorkers, "gauge", "", "Workers that run."},
    {kStart, "gauge", "worker", "When each worker began to count, in seconds since 1970."},
    {kBuild, "gauge", "version", "1; the label says which version answered."},
};

template <typename Rows, typename Key>
constexpr bool in_order(const Rows& rows, Key key) {
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (static_cast<std::size_t>(rows[i].*key) != i) return false;
  }
  return true;
}
static_assert(std::size(kCountRows) == kCounts && in_order(kCountRows, &CountRow::count));
static_assert(std::size(kLevelRows) == kLevels && in_order(kLevelRows, &LevelRow::level));

void add_row(std::string& out, std::string_view name, std::string_view type, std::string_view labels,
             std::string_view help) {
  out.append("| `").append(name).append("` | ").append(type).append(" | ").append(labels);
  out.append(labels.empty() ? "| " : " | ").append(help).append(" |\n");
}

/// One line for all series of a name.
template <typename Rows>
void add_families(std::string& out, const Rows& rows, std::string_view type) {
  for (std::size_t i = 0; i < std::size(rows);) {
    std::string labels;
    const std::size_t first = i;
    for (; i < std::size(rows) && rows[i].name == rows[first].name; ++i) {
      if (rows[i].label.empty()) continue;
      labels.append(labels.empty() ? "" : ", ").append("`").append(rows[i].label).append("`");
    }
    add_row(out, rows[first].name, type, labels, rows[first].help);
  }
}

}  // namespace

std::span<const CountRow> counts() {
  return kCountRows;
}
std::span<const LevelRow> levels() {
  return kLevelRows;
}
std::span<const SpecialRow> specials() {
  return kSpecialRows;
}

std::string seconds_text(std::uint64_t micros) {
  std::string text = std::to_string(micros / 1'000'000);
  std::string fraction = std::to_string(1'000'000 + micros % 1'000'000).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) text.append(".").append(fraction);
  return text;
}

std::string reference() {
  std::string out = "| name | type | labels | meaning |\n|---|---|---|---|\n";
  for (const SpecialRow& row : kSpecialRows) add_row(out, row.name, row.type, row.labels, row.help);
  add_families(out, kCountRows, "counter");
  add_families(out, kLevelRows, "gauge");
  return out;
}

}  // namespace metrics
