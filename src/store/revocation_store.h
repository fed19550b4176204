// What ended before its time: the append-only table that every worker polls, so that access tokens end
// without a query per request.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "util/clock.h"

namespace store {

/// UUIDv7 (RFC 9562) of a session that we began; else 16 bytes that stand for a token without `sid`. All
/// zero: none.
using SessionId = std::array<unsigned char, 16>;

struct Revocation {
  std::int64_t id = 0;          // ascending on one server, with gaps; in no order of commit
  std::int64_t user_id = 0;     // of the session, or of the user whose tokens end
  SessionId session{};          // all zero: the user's tokens without session, issued before not_before
  std::int64_t not_before = 0;  // seconds since 1970; for those
  std::int64_t expires = 0;     // seconds since 1970: no token that it ends is valid any more
};

/// as_committed: a plain look. settled: waits for a transaction that is about to end all of the user's.
enum class Reading { as_committed, settled };

/// Throws util::Outage.
class RevocationStore {
 public:
  virtual ~RevocationStore() = default;

  /// The first `limit` above `after_id`, in order of id, that are not over yet by the database's clock.
  virtual std::vector<Revocation> page(std::int64_t after_id, unsigned limit) = 0;
  /// Those written within the last `window`, by the database's clock, with a higher id than `after_id`. What
  /// was committed later than that, or on a node with another clock, only page() shows.
  virtual std::vector<Revocation> recent(std::chrono::seconds window, std::int64_t after_id) = 0;
  /// Whether this session of the user has ended, or his tokens without session that were issued at `issued`
  /// (seconds since 1970).
  virtual bool has_ended(std::int64_t user_id, const SessionId& session, std::int64_t issued,
                         Reading reading) = 0;
  /// Deletes at most `batch` that are over; how many it was.
  virtual std::uint64_t purge(util::TimePoint now, unsigned batch) = 0;
};

}  // namespace store
