#include "ctl/top.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <thread>

#include "api/routes.h"
#include "config/config.h"
#include "ctl/plain_text.h"
#include "ctl/verbs.h"

namespace jwtauthd {
namespace {

using metrics::Count;
using metrics::Level;

constexpr std::size_t kRoutesShown = 15;

std::string number(double value, int decimals = 1) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}
std::string millis(const std::optional<double>& seconds) {
  return seconds ? number(*seconds * 1e3, *seconds < 0.01 ? 3 : 1) : "-";
}
std::string per_second(double rate) {
  return number(rate) + "/s";
}
std::string level(const Rates& rates, Level what) {
  return std::to_string(rates.now.of(what));
}
std::string age(const Rates& rates, Level what) {
  return number(static_cast<double>(rates.now.of(what)) / 1e3) + " s";
}
std::string hits(const Rates& rates, Count hit, Count miss) {
  const double all = rates.of(hit) + rates.of(miss);
  return all > 0 ? number(100 * rates.of(hit) / all) + " %" : "-";
}

std::vector<std::vector<std::string>> summary(const Rates& r) {
  return {
      {"requests", per_second(r.all.requests) + ", 4xx " + per_second(r.all.refused) + ", 5xx " +
                       per_second(r.all.failed) + ", p50 " + millis(r.all.latency.median) + " ms, p99 " +
                       millis(r.all.latency.p99) + " ms"},
      {"under way", level(r, Level::requests_in_progress) + " requests on " + level(r, Level::connections) +
                        " connections; waiting: database " + level(r, Level::waiting_database) +
                        ", refresh " + level(r, Level::waiting_refresh) + ", password " +
                        level(r, Level::waiting_password)},
      {"logins", per_second(r.of(Count::login_ok)) + ", refused " + per_second(r.of(Count::login_refused)) +
                     ", throttled " + per_second(r.of(Count::login_throttled)) + "; registrations " +
                     per_second(r.of(Count::registration_ok))},
      {"refreshes", per_second(r.of(Count::refresh_ok)) + ", refused " +
                        per_second(r.of(Count::refresh_refused)) + ", reused " +
                        per_second(r.of(Count::refresh_reuse))},
      {"hashes",
       level(r, Level::hashes_computing) + " computing, " + level(r, Level::hashes_waiting) + " waiting"},
      {"database", (r.now.of(Level::database_up) != 0 ? std::string("answers") : std::string("away")) + ", " +
                       level(r, Level::pool_in_use) + " in use, " + level(r, Level::pool_idle) + " idle of " +
                       level(r, Level::pool_size) + ", " + level(r, Level::pool_waiting) + " waiting; " +
                       per_second(r.of(Count::database_statements)) + " statements, " +
                       per_second(r.of(Count::database_failures)) + " errors"},
      {"caches", "tokens " + hits(r, Count::token_hit, Count::token_miss) + ", users " +
                     hits(r, Count::user_hit, Count::user_miss)},
      {"age", "revocations " + age(r, Level::feed_polled) + ", users " + age(r, Level::users_polled)},
      {"keys", level(r, Level::keys_signing) + " active, " + level(r, Level::keys_next) + " next, " +
                   level(r, Level::keys_retiring) + " retiring"},
  };
}

json::Value real(double value) {
  return json::Value::real(value);
}
json::Value maybe(const std::optional<double>& value) {
  return value ? real(*value) : json::Value();
}
json::Value whole(std::uint64_t value) {
  return json::Value::integer(static_cast<std::int64_t>(value));
}

json::Value traffic_json(const Traffic& traffic) {
  json::Value out = json::Value::object();
  out.set("requests_per_second", real(traffic.requests));
  out.set("refused_per_second", real(traffic.refused));
  out.set("failed_per_second", real(traffic.failed));
  out.set("p50_seconds", maybe(traffic.latency.median));
  out.set("p99_seconds", maybe(traffic.latency.p99));
  return out;
}

/// The series as Prometheus calls it: name{label="value"}.
std::string series(std::string_view name, std::string_view label) {
  std::string out(name);
  if (!label.empty()) out.append("{").append(label).append("}");
  return out;
}

ExitCode run_top(TopOptions options, const std::string& config_path, Terminal& terminal) {
  const auto config = config::load(config_path);
  if (!config) {
    terminal.err(config.error().message);
    return ExitCode::configuration;
  }
  options.scoreboard = config->metrics.scoreboard;
  options.redraw = !options.once && !options.json && isatty(STDOUT_FILENO) == 1;
  return watch(
      options,
      [](double seconds) {
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        return true;
      },
      terminal);
}

}  // namespace

