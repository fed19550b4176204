// Failed attempts at a password slow the next ones down: of the same account, and from the same address.
//
// An account's first few failures cost nothing, and then there are delays. After the first failure an attempt
// must take its turn, counted, before the password is looked at: however many come at once, each free one and
// each end of a delay lets one through. What it finds ends the account's count or lets it stand. An address
// is only counted where an attempt failed, so that the many who share one are not slowed by their own
// successes.
//
// Strangers must not be able to keep an owner out. Where an account is delayed or locked, an attempt from a
// network that this account has had a session from is counted by itself, apart from all others; so is the
// password of one who is logged in. Each of these counts has the same delays and the same lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/audit_store.h"
#include "store/origin.h"
#include "store/session_store.h"
#include "store/throttle_store.h"
#include "util/clock.h"

namespace accounts {

struct ThrottleOptions {
  std::int64_t account_failures = 5;
  std::int64_t address_failures = 50;
  std::chrono::seconds first_delay{1};
  std::chrono::seconds max_delay{900};
  std::int64_t max_failures = 100;
  std::chrono::seconds lockout{86400};
};

/// Not now: the password was not looked at.
struct Throttled {
  std::chrono::seconds wait;  // at least 1 s
};

/// Who is logged in, and asks for what takes his password again.
struct LoggedIn {
  std::int64_t user_id = 0;
  std::optional<store::SessionId> session{};  // that his token names; there are tokens that name none
};

/// Thread-safe. Throws util::Outage: an attempt that cannot be counted is none.
class Throttle {
 public:
  /// `sessions`: nullptr where there are none, and so nothing to know an owner by. `audit`: nullptr when
  /// nothing is recorded.
  Throttle(store::ThrottleStore& failures, store::SessionStore* sessions, store::AuditStore* audit,
           const util::Clock& clock, ThrottleOptions options);

  /// One attempt at one password, which then has failed or succeeded.
  struct Attempt {
    store::ThrottleSubject account;  // or an owner of it
    store::ThrottleSubject address;
    std::int64_t account_failures = 0;  // before it; with it when it was counted in advance
    bool counted = false;
  };
  /// One statement; in the delayed regime one that asks for the owner and one that takes the turn (an owner's
  /// count is read by one more). The same for names that nobody has.
  std::variant<Attempt, Throttled> begin(std::string_view username, const store::Origin& origin);
  /// The same for one who is logged in: strangers' failures are not his.
  std::variant<Attempt, Throttled> begin(const LoggedIn& who, const store::Origin& origin);
  /// `user_id` 0: there is no such account.
  void failed(const Attempt& attempt, std::int64_t user_id, const store::Origin& origin);
  void succeeded(const Attempt& attempt);

 private:
  std::variant<Attempt, Throttled> take_turn(Attempt attempt);
  std::optional<store::ThrottleSubject> owner_of(const Attempt& attempt);
  std::chrono::seconds delay_after(std::int64_t failures, std::int64_t free) const noexcept;
  std::optional<util::TimePoint> blocked_after(std::int64_t failures, util::TimePoint now) const noexcept;
  std::chrono::seconds account_delay(std::int64_t failures) const noexcept;
  std::int64_t count_account(const Attempt& attempt, std::int64_t user_id, util::TimePoint now);
  void count_address(const Attempt& attempt, util::TimePoint now);
  void record(store::AuditKind kind, std::string_view reason, std::int64_t user_id, util::TimePoint now,
              const store::Origin& origin);

  store::ThrottleStore& failures_;
  store::SessionStore* sessions_;
  store::AuditStore* audit_;
  const util::Clock& clock_;
  const ThrottleOptions options_;
};

/// Whose failures an address counts: itself, or of IPv6 its /64, which is what one customer has. Empty for
/// what is no IP address: it is not counted.
std::string counted_network(std::string_view address);

}  // namespace accounts
