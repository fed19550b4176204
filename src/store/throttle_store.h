// Failed logins, per account and per address, where all workers and hosts count together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/clock.h"

namespace store {

/// Whose failures are counted. An account is counted by the name that was typed, in the collation of
/// auth_user.username, whether it exists or not; only a hash of it is stored, since people type passwords
/// there. An owner is somebody who has been logged in as that user before, and is counted apart from
/// strangers.
struct ThrottleSubject {
  enum class Kind { account, address, owner };
  Kind kind;
  std::string text;  // the username (NFKC), the address (IPv6: its /64), or an owner's id/where
};

struct ThrottleState {
  std::int64_t failures = 0;                      // in a row
  std::optional<util::TimePoint> last_failed_at;  // of the last one
  std::optional<util::TimePoint> blocked_until;
};

struct ThrottleRow : ThrottleState {
  ThrottleSubject::Kind kind{};
  std::int64_t user_id = 0;  // the account, where it exists
  std::string username;      // the same
  std::string address;       // of an address row; of an owner's: where he is
};

/// How long an address that fails no more is held to its failures.
inline constexpr std::chrono::hours kAddressMemory{1};

/// Throws util::Outage.
class ThrottleStore {
 public:
  virtual ~ThrottleStore() = default;

  struct Both {
    ThrottleState account;  // or of the owner that was asked for in its place
    ThrottleState address;
  };
  /// One statement.
  virtual Both read(const ThrottleSubject& account, const ThrottleSubject& address) = 0;
  /// Counts one failure and sets the end of the delay that it brings, on the condition that the row has
  /// `seen` failures, one at least. False: another request was first; read again. This is how an
  /// attempt in the delayed regime takes its turn before the password is looked at.
  virtual bool claim(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                     std::optional<util::TimePoint> blocked_until) = 0;
  /// After a lockout: the count begins anew with this failure, on the condition that the row still has `seen`
  /// failures and is not blocked. False: another request was first; read again.
  virtual bool begin_anew(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                          std::optional<util::TimePoint> blocked_until) = 0;
  /// Counts one failure whatever the row has; the new state. `user_id` 0: unknown. An address counts anew
  /// when its last failure is older than kAddressMemory; an account goes on.
  virtual ThrottleState count(const ThrottleSubject& subject, std::int64_t user_id, util::TimePoint now) = 0;
  /// Sets blocked_until, but never to an earlier time.
  virtual void block(const ThrottleSubject& subject, util::TimePoint until) = 0;
  /// Forgets the failures; false when there were none.
  virtual bool clear(const ThrottleSubject& subject) = 0;
  /// The same for all that is counted of a user as an owner.
  virtual bool clear_owner(std::int64_t user_id) = 0;
  virtual std::vector<ThrottleRow> list(unsigned limit) = 0;
  /// Deletes at most `batch` rows whose last failure and delay are before `before`.
  virtual std::uint64_t purge(util::TimePoint before, unsigned batch) = 0;
};

}  // namespace store
