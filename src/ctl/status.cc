#include "ctl/status.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "api/routes.h"
#include "ctl/operator.h"
#include "ctl/plain_text.h"
#include "ctl/verbs.h"
#include "store/settings.h"

#ifndef JWTAUTHD_VERSION
#define JWTAUTHD_VERSION "0"
#endif

namespace jwtauthd {
namespace {

using metrics::Count;
using metrics::Level;

/// A worker says once a second that it is there.
constexpr std::uint64_t kSilent = 10'000;
/// The revocations are polled four times a second, or as configured, but never as slowly as this.
constexpr std::uint64_t kLate = 20'000;

std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {}) {
  return doctor::counted(static_cast<std::int64_t>(count), one, many);
}
std::string seconds(std::uint64_t milliseconds) {
  return std::to_string(milliseconds / 1000) + "." + std::to_string(milliseconds % 1000 / 100) + " s";
}

StatusPart workers(const metrics::Reading& reading) {
  const auto silent = [&](const auto& worker) {
    return reading.moment > worker.second.seen && reading.moment - worker.second.seen > kSilent;
  };
  const auto hung =
      static_cast<std::size_t>(std::count_if(reading.workers.begin(), reading.workers.end(), silent));
  std::string text = counted(reading.workers.size(), "worker") + " run";
  if (reading.workers.size() == 1) text += "s";
  if (reading.workers.empty()) return {Health::down, "workers", "No worker runs."};
  if (hung == 0) return {Health::ok, "workers", text + "."};
  return {hung == reading.workers.size() ? Health::down : Health::degraded, "workers",
          text + ", " + std::to_string(hung) + " of them say nothing for more than ten seconds."};
}

StatusPart revocations(const config::Config& config, const metrics::Reading& reading) {
  std::vector<std::uint64_t> ages;
  for (const auto& [place, worker] : reading.workers) {
    const std::uint64_t polled = worker.of(Level::feed_polled);
    ages.push_back(reading.moment > polled ? reading.moment - polled : 0);
  }
  const auto [youngest, oldest] = std::minmax_element(ages.begin(), ages.end());
  const auto stale = static_cast<std::uint64_t>(std::chrono::milliseconds(config.cache.stale_after).count());
  const auto interval =
      static_cast<std::uint64_t>(std::chrono::milliseconds(config.cache.poll_interval).count());
  const std::string text = "The last poll that succeeded is " + seconds(*oldest) + " old";
  if (*youngest > stale) return {Health::down, "revocations", text + ": token checks are refused."};
  if (*oldest > stale)
    return {Health::degraded, "revocations", text + " in one worker, which refuses token checks."};
  return {*oldest > std::min(std::max(stale / 2, 3 * interval), kLate) ? Health::degraded : Health::ok,
          "revocations", text + "."};
}

StatusPart traffic(const metrics::Reading& reading) {
  const metrics::Values& all = *reading.all;
  return {Health::ok, "so far",
          counted(all.requests(), "request") + ", " + counted(all.of(Count::login_ok), "login") + ", " +
              counted(all.of(Count::refresh_ok), "refresh", "refreshes") + ", " +
              counted(all.of(Count::worker_starts), "start") + " of workers."};
}

void add_reading(Status& status, const config::Config& config,
                 const util::Result<metrics::Reading>& reading) {
  if (config.metrics.scoreboard.empty()) {
    return status.parts.push_back({Health::degraded, "workers", "Not known: metrics.scoreboard is empty."});
  }
  if (!reading) {
    return status.parts.push_back(
        {Health::down, "workers", "None has counted anything: " + reading.error().message + "."});
  }
  status.parts.push_back(workers(*reading));
  if (!reading->workers.empty()) status.parts.push_back(revocations(config, *reading));
  status.parts.push_back(traffic(*reading));
}

void add_findings(Status& status, const doctor::Report& report) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> names{
      {{"tokens.signing_key", "keys"}, {"database.connection", "database"}, {"schema.migrations", "schema"}}};
  for (const auto& found : report.findings()) {
    const auto* const named =
        std::find_if(names.begin(), names.end(), [&](const auto& pair) { return pair.first == found.check; });
    const std::string_view what = named != names.end() ? named->second : std::string_view(found.check);
    status.parts.push_back({found.severity == doctor::Severity::problem ? Health::degraded : Health::ok,
                            std::string(what), found.text});
  }
}

