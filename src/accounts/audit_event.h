// An entry of the audit as this floor makes them.
#pragma once

#include "store/audit_store.h"
#include "store/origin.h"

namespace accounts {

inline store::AuditEvent audit_event(store::AuditKind kind, util::TimePoint at, std::int64_t user_id,
                                     const store::Origin& origin) {
  store::AuditEvent event;
  event.kind = kind;
  event.at = at;
  event.user_id = user_id;
  event.address = origin.address;
  event.request_id = origin.request_id;
  return event;
}

}  // namespace accounts
