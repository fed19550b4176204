// Sessions and users whose access tokens ended early, in this worker's memory: read before the first
// request, polled from the database ever after. A token check asks here and runs no SQL.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "store/revocation_store.h"
#include "tokens/token_shard.h"
#include "tokens/user_directory.h"
#include "util/clock.h"

namespace tokens {

struct FeedOptions {
  std::chrono::milliseconds poll_interval{250};
  std::chrono::seconds stale_after{60};  // not polled for so long: token checks are refused (fail closed)
  /// How far a poll looks back at most; what earlier polls have seen for some seconds is not read at each. A
  /// poll that comes more than half of it after the last one reads everything anew.
  std::chrono::seconds window{30};
  /// At least so often everything is read anew, and at once when the wall clock was set: what the window does
  /// not show is found so much later.
  std::chrono::seconds read_all_every{15};
  /// At least so often a poll reads the whole window, whatever the ids are: what became visible late, with a
  /// lower id than others (a COMMIT that was held up; another node of a cluster, whose ids are its own), is
  /// found so much later at most.
  std::chrono::milliseconds read_window_every{500};
  unsigned page = 5000;  // of everything; between two of them it is polled
};

/// Thread-safe. No call waits for the poll.
class RevocationFeed {
 public:
  RevocationFeed(store::RevocationStore& revocations, const util::Clock& clock, FeedOptions options,
                 MonotonicNow now = std::chrono::steady_clock::now);
  ~RevocationFeed();

  /// Starts the polling thread, which reads all that is not over first; until then the feed is stale.
  void start();
  void stop();
  /// What the thread does at its intervals; threads that call it at the same time share one query. Throws
  /// util::Outage.
  void poll_once();

  /// Memory only; with nothing revoked, one atomic load.
  bool revoked(const Vouched& token) const noexcept;
  /// The same, where it is known: nothing when the feed is stale. With may_ask_database it is then polled
  /// first.
  std::optional<bool> ended(const Vouched& token, bool may_ask_database);
  /// As the database has it now, where a poll is too late. Throws util::Outage.
  bool ended_in_database(const Vouched& token, store::Reading reading);
  /// What this worker has just committed holds here at once.
  void apply(std::span<const store::Revocation> revocations);

  bool fresh() const noexcept;  // age() <= stale_after, and loaded
  std::chrono::milliseconds age() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokens
