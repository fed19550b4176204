#include "accounts/throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "accounts/audit_event.h"
#include "metrics/cells.h"
#include "util/base_letters.h"
#include "util/encoding.h"

namespace accounts {
namespace {

using std::chrono::seconds;
using store::ThrottleState;
using store::ThrottleSubject;
using Kind = store::ThrottleSubject::Kind;

/// Rivals for one turn: each that was first has begun the next delay, so that only one who has ended the
/// count meanwhile takes another round.
constexpr int kTries = 3;

ThrottleSubject owner(std::int64_t user_id, std::string_view where) {
  return {Kind::owner, std::to_string(user_id) + "/" + std::string(where)};
}

/// By so much the clocks of hosts may differ.
constexpr seconds kClocksDiffer{60};

std::optional<Throttled> blocked(const ThrottleState& state, util::TimePoint now) {
  if (!state.blocked_until || *state.blocked_until <= now) return std::nullopt;
  return Throttled{std::chrono::ceil<seconds>(*state.blocked_until - now)};
}

std::optional<Throttled> counted(metrics::Count as, std::optional<Throttled> refusal) {
  if (refusal) metrics::count(as);
  return refusal;
}

}  // namespace

Throttle::Throttle(store::ThrottleStore& failures, store::SessionStore* sessions, store::AuditStore* audit,
                   const util::Clock& clock, ThrottleOptions options)
    : failures_(failures),
      sessions_(sessions),
      audit_(audit),
      clock_(clock),
      options_(options),
      at_once_(static_cast<std::size_t>(options.account_failures)) {}

std::variant<Throttle::Attempt, Throttled> Throttle::begin(std::string_view username,
                                                           const store::Origin& origin) {
  return take_turn(
      {{Kind::account, std::string(username)}, {Kind::address, counted_network(origin.address)}});
}

std::variant<Throttle::Attempt, Throttled> Throttle::begin(const LoggedIn& who, const store::Origin& origin) {
  // Tokens that name no session count together: each refresh would else bring a count of its own.
  return take_turn({owner(who.user_id, who.session ? util::to_hex(*who.session) : "token"),
                    {Kind::address, counted_network(origin.address)}});
}

std::variant<Throttle::Attempt, Throttled> Throttle::take_turn(Attempt attempt) {
  attempt.place = at_once_.enter(util::unicode::base_letters(attempt.account.text));
  bool may_be_owner = sessions_ != nullptr && attempt.account.kind == Kind::account;
  for (int tries = 0; tries < kTries; ++tries) {
    const util::TimePoint now = clock_.now();
    auto found = read(attempt, now);
    const bool slowed = found.account.failures >= options_.account_failures || blocked(found.address, now);
    if (may_be_owner && slowed) {
      may_be_owner = false;
      if (auto known = owner_of(attempt)) {
        attempt.account = std::move(*known);
        found = read(attempt, now);
      }
    }
    if (const auto refused = refusal(attempt, found, now)) return *refused;
    attempt.account_failures = found.account.failures;
    if (attempt.account_failures < options_.account_failures) return attempt;
    const bool lockout_is_over = attempt.account_failures >= options_.max_failures;
    const std::int64_t next = lockout_is_over ? 1 : attempt.account_failures + 1;
    const auto until = blocked_after(next, now);
    if (lockout_is_over ? failures_.begin_anew(attempt.account, attempt.account_failures, now, until)
                        : failures_.claim(attempt.account, attempt.account_failures, now, until)) {
      attempt.account_failures = next;
      attempt.counted = true;
      return attempt;
    }
  }
  return Throttled{options_.first_delay};
}

/// A delay that ends later than any that begins now was begun by a clock that was ahead, and is none: a
/// machine whose clock was a day ahead for a minute would else keep its users out for that day. An account's
/// next attempt overwrites it. An address waits the longest delay from now, and keeps its failures: it may as
/// well be this clock that is behind, and who guesses must not gain by it. A lockout is as long as it says.
store::ThrottleStore::Both Throttle::read(const Attempt& attempt, util::TimePoint now) {
  auto found = failures_.read(attempt.account, attempt.address);
  const auto latest = now + options_.max_delay + kClocksDiffer;
  if (found.account.failures < options_.max_failures && found.account.blocked_until > latest) {
    found.account.blocked_until.reset();
  }
  if (found.address.blocked_until > latest) {
    found.address.blocked_until = now + options_.max_delay;
    failures_.claim(attempt.address, found.address.failures, now, found.address.blocked_until);
  }
  return found;
}

std::optional<Throttled> Throttle::refusal(const Attempt& attempt, const store::ThrottleStore::Both& found,
                                           util::TimePoint now) {
  if (attempt.account.kind == Kind::owner) {
    return counted(metrics::Count::throttled_owner, blocked(found.account, now));
  }
  if (const auto wait = blocked(found.address, now)) return counted(metrics::Count::throttled_address, wait);
  const auto wait = counted(metrics::Count::throttled_account, blocked(found.account, now));
  // Or one address could wait for each turn of an account, and take them all. A second's refusals are one
  // failure, and one durable write.
  const auto& last = found.address.last_failed_at;
  if (wait && (!last || *last + seconds(1) <= now)) count_address(attempt, now);
  return wait;
}

/// By the user's id and not by the name: the many ways to write one name are one account.
std::optional<ThrottleSubject> Throttle::owner_of(const Attempt& attempt) {
  const std::string& network = attempt.address.text;
  for (const auto& place : sessions_->places_of(attempt.account.text)) {
    if (!network.empty() && counted_network(place.address) == network) return owner(place.user_id, network);
  }
  return std::nullopt;
}

void Throttle::failed(const Attempt& attempt, std::int64_t user_id, const store::Origin& origin) {
  const util::TimePoint now = clock_.now();
  const std::int64_t failures = count_account(attempt, user_id, now);
  count_address(attempt, now);
  record(store::AuditKind::login_failed, "", user_id, now, origin);
  if (failures >= options_.max_failures) {
    record(store::AuditKind::locked_out, "", user_id, now, origin);
  } else if (failures >= options_.account_failures) {
    record(store::AuditKind::login_throttled, attempt.account.kind == Kind::owner ? "owner" : "account",
           user_id, now, origin);
  }
}

void Throttle::succeeded(const Attempt& attempt) {
  if (attempt.account_failures > 0) failures_.clear(attempt.account);
}

/// The failures with this one.
std::int64_t Throttle::count_account(const Attempt& attempt, std::int64_t user_id, util::TimePoint now) {
  if (attempt.counted) return attempt.account_failures;
  const std::int64_t failures = failures_.count(attempt.account, user_id, now).failures;
  if (failures >= options_.account_failures) failures_.block(attempt.account, now + account_delay(failures));
  return failures;
}

void Throttle::count_address(const Attempt& attempt, util::TimePoint now) {
  if (attempt.address.text.empty()) return;
  const std::int64_t failures = failures_.count(attempt.address, 0, now).failures;
  if (failures >= options_.address_failures) {
    failures_.block(attempt.address, now + delay_after(failures, options_.address_failures));
  }
}

std::optional<util::TimePoint> Throttle::blocked_after(std::int64_t failures,
                                                       util::TimePoint now) const noexcept {
  if (failures < options_.account_failures) return std::nullopt;
  return now + account_delay(failures);
}

seconds Throttle::account_delay(std::int64_t failures) const noexcept {
  return failures >= options_.max_failures ? options_.lockout
                                           : delay_after(failures, options_.account_failures);
}

/// first_delay, doubled for each failure beyond `free`.
seconds Throttle::delay_after(std::int64_t failures, std::int64_t free) const noexcept {
  seconds delay = options_.first_delay;
  for (std::int64_t i = free; i < failures && delay < options_.max_delay; ++i) delay *= 2;
  return std::min(delay, options_.max_delay);
}

void Throttle::record(store::AuditKind kind, std::string_view reason, std::int64_t user_id,
                      util::TimePoint now, const store::Origin& origin) {
  if (audit_ == nullptr) return;
  store::AuditEvent event = audit_event(kind, now, user_id, origin);
  event.reason = reason;
  audit_->append(event);
}

std::string counted_network(std::string_view address) {
  const std::string text(address);
  std::array<char, INET6_ADDRSTRLEN> shown{};
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return text;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return {};
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    return ::inet_ntop(AF_INET, &v6.s6_addr[12], shown.data(), shown.size());
  }
  std::fill(std::begin(v6.s6_addr) + 8, std::end(v6.s6_addr), std::uint8_t{0});
  return std::string(::inet_ntop(AF_INET6, &v6, shown.data(), shown.size())) + "/64";
}

}  // namespace accounts
