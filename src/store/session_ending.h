// What ending sessions writes, within a transaction that the caller commits. Inside the room only.
#pragma once

#include <optional>
#include <vector>

#include "mysql/pool.h"
#include "store/session_store.h"

namespace store {

// Of what lives at `?`. idle_expires_at is never after expires_at.
#define LIVE "revoked_at IS NULL AND idle_expires_at > ?"

/// False: the user has no such session that has tokens, and nothing was written.
bool end_session(mysql::Transaction& transaction, std::int64_t user_id, const SessionId& id,
                 const Ending& ending);
/// One session, told to the feed until `expires`.
void tell(mysql::Transaction& transaction, std::int64_t user_id, const SessionId& id,
          util::TimePoint expires);

/// `ending` as of now, by its clock.
Ending moved_on(const Ending& ending);

/// In a transaction that holds the user's row (lock_user()). All live ones but `except`, and the tokens
/// without session.
std::vector<SessionId> end_sessions(mysql::Transaction& transaction, std::int64_t user_id,
                                    const std::optional<SessionId>& except, const Ending& ending);
/// Those alone that begin while end_sessions() does not see them: in a cluster, on another node. To be called
/// in a transaction after that one.
std::vector<SessionId> end_stragglers(mysql::Transaction& transaction, std::int64_t user_id,
                                      const std::optional<SessionId>& except, const Ending& ending);
std::vector<SessionId> end_sessions_beyond(mysql::Transaction& transaction, std::int64_t user_id,
                                           unsigned keep, const Ending& ending);

/// False: there is none.
bool lock_user(mysql::Transaction& transaction, std::int64_t user_id);
/// Rows of Django's own tables and of ours, and then the user's own. Throws mysql::ReferredTo.
void delete_what_is_his(mysql::Transaction& transaction, std::int64_t user_id);

}  // namespace store
