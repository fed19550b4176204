// jwtauthctl session …: looking at logins, ending them, and deleting what is over.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "ctl/services.h"
#include "store/audit_store.h"
#include "store/session_store.h"
#include "store/throttle_store.h"

namespace jwtauthd {

struct SessionList {
  bool ended = false;  // those as well
  unsigned limit = 100;
  bool json = false;
};

/// `user_id`: his alone.
ExitCode list_sessions(const SessionList& request, std::optional<std::int64_t> user_id, Accounts accounts,
                       Terminal& terminal);
ExitCode revoke_session(const std::string& id, Accounts accounts, Terminal& terminal);

/// 32 hexadecimal digits; the hyphens of a UUID may stand between them.
std::optional<store::SessionId> parse_session_id(std::string_view text);

/// What grows, and up to when it may go.
struct Purge {
  store::SessionStore& sessions;
  store::PersonalTokenStore& personal_tokens;
  store::RevocationStore& revocations;
  store::ThrottleStore& throttle;
  store::AuditStore& audit;
  util::TimePoint now;
  std::chrono::seconds leeway{0};
  std::chrono::seconds session_memory{0};
  std::chrono::seconds throttle_memory{86400};
  std::chrono::seconds audit_retention{7'776'000};
  unsigned batch = 1000;
  bool json = false;
};
ExitCode purge(const Purge& request, Terminal& terminal);

}  // namespace jwtauthd
