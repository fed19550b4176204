// All that one configuration makes: the only place that constructs things, but for the threads that take
// requests (daemon/worker.h), which stay while applications come and go.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/app.h"
#include "config/config.h"
#include "daemon/gauges.h"

namespace jwtauthd {

class Application {
 public:
  /// Opens keys and lists. Throws std::runtime_error or util::Outage with one sentence for the operator when
  /// the service cannot run so. A database that is away is no reason.
  /// `exposition` answers GET /metrics.
  Application(config::Config configuration, std::function<std::string()> exposition);
  /// Joins the threads that poll, which takes as long as a statement that one of them is at.
  ~Application();

  /// What it polls is polled from now on.
  void start();
  api::App& app() noexcept;

  Gauges& gauges() noexcept;

  /// As Readiness::look(): empty when database, schema, keys and the feed are good.
  std::vector<std::string> missing();
  /// Opens a database connection for each thread that asks the database. False: not all can be had now.
  bool connect_all();
  /// Of a database that answers, what an operator should know and nothing stops for: sentences for the log.
  std::vector<std::string> doubts();
  /// More threads than hashes at once: those that wait for their turn are computed together.
  std::size_t hashing_threads() const;
  const config::Config& configuration() const noexcept;
  /// One line for the log: what is served, and how.
  std::string summary() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace jwtauthd
