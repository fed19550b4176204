// How this worker fares, told once a second: its gauges to the scoreboard, now and then a line to systemd,
// all of it to who asks for /metrics.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "config/config.h"
#include "daemon/application.h"
#include "daemon/server.h"
#include "metrics/scoreboard.h"
#include "util/guarded.h"

namespace jwtauthd {

/// Nothing, with a warning in the log, where it cannot be had: what is counted then tells of this worker
/// alone.
std::optional<metrics::Scoreboard> claim_scoreboard(const config::Config::Metrics& options);

class Vitals {
 public:
  using Current = std::function<std::shared_ptr<Application>()>;
  /// All of it outlives the object. `scoreboard`: nullptr: there is none.
  Vitals(const metrics::Scoreboard* scoreboard, Server& server, Current current);

  void start();
  void stop();
  /// A word for the operator before all else in the status, from now on; "": none.
  void note(const std::string& text);

  /// What the thread does at its intervals.
  void publish();
  /// The answer to GET /metrics. Any thread.
  std::string exposition();
  /// For `systemctl status`: what this worker has done and how it is.
  std::string status() const;

 private:
  void run(const std::stop_token& stop);

  const metrics::Scoreboard* const scoreboard_;
  Server& server_;
  const Current current_;
  const metrics::Values at_start_;
  util::Guarded<std::string> note_;
  std::mutex counting_;
  std::uint64_t broken_ = 0;  // under counting_: what has been counted
  std::mutex waking_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace jwtauthd
