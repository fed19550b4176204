// Failed attempts at a password slow the next ones down: of the same account, and from the same address.
//
// Of an account, fewer than `account_failures` failures in a row cost nothing: an attempt is counted when it
// has failed. Each process looks at no more than `account_failures` passwords of one name at a time, and lets
// others wait for these; so the most that are looked at before there is a delay are account_failures - 1, and
// account_failures for each process.
// From there on there are delays. When one is over, an attempt takes its turn, counted as a failure, before
// the password is looked at: over all processes one gets it, and brings the next delay. The right password
// ends the count. After `max_failures` the delay is `lockout`, and then the count begins anew.
//
// An address is counted where an attempt failed, so that the many who share one are not slowed by their own
// successes, and where an account's delay refused one, once a second.
//
// Strangers must not be able to keep an owner out. Where the account or the address is delayed, an attempt
// from a network that this account has had a session from is counted by itself; the password of one who is
// logged in always is. Each of these counts has the same delays and the same lock as an account, and is the
// only one that refuses these attempts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "accounts/turnstile.h"
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
    Turnstile::Place place{};
  };
  /// May wait for other attempts at the same account. One statement; where there is a delay one that asks for
  /// the owner, whose count one more reads, and one that takes the turn. The same for names that nobody has.
  std::variant<Attempt, Throttled> begin(std::string_view username, const store::Origin& origin);
  /// The same for one who is logged in: strangers' failures are not his.
  std::variant<Attempt, Throttled> begin(const LoggedIn& who, const store::Origin& origin);
  /// `user_id` 0: there is no such account.
  void failed(const Attempt& attempt, std::int64_t user_id, const store::Origin& origin);
  void succeeded(const Attempt& attempt);

 private:
  std::variant<Attempt, Throttled> take_turn(Attempt attempt);
  store::ThrottleStore::Both read(const Attempt& attempt, util::TimePoint now);
  std::optional<Throttled> refusal(const Attempt& attempt, const store::ThrottleStore::Both& found,
                                   util::TimePoint now);
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
  Turnstile at_once_;
};

/// Whose failures an address counts: itself, or of IPv6 its /64, which is what one customer has. Empty for
/// what is no IP address: it is not counted.
std::string counted_network(std::string_view address);

}  // namespace accounts
