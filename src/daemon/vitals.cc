#include "daemon/vitals.h"

#include <utility>

#include "api/routes.h"
#include "daemon/supervisor.h"
#include "metrics/exposition.h"
#include "util/log.h"

#ifndef JWTAUTHD_VERSION
#define JWTAUTHD_VERSION "unversioned"
#endif

namespace jwtauthd {
namespace {

using metrics::Count;
using metrics::Level;

constexpr std::chrono::seconds kInterval{1};
constexpr unsigned kIntervalsPerStatus = 5;

/// Adds to a count what came since the last time.
void catch_up(Count what, std::uint64_t now, std::uint64_t& counted) {
  metrics::count(what, now - std::exchange(counted, now));
}

std::string counted(std::uint64_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace

std::optional<metrics::Scoreboard> claim_scoreboard(const config::Config::Metrics& options) {
  if (options.scoreboard.empty()) return std::nullopt;
  auto board = metrics::Scoreboard::claim(options.scoreboard, api::route_labels());
  if (board) return std::move(*board);
  util::log::warning("metrics.scoreboard: " + board.error().message + "; this worker counts for itself");
  return std::nullopt;
}

Vitals::Vitals(const Of& of) : of_(of), at_start_(metrics::own_values()) {
  metrics::count(Count::worker_starts);
}

void Vitals::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Vitals::stop() {
  thread_ = {};
}

void Vitals::run(const std::stop_token& stop) {
  std::unique_lock lock(waking_);
  for (unsigned turn = 0; !stop.stop_requested(); ++turn) {
    publish();
    util::log::tick();
    if (turn % kIntervalsPerStatus == 0) supervisor::tell_status(status());
    wake_.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); });
  }
}

void Vitals::publish() {
  const auto load = of_.server.load();
  metrics::set(Level::requests_in_progress, load.listener.calls);
  metrics::set(Level::connections, load.listener.connections);
  metrics::set(Level::waiting_database, load.database_waiting);
  metrics::set(Level::waiting_refresh, load.refresh_waiting);
  metrics::set(Level::waiting_password, load.password_waiting);
  const auto hashes = of_.hashes.load();
  metrics::set(Level::hashes_computing, hashes.computing);
  metrics::set(Level::hashes_waiting, hashes.waiting);
  const auto pool = of_.pool.use();
  metrics::set(Level::pool_in_use, pool.open - pool.idle);
  metrics::set(Level::pool_idle, pool.idle);
  metrics::set(Level::pool_waiting, pool.waiting);
  metrics::set(Level::pool_size, pool.size);
  metrics::set(Level::database_up, pool.down ? 0 : 1);
  const auto keys = of_.keys.census();
  metrics::set(Level::keys_signing, keys.active);
  metrics::set(Level::keys_next, keys.next);
  metrics::set(Level::keys_retiring, keys.retiring);
  metrics::cells().seen.store(metrics::moment_now(), std::memory_order_relaxed);

  const std::lock_guard lock(publishing_);
  catch_up(Count::database_statements, pool.statements, statements_);
  catch_up(Count::database_failures, pool.failures, failures_);
  catch_up(Count::broken_connections, load.listener.refused, broken_);
}

std::string Vitals::exposition() {
  publish();
  return metrics::exposition(of_.scoreboard != nullptr ? of_.scoreboard->read() : metrics::read_own(),
                             api::route_labels(), JWTAUTHD_VERSION);
}

std::string Vitals::status() const {
  const metrics::Values now = metrics::own_values();
  const auto keys = of_.keys.census();
  const auto age = of_.feed.age().count();
  return counted(now.requests() - at_start_.requests(), "request") + ", " +
         counted(now.of(Count::login_ok) - at_start_.of(Count::login_ok), "login") + "; database " +
         (of_.pool.use().down ? "away" : "answers") + "; " +
         counted(keys.active + keys.next + keys.retiring, "key") + "; revocations " +
         std::to_string(age / 1000) + "." + std::to_string(age % 1000 / 100) + " s old" +
         (of_.feed.fresh() ? "" : ": token checks are refused");
}

}  // namespace jwtauthd
