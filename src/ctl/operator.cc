#include "ctl/operator.h"

namespace jwtauthd {

store::AuditEvent operator_event(store::AuditKind kind, util::TimePoint now) {
  store::AuditEvent event;
  event.kind = kind;
  event.at = now;
  event.request_id = "cli";
  event.reason = "operator";
  return event;
}

store::Ending operator_ending(store::SessionEnd reason, store::AuditKind kind, const util::Clock& clock,
                              const tokens::SessionLifetimes& lifetimes) {
  const util::TimePoint now = clock.now();
  const auto ends = tokens::ends_of_tokens(lifetimes, now);
  return {reason, now, ends.access, ends.refresh, operator_event(kind, now), &clock};
}

}  // namespace jwtauthd
