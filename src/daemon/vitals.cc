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

Vitals::Vitals(const metrics::Scoreboard* scoreboard, Server& server, Current current)
    : scoreboard_(scoreboard),
      server_(server),
      current_(std::move(current)),
      at_start_(metrics::own_values()) {
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

void Vitals::note(const std::string& text) {
  *note_.lock() = text;
  supervisor::tell_status(status());
}

void Vitals::publish() {
  const auto load = server_.load();
  metrics::set(Level::requests_in_progress, load.listener.calls);
  metrics::set(Level::connections, load.listener.connections);
  metrics::set(Level::waiting_database, load.database_waiting);
  metrics::set(Level::waiting_refresh, load.refresh_waiting);
  metrics::set(Level::waiting_password, load.password_waiting);
  current_()->gauges().publish();
  metrics::cells().seen.store(metrics::moment_now(), std::memory_order_relaxed);

  const std::lock_guard lock(counting_);
  metrics::catch_up(Count::broken_connections, load.listener.refused, broken_);
}

std::string Vitals::exposition() {
  publish();
  return metrics::exposition(scoreboard_ != nullptr ? scoreboard_->read() : metrics::read_own(),
                             api::route_labels(), JWTAUTHD_VERSION);
}

std::string Vitals::status() const {
  const metrics::Values now = metrics::own_values();
  std::string text = *note_.lock();
  if (!text.empty()) text += "; ";
  return text + counted(now.requests() - at_start_.requests(), "request") + ", " +
         counted(now.of(Count::login_ok) - at_start_.of(Count::login_ok), "login") + "; " +
         current_()->gauges().state();
}

}  // namespace jwtauthd
