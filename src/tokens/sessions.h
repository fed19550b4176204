// A user's logins, to look at and to end. What ends here ends on this worker at once, on every other within a
// second, and for refreshing at once everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/origin.h"
#include "store/session_store.h"
#include "tokens/revocation_feed.h"
#include "util/clock.h"

namespace tokens {

struct SessionLifetimes {
  std::chrono::seconds access{300};
  std::chrono::seconds refresh{86400};
  std::chrono::seconds leeway{0};
};

/// Until when a token that was handed out before `now`, by whatever host, may be taken.
struct TokenEnds {
  util::TimePoint access;
  util::TimePoint refresh;
};
TokenEnds ends_of_tokens(const SessionLifetimes& lifetimes, util::TimePoint now);

/// Thread-safe; writes have been committed when a call returns. Throws util::Outage.
class Sessions {
 public:
  Sessions(store::SessionStore& sessions, RevocationFeed& feed, const util::Clock& clock,
           SessionLifetimes lifetimes);

  /// Live ones, newest use first.
  std::vector<store::Session> list(std::int64_t user_id);
  /// False: the user has no such session that may have tokens. `kind`: logout, session_ended …
  bool end(std::int64_t user_id, const store::SessionId& id, store::SessionEnd reason, store::AuditKind kind,
           const store::Origin& origin);
  /// The same by logout, of one that list() shows; false, too, of one that it does not, whose access tokens
  /// may live on for a while: it ends silently.
  bool end_listed(std::int64_t user_id, const store::SessionId& id, const store::Origin& origin);
  /// How many: the least recently used ones beyond the `keep` that were used last.
  std::size_t end_beyond(std::int64_t user_id, unsigned keep, const store::Origin& origin);
  /// end() by logout, although there may be no row of the token's session (one without `sid`, or one that was
  /// purged). `expires`: of the token; another issuer may give longer ones than we do.
  bool end_token(std::int64_t user_id, const store::SessionId& id, store::AuditKind kind,
                 const store::Origin& origin, std::int64_t expires);
  /// How many list() showed; `except`: the one that asks. Tokens without `sid` of the user end, too, that of
  /// the one who asks among them. For what a transaction of the caller's own ended (change_password,
  /// delete_user) see told().
  std::size_t end_all(std::int64_t user_id, const std::optional<store::SessionId>& except,
                      store::SessionEnd reason, store::AuditKind kind, const store::Origin& origin);

  /// What SessionStore::change_password and delete_user are given, at any time before …
  store::Ending ending(std::int64_t user_id, store::SessionEnd reason, store::AuditKind kind,
                       const store::Origin& origin) const;
  /// … and what they ended: from here on it holds on this worker, with the user's tokens without `sid`
  /// that are older than `ending` (the next poll brings the moment that was committed).
  void told(std::int64_t user_id, const std::vector<store::SessionId>& ended, const store::Ending& ending);

  const SessionLifetimes& lifetimes() const noexcept { return lifetimes_; }

 private:
  void apply(std::int64_t user_id, const std::vector<store::SessionId>& ended, const store::Ending& ending);

  store::SessionStore& sessions_;
  RevocationFeed& feed_;
  const util::Clock& clock_;
  const SessionLifetimes lifetimes_;
};

}  // namespace tokens