std::vector<std::string> top_screen(const Rates& rates) {
  std::vector<std::string> lines = columns(summary(rates));
  std::vector<std::vector<std::string>> routes{{"ROUTE", "REQ/S", "P50 MS", "P99 MS", "4XX/S", "5XX/S"}};
  for (const auto& [route, traffic] : rates.routes) {
    if (routes.size() > kRoutesShown) break;
    routes.push_back({route, number(traffic.requests), millis(traffic.latency.median),
                      millis(traffic.latency.p99), number(traffic.refused), number(traffic.failed)});
  }
  std::vector<std::vector<std::string>> workers{{"WORKER", "PID", "REQ/S", "UNDER WAY", "SEEN"}};
  for (const auto& worker : rates.workers) {
    workers.push_back({std::to_string(worker.place), std::to_string(worker.pid), number(worker.requests),
                       std::to_string(worker.in_progress),
                       number(static_cast<double>(worker.silent_for) / 1e3) + " s ago"});
  }
  for (const auto& table : {workers, routes}) {
    lines.emplace_back();
    const auto more = columns(table);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  return lines;
}

json::Value top_json(const Rates& rates) {
  json::Value out = json::Value::object();
  out.set("seconds", real(rates.seconds));
  out.set("all", traffic_json(rates.all));
  json::Value routes = json::Value::object();
  for (const auto& [route, traffic] : rates.routes) routes.set(route, traffic_json(traffic));
  out.set("routes", std::move(routes));
  json::Value counts = json::Value::object();
  for (const auto& row : metrics::counts()) {
    json::Value one = json::Value::object();
    one.set("total", whole(rates.now.of(row.count)));
    one.set("per_second", real(rates.of(row.count)));
    counts.set(series(row.name, row.label), std::move(one));
  }
  out.set("counts", std::move(counts));
  json::Value levels = json::Value::object();
  for (const auto& row : metrics::levels()) {
    const std::uint64_t value = rates.now.of(row.level);
    levels.set(series(row.name, row.label),
               row.merge == metrics::Merge::age ? real(static_cast<double>(value) / 1e3) : whole(value));
  }
  out.set("levels", std::move(levels));
  json::Value workers = json::Value::array();
  for (const auto& worker : rates.workers) {
    json::Value one = json::Value::object();
    one.set("worker", whole(worker.place));
    one.set("pid", whole(worker.pid));
    one.set("started", whole(worker.started));
    one.set("seconds_since_seen", real(static_cast<double>(worker.silent_for) / 1e3));
    one.set("requests_in_progress", whole(worker.in_progress));
    one.set("requests_per_second", real(worker.requests));
    workers.append(std::move(one));
  }
  out.set("workers", std::move(workers));
  return out;
}

ExitCode watch(const TopOptions& options, const std::function<bool(double)>& wait, Terminal& terminal) {
  const auto routes = api::route_labels();
  std::optional<metrics::Reading> before;
  for (;;) {
    // Opened each time: a new version's workers have a new file.
    const auto board = metrics::Scoreboard::open(options.scoreboard, routes);
    if (!board) {
      terminal.err("Error: metrics.scoreboard: " + board.error().message);
      return ExitCode::refused;
    }
    auto now = board->read();
    if (before) {
      const Rates rates = rates_between(*before, now, routes);
      if (options.json) {
        terminal.out(options.once ? top_json(rates).dump_indented(2) : top_json(rates).dump());
      } else {
        // To the top left corner, and away with all that is below (ECMA-48 CUP and ED).
        std::string screen = options.redraw ? "\x1b[H\x1b[J" : "";
        for (const auto& line : top_screen(rates)) screen.append(line).append("\n");
        terminal.out(screen);
      }
      if (!terminal.heard()) return ExitCode::refused;
      if (options.once) return ExitCode::ok;
    }
    before = std::move(now);
    if (!wait(options.interval)) return ExitCode::ok;
  }
}

void add_top(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("top", "Watch what the workers of this host do.");
  auto options = std::make_shared<TopOptions>();
  verb->add_option("--interval", options->interval, "Seconds between two looks.")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb->add_flag("--once", options->once, "One look, after one interval, and no more.");
  verb->add_flag("--json", options->json, "An object for each look, a line each.");
  verb->footer(
      lesson("Rates and latencies are of the interval. Latencies are of the workers alone, from the\n"
             "request that has arrived to the answer; they come from a histogram, between whose bounds\n"
             "requests are taken to be evenly spread. docs/metrics.md says what is counted.",
             "jwtauthctl top\n"
             "jwtauthctl top --once --interval 10\n"
             "jwtauthctl top --json | jq -c '.all'"));
  verb->callback([&line, options] {
    line.chosen = [&line, options](Terminal& terminal) {
      return run_top(*options, line.config_path, terminal);
    };
  });
}

}  // namespace jwtauthd
