// How this worker fares, told once a second: its gauges to the scoreboard, now and then a line to systemd,
// all of it to who asks for /metrics.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "config/config.h"
#include "crypto/password_hash.h"
#include "daemon/server.h"
#include "metrics/scoreboard.h"
#include "mysql/pool.h"
#include "tokens/key_ring.h"
#include "tokens/revocation_feed.h"

namespace jwtauthd {

/// Nothing, with a warning in the log, where it cannot be had: what is counted then tells of this worker
/// alone.
std::optional<metrics::Scoreboard> claim_scoreboard(const config::Config::Metrics& options);

class Vitals {
 public:
  /// What is looked at; all of it outlives the object. `scoreboard`: nullptr: there is none.
  struct Of {
    const metrics::Scoreboard* scoreboard;
    const mysql::Pool& pool;
    const crypto::PasswordHashes& hashes;
    const tokens::KeyRing& keys;
    const tokens::RevocationFeed& feed;
    Server& server;
  };
  explicit Vitals(const Of& of);

  void start();
  void stop();

  /// What the thread does at its intervals.
  void publish();
  /// The answer to GET /metrics. Any thread.
  std::string exposition();
  /// For `systemctl status`: what this worker has done and how it is.
  std::string status() const;

 private:
  void run(const std::stop_token& stop);

  const Of of_;
  const metrics::Values at_start_;
  std::mutex publishing_;
  std::uint64_t statements_ = 0;  // under publishing_, as the next: what has been counted
  std::uint64_t failures_ = 0;
  std::uint64_t broken_ = 0;
  std::mutex waking_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace jwtauthd
