// What an operator does to accounts and sessions, as the audit and the workers hear of it.
#pragma once

#include "store/session_store.h"
#include "tokens/sessions.h"

namespace jwtauthd {

store::AuditEvent operator_event(store::AuditKind kind, util::TimePoint now);
/// `clock` must outlive it: what ends all of a user's sessions looks at it again.
store::Ending operator_ending(store::SessionEnd reason, store::AuditKind kind, const util::Clock& clock,
                              const tokens::SessionLifetimes& lifetimes);

}  // namespace jwtauthd
