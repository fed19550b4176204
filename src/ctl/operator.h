// What an operator does to accounts and sessions, as the audit and the workers hear of it.
#pragma once

#include <chrono>

#include "store/session_store.h"

namespace jwtauthd {

/// With tokens.leeway: how long after now a token that was handed out before may be taken.
struct TokenLifetimes {
  std::chrono::seconds access{300};
  std::chrono::seconds refresh{86400};
};

store::AuditEvent operator_event(store::AuditKind kind, util::TimePoint now);
store::Ending operator_ending(store::SessionEnd reason, store::AuditKind kind, util::TimePoint now,
                              const TokenLifetimes& lifetimes);

}  // namespace jwtauthd