util::Result<metrics::Reading> read_scoreboard(const std::string& path) {
  const auto board = metrics::Scoreboard::open(path, api::route_labels());
  if (!board) return util::unexpected(board.error());
  return board->read();
}

void print_json(const Status& status, Terminal& terminal) {
  json::Value parts = json::Value::array();
  for (const auto& part : status.parts) {
    json::Value one = json::Value::object();
    one.set("what", json_text(part.what));
    one.set("health", json_text(name(part.health)));
    one.set("text", json_text(part.text));
    parts.append(std::move(one));
  }
  json::Value out = json::Value::object();
  out.set("health", json_text(name(status.health())));
  out.set("parts", std::move(parts));
  terminal.out(out.dump_indented(2));
}

void print_text(const Status& status, Terminal& terminal) {
  std::vector<std::vector<std::string>> rows{
      {"jwtauthd", std::string(name(status.health())), "version " JWTAUTHD_VERSION}};
  for (const auto& part : status.parts)
    rows.push_back({part.what, std::string(name(part.health)), part.text});
  for (const auto& line : columns(rows)) terminal.out(line);
}

ExitCode tell(const std::string& config_path, bool json, Terminal& terminal) {
  const auto config = config::load(config_path);
  if (!config) {
    terminal.err(config.error().message);
    return ExitCode::configuration;
  }
  mysql::Pool pool(for_one_command(store::database_options(config->database)));
  const util::SystemClock clock;
  doctor::Patient patient;
  patient.config_path = config_path;
  patient.config = &*config;
  patient.pool = &pool;
  patient.clock = &clock;
  static constexpr std::array<std::string_view, 3> checks{"tokens.signing_key", "database.connection",
                                                          "schema.migrations"};
  const auto report = doctor::examine(patient, checks);
  const Status status = judge(*config, read_scoreboard(config->metrics.scoreboard), report);
  json ? print_json(status, terminal) : print_text(status, terminal);
  switch (status.health()) {
    case Health::ok:
      return ExitCode::ok;
    case Health::degraded:
      return ExitCode::degraded;
    case Health::down:
      break;
  }
  return ExitCode::down;
}

}  // namespace

std::string_view name(Health health) {
  constexpr std::array<std::string_view, 3> names{"ok", "degraded", "down"};
  return names[static_cast<std::size_t>(health)];
}

Health Status::health() const {
  Health worst = Health::ok;
  for (const auto& part : parts) worst = std::max(worst, part.health);
  return worst;
}

Status judge(const config::Config& config, const util::Result<metrics::Reading>& reading,
             const doctor::Report& report) {
  Status status;
  add_reading(status, config, reading);
  add_findings(status, report);
  return status;
}

void add_status(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("status", "Say whether the service of this host does its work.");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Answer in JSON.");
  verb->footer(
      lesson("Looks at the workers by way of metrics.scoreboard, and at keys, database and schema itself. "
             "Exit status,\n"
             "for monitoring: 0 ok; 1 degraded: something is wrong and token checks go on; 2 down: no worker "
             "runs, or\n"
             "all refuse tokens because they hear of no revocations; 4 the configuration cannot be used.",
             "jwtauthctl status\n"
             "jwtauthctl status --json | jq -r .health"));
  verb->callback([&line, json] {
    line.chosen = [&line, json](Terminal& terminal) { return tell(line.config_path, *json, terminal); };
  });
}

}  // namespace jwtauthd
