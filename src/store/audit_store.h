// jwtauthd_audit: what happened to accounts and sessions, append-only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/revocation_store.h"
#include "util/clock.h"

namespace store {

/// The closed list of events. A member never changes its name: operators search by it.
enum class AuditKind {
  registered,
  login,
  login_failed,
  login_throttled,  // refused without a look at the password; written once each time a delay begins
  locked_out,       // throttle.max_failures was reached
  refresh_reuse,    // a refresh token that was exchanged before came again: its session was ended
  logout,
  logout_all,
  session_ended,  // by its owner from another one, by a service (reason: its client id), by limit, or an
                  // operator
  password_changed,
  profile_changed,
  account_deleted,
  user_created,  // by an operator, as all that follow
  user_activated,
  user_deactivated,
  tokens_revoked,
  throttle_cleared,
  token_created,  // a personal access token, which stands in `session`
  token_revoked,
  group_created,
  group_deleted,
  group_joined,
  group_left,
  key_generated,  // of keys.directory; reason: its kid, as of all that follow
  key_imported,
  key_rotated,  // it signs from now on, or from its time on
  key_retired,
};
std::string_view name(AuditKind kind) noexcept;  // "login_failed"
std::optional<AuditKind> audit_kind(std::string_view name) noexcept;
std::span<const AuditKind> audit_kinds() noexcept;  // all of them

/// audit.enabled: a store that is told `off` writes no events and does all else the same.
enum class Auditing { off, on };

struct AuditEvent {
  AuditKind kind{};
  util::TimePoint at;
  std::int64_t user_id = 0;  // 0: none that exists
  SessionId session{};       // all zero: none
  // Of these three the stores keep printable ASCII, up to 64 characters: no client can make a row fail.
  std::string address;     // of the client; empty for operators
  std::string request_id;  // as in the log; "cli" for operators
  std::string reason;      // a word or two of ours: never what a client typed
};

/// A row as it stands: what a newer version wrote is shown, too.
struct AuditRecord {
  std::int64_t id = 0;
  std::string kind;  // a name of this version's or of another's
  util::TimePoint at;
  std::int64_t user_id = 0;
  SessionId session{};
  std::string address;
  std::string request_id;
  std::string reason;
};

struct AuditFilter {
  std::optional<AuditKind> kind;
  std::optional<std::int64_t> user_id;
  std::string address;  // empty: any
  std::optional<util::TimePoint> since;
  std::optional<util::TimePoint> until;
  std::int64_t after_id = 0;
  bool newest_first = false;
  unsigned limit = 1000;
};

/// Committed when it returns. Throws util::Outage.
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  virtual void append(const AuditEvent& event) = 0;
  virtual std::vector<AuditRecord> list(const AuditFilter& filter) = 0;
  /// Deletes at most `batch` from before `before`; how many it was.
  virtual std::uint64_t purge(util::TimePoint before, unsigned batch) = 0;
};

}  // namespace store
