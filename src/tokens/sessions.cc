#include "tokens/sessions.h"

#include <algorithm>
#include <utility>

#include "tokens/unix_time.h"

namespace tokens {
namespace {

// A host whose clock is ahead gives tokens that end later than this one's would.
constexpr std::chrono::seconds slack{60};

// Or whose configuration gives longer ones: this one's lifetimes may have been shortened today.
constexpr std::chrono::hours held_at_least{24};

}  // namespace

TokenEnds ends_of_tokens(const SessionLifetimes& lifetimes, util::TimePoint now) {
  const auto margin = lifetimes.leeway + slack;
  const std::chrono::seconds least = held_at_least;
  return {now + std::max(lifetimes.access, least) + margin,
          now + std::max(lifetimes.refresh, least) + margin};
}

Sessions::Sessions(store::SessionStore& sessions, RevocationFeed& feed, const util::Clock& clock,
                   SessionLifetimes lifetimes)
    : sessions_(sessions), feed_(feed), clock_(clock), lifetimes_(lifetimes) {}

std::vector<store::Session> Sessions::list(std::int64_t user_id) {
  return sessions_.list({.user_id = user_id}, clock_.now());
}

bool Sessions::end(std::int64_t user_id, const store::SessionId& id, store::SessionEnd reason,
                   store::AuditKind kind, const store::Origin& origin) {
  auto how = ending(user_id, reason, kind, origin);
  how.event.session = id;
  const auto ended = sessions_.revoke(user_id, id, how);
  apply(user_id, ended, how);
  return !ended.empty();
}

bool Sessions::end_listed(std::int64_t user_id, const store::SessionId& id, const store::Origin& origin) {
  const auto row = sessions_.find(id);
  const bool is_listed = row && !row->revoked_at && row->idle_expires_at > clock_.now();
  return end(user_id, id, store::SessionEnd::logout, store::AuditKind::session_ended, origin) && is_listed;
}

std::size_t Sessions::end_beyond(std::int64_t user_id, unsigned keep, const store::Origin& origin) {
  const auto how = ending(user_id, store::SessionEnd::limit, store::AuditKind::session_ended, origin);
  const auto ended = sessions_.revoke_beyond(user_id, keep, how);
  apply(user_id, ended, how);
  return ended.size();
}

bool Sessions::end_token(std::int64_t user_id, const store::SessionId& id, store::AuditKind kind,
                         const store::Origin& origin, std::int64_t expires) {
  auto how = ending(user_id, store::SessionEnd::logout, kind, origin);
  how.event.session = id;
  const auto over = at(expires) + lifetimes_.leeway + slack;
  how.refresh_end = std::max(how.refresh_end, over);
  store::Session row;
  row.id = id;
  row.user_id = user_id;
  row.created_at = row.last_used_at = how.now;
  row.expires_at = row.idle_expires_at = how.refresh_end;
  // Of no address: nobody was logged in from where it is ended.
  if (!sessions_.revoke_or_bar(row, how)) return false;
  const store::Revocation revocation{0, user_id, id, 0, seconds_of(how.refresh_end)};
  feed_.apply({&revocation, 1});
  return true;
}

std::size_t Sessions::end_all(std::int64_t user_id, const std::optional<store::SessionId>& except,
                              store::SessionEnd reason, store::AuditKind kind, const store::Origin& origin) {
  const auto how = ending(user_id, reason, kind, origin);
  const auto listed = sessions_.count(user_id, except, how.now);
  const auto ended = sessions_.revoke_all(user_id, except, how);
  told(user_id, ended, how);
  return listed;
}

store::Ending Sessions::ending(std::int64_t user_id, store::SessionEnd reason, store::AuditKind kind,
                               const store::Origin& origin) const {
  const util::TimePoint now = clock_.now();
  const TokenEnds ends = ends_of_tokens(lifetimes_, now);
  const bool by_service = !origin.client.empty();
  return {reason,
          now,
          ends.access,
          ends.refresh,
          {by_service ? store::AuditKind::session_ended : kind,
           now,
           user_id,
           {},
           origin.address,
           origin.request_id,
           by_service ? origin.client : store::name(reason)},
          &clock_};
}

void Sessions::told(std::int64_t user_id, const std::vector<store::SessionId>& ended,
                    const store::Ending& ending) {
  apply(user_id, ended, ending);
  const store::Revocation rest{0, user_id, {}, seconds_of(ending.now), seconds_of(ending.refresh_end)};
  feed_.apply({&rest, 1});
}

void Sessions::apply(std::int64_t user_id, const std::vector<store::SessionId>& ended,
                     const store::Ending& ending) {
  for (const auto& id : ended) {
    const store::Revocation revocation{0, user_id, id, 0, seconds_of(ending.access_end)};
    feed_.apply({&revocation, 1});
  }
}

}  // namespace tokens
