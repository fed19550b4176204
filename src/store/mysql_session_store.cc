#include "store/mysql_session_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/audit_row.h"
#include "store/password_row.h"
#include "store/rotated.h"
#include "store/rotation_row.h"
#include "store/session_ending.h"
#include "util/log.h"

namespace store {
namespace {

#define SESSION_COLUMNS                                                                       \
  "id, user_id, created_at, last_used_at, expires_at, idle_expires_at, address, user_agent, " \
  "current_jti, previous_jti, generation, revoked_at, revoked_for"

// The connection's time zone is UTC, which the column's default is told in.
#define READ_COLUMNS SESSION_COLUMNS ", TIMESTAMPDIFF(MICROSECOND, changed_at, CURRENT_TIMESTAMP(6))"

// The user's row first, so that what is being ended right now is over before the rest is looked at.
#define CREATE(condition)                                                                                \
  "INSERT INTO jwtauthd_session (" SESSION_COLUMNS                                                       \
  ") SELECT UNHEX(?), ?, ?, ?, ?, ?, ?, ?, UNHEX(?), UNHEX(?), ?, ?, ? FROM auth_user u WHERE u.id = ? " \
  "AND " condition " LOCK IN SHARE MODE"
#define HAS_PASSWORD "u.is_active AND " SAME_PASSWORD
// In the same statement, so that the limit costs no login one more
#define HAS_ROOM "(SELECT 1 FROM jwtauthd_session WHERE user_id = u.id AND " LIVE " LIMIT 1 OFFSET ?) IS NULL"
#define NOT_ENDED                                                                                        \
  "NOT EXISTS (SELECT 1 FROM jwtauthd_revocation r WHERE r.user_id = u.id AND r.session = UNHEX(?) AND " \
  "r.not_before >= ? LOCK IN SHARE MODE)"

mysql::Statement& bind_session(mysql::Statement& insert, const Session& session) {
  insert.bind(hex(session.id))
      .bind(session.user_id)
      .bind(session.created_at)
      .bind(session.last_used_at)
      .bind(session.expires_at)
      .bind(std::min(session.idle_expires_at, session.expires_at))
      .bind(plain(session.address))
      .bind(session.user_agent)
      .bind(hex(session.current));
  if (session.previous) {
    insert.bind(hex(*session.previous));
  } else {
    insert.bind_null();
  }
  return insert.bind(session.generation).bind(session.revoked_at).bind(session.revoked_for);
}

/// False: there is a row.
bool bar(mysql::Transaction& transaction, const Session& session, const Ending& ending) {
  Session row = session;
  row.revoked_at = ending.now;
  row.revoked_for = name(ending.reason);
  auto insert = transaction.prepare("INSERT INTO jwtauthd_session (" SESSION_COLUMNS
                                    ") VALUES (UNHEX(?), ?, ?, ?, ?, ?, ?, ?, UNHEX(?), UNHEX(?), ?, ?, ?)");
  try {
    bind_session(insert, row).execute();
    return true;
  } catch (const mysql::DuplicateKey&) {
    return false;
  }
}

Session read_session(const mysql::Rows& row) {
  Session session;
  session.id = read_bytes<16>(row, 1);
  session.user_id = row.integer(2);
  session.created_at = row.time(3);
  session.last_used_at = row.time(4);
  session.expires_at = row.time(5);
  session.idle_expires_at = row.time(6);
  session.address = row.text(7);
  session.user_agent = row.text(8);
  session.current = read_bytes<32>(row, 9);
  if (!row.is_null(10)) session.previous = read_bytes<32>(row, 10);
  session.generation = row.integer(11);
  session.revoked_at = row.optional_time(12);
  session.revoked_for = row.text(13);
  session.unchanged_for = std::chrono::microseconds(row.integer(14));
  return session;
}

const char* select_sessions(const SessionFilter& filter) {
#define SELECT_SESSIONS "SELECT " READ_COLUMNS " FROM jwtauthd_session "
  if (filter.user_id) {
#define BY_USE " ORDER BY last_used_at DESC, id DESC LIMIT ?"
    return filter.live_only ? SELECT_SESSIONS "WHERE user_id = ? AND " LIVE BY_USE
                            : SELECT_SESSIONS "WHERE user_id = ?" BY_USE;
  }
  // Everybody's are read off an index: by their last use, the whole table would have to be sorted.
#define BY_END " ORDER BY idle_expires_at DESC, id DESC LIMIT ?"
  return filter.live_only ? SELECT_SESSIONS "FORCE INDEX (idle_expires_at) WHERE " LIVE BY_END
                          : SELECT_SESSIONS "FORCE INDEX (idle_expires_at)" BY_END;
}

std::optional<Session> find_in(mysql::Lease& lease, const SessionId& id) {
  auto rows = lease.prepare("SELECT " READ_COLUMNS " FROM jwtauthd_session WHERE id = UNHEX(?)")
                  .bind(hex(id))
                  .query();
  if (!rows.next()) return std::nullopt;
  return read_session(rows);
}

bool has_more_than(mysql::Lease& lease, std::int64_t user_id, unsigned sessions, util::TimePoint now) {
  return lease.prepare("SELECT 1 FROM jwtauthd_session WHERE user_id = ? AND " LIVE " LIMIT 1 OFFSET ?")
      .bind(user_id)
      .bind(now)
      .bind(static_cast<std::int64_t>(sessions))
      .query()
      .next();
}

/// What the session began on, looked at again behind it.
bool still_holds(mysql::Lease& lease, const Session& session, const Grounds& grounds) {
  auto select = lease.prepare(grounds.password ? "SELECT 1 FROM auth_user u WHERE u.id = ? AND " HAS_PASSWORD
                                               : "SELECT 1 FROM auth_user u WHERE u.id = ? AND " NOT_ENDED);
  select.bind(session.user_id);
  if (grounds.password) {
    select.bind(*grounds.password);
  } else {
    select.bind(hex(SessionId{})).bind(grounds.issued);
  }
  return select.query().next();
}

}  // namespace

Created MysqlSessionStore::create(const Session& session, const Grounds& grounds) {
  auto lease = pool_.acquire();
  const bool limited = grounds.fewer_than > 0;
  auto insert = lease.prepare(grounds.password
                                  ? (limited ? CREATE(HAS_PASSWORD " AND " HAS_ROOM) : CREATE(HAS_PASSWORD))
                                  : (limited ? CREATE(NOT_ENDED " AND " HAS_ROOM) : CREATE(NOT_ENDED)));
  bind_session(insert, session).bind(session.user_id);
  if (grounds.password) {
    insert.bind(*grounds.password);
  } else {
    insert.bind(hex(SessionId{})).bind(grounds.issued);
  }
  const unsigned others = grounds.fewer_than - 1;
  if (limited) insert.bind(session.created_at).bind(static_cast<std::int64_t>(others));
  try {
    if (insert.execute() > 0) {
      // What ended it on another node of a cluster held no lock here. It came before, and is seen now; or it
      // came after, and looks again itself (end_stragglers()).
      if (!lease.clustered() || still_holds(lease, session, grounds)) return Created::done;
      lease.prepare("DELETE FROM jwtauthd_session WHERE id = UNHEX(?)").bind(hex(session.id)).execute();
      return Created::refused;
    }
    return limited && has_more_than(lease, session.user_id, others, session.created_at) ? Created::full
                                                                                        : Created::refused;
  } catch (const mysql::DuplicateKey&) {
    return Created::taken;
  }
}

bool MysqlSessionStore::rotate(const Rotation& rotation) {
  auto lease = pool_.acquire();
  return run_rotation(lease.prepare(rotation_sql(rotation)), rotation);
}

bool MysqlSessionStore::rotate_without_waiting(const Rotation& rotation) {
  bool rotated = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    rotated = false;
    auto free =
        transaction.prepare("SELECT 1 FROM jwtauthd_session WHERE id = UNHEX(?) FOR UPDATE SKIP LOCKED");
    if (!free.bind(hex(rotation.id)).query().next()) return;
    rotated = run_rotation(transaction.prepare(rotation_sql(rotation)), rotation);
    transaction.commit();
  });
  return rotated;
}

std::vector<bool> MysqlSessionStore::rotate_all(std::span<const Rotation> rotations) {
  std::vector<bool> rotated;
  for (; rotations.size() > kMostRotations; rotations = rotations.subspan(kMostRotations)) {
    const auto part = rotate_all(rotations.first(kMostRotations));
    rotated.insert(rotated.end(), part.begin(), part.end());
  }
  if (rotations.size() == 1) rotated.push_back(rotate(rotations.front()));
  if (rotations.size() <= 1) return rotated;

  auto lease = pool_.acquire();
  auto update = lease.prepare(rotations_sql(rotations.size()));
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  try {
    count = run_rotations(std::move(update), rotations);
  } catch (const mysql::LockWait& wait) {
    throw Busy(wait.what());
  }
  if (count == rotations.size()) {
    rotated.insert(rotated.end(), count, true);
    return rotated;
  }
  std::vector<std::optional<Session>> rows(rotations.size());
  try {
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = find_in(lease, rotations[i].id);
  } catch (const util::Outage& outage) {
    // What was rotated is committed. As late ones the rest get their successors once more; told of a failure,
    // they would come again when that is taken for a theft.
    util::log::warning(std::string("after a rotation of several: ") + outage.what());
  }
  const auto part = which_rotated(rotations, rows, count, std::chrono::steady_clock::now() - began);
  rotated.insert(rotated.end(), part.begin(), part.end());
  return rotated;
}

std::optional<Session> MysqlSessionStore::find(const SessionId& id) {
  auto lease = pool_.acquire();
  return find_in(lease, id);
}

std::vector<Session> MysqlSessionStore::list(const SessionFilter& filter, util::TimePoint now) {
  return reads_->read([&](mysql::Lease& lease) {
    auto select = lease.prepare(select_sessions(filter));
    if (filter.user_id) select.bind(*filter.user_id);
    if (filter.live_only) select.bind(now);
    std::vector<Session> sessions;
    auto rows = select.bind(static_cast<std::int64_t>(filter.limit)).query();
    while (rows.next()) sessions.push_back(read_session(rows));
    return sessions;
  });
}

std::uint64_t MysqlSessionStore::count(std::int64_t user_id, const std::optional<SessionId>& except,
                                       util::TimePoint now) {
  auto lease = pool_.acquire();
  auto rows =
      lease.prepare("SELECT COUNT(*) FROM jwtauthd_session WHERE user_id = ? AND id <> UNHEX(?) AND " LIVE)
          .bind(user_id)
          .bind(hex(except.value_or(SessionId{})))  // which no session has
          .bind(now)
          .query();
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(1)) : 0;
}

std::vector<SessionPlace> MysqlSessionStore::places_of(std::string_view username) {
  auto lease = pool_.acquire();
  // The index on user_id is ordered by id, and an id by the time of its login; those that stand for foreign
  // tokens come in any order.
  auto rows = lease
                  .prepare(
                      "SELECT DISTINCT user_id, address FROM (SELECT user_id, address FROM jwtauthd_session "
                      "WHERE user_id = (SELECT id FROM auth_user WHERE username = ?) ORDER BY id DESC "
                      "LIMIT ?) AS latest")
                  .bind(username)
                  .bind(static_cast<std::int64_t>(kPlacesLookedAt))
                  .query();
  std::vector<SessionPlace> places;
  while (rows.next()) places.push_back({rows.integer(1), rows.text(2)});
  return places;
}

std::vector<SessionId> MysqlSessionStore::revoke(std::int64_t user_id, const SessionId& id,
                                                 const Ending& ending) {
  std::vector<SessionId> ended;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    ended.clear();
    if (!end_session(transaction, user_id, id, ending)) return;
    append_audit(transaction, auditing_, &ending.event, user_id);
    transaction.commit();
    ended.push_back(id);
  });
  return ended;
}

bool MysqlSessionStore::revoke_or_bar(const Session& session, const Ending& ending) {
  bool done = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    done = end_session(transaction, session.user_id, session.id, ending);
    if (!done && bar(transaction, session, ending)) {
      tell(transaction, session.user_id, session.id, ending.refresh_end);
      done = true;
    }
    // Whoever was first with a row had it begin; or end, and then there is nothing left to do.
    if (!done) done = end_session(transaction, session.user_id, session.id, ending);
    if (!done) return;
    append_audit(transaction, auditing_, &ending.event, session.user_id);
    transaction.commit();
  });
  return done;
}

std::vector<SessionId> MysqlSessionStore::revoke_all(std::int64_t user_id,
                                                     const std::optional<SessionId>& except,
                                                     const Ending& ending) {
  std::vector<SessionId> ended;
  bool clustered = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    clustered = transaction.clustered();
    lock_user(transaction, user_id);
    const Ending moved = moved_on(ending);
    ended = end_sessions(transaction, user_id, except, moved);
    append_audit(transaction, auditing_, &moved.event, user_id);
    transaction.commit();
  });
  if (clustered) look_again(user_id, except, ending, ended);
  return ended;
}

/// A node's locks are its own: sessions may have begun on another one meanwhile.
void MysqlSessionStore::look_again(std::int64_t user_id, const std::optional<SessionId>& except,
                                   const Ending& ending, std::vector<SessionId>& ended) {
  std::vector<SessionId> more;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    more = end_stragglers(transaction, user_id, except, moved_on(ending));
    if (!more.empty()) transaction.commit();
  });
  ended.insert(ended.end(), more.begin(), more.end());
}

std::vector<SessionId> MysqlSessionStore::revoke_beyond(std::int64_t user_id, unsigned keep,
                                                        const Ending& ending) {
  std::vector<SessionId> ended;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    ended = end_sessions_beyond(transaction, user_id, keep, ending);
    if (ended.empty()) return;
    append_audit(transaction, auditing_, &ending.event, user_id);
    transaction.commit();
  });
  return ended;
}

std::optional<std::vector<SessionId>> MysqlSessionStore::change_password(
    std::int64_t user_id, std::string_view encoded, std::optional<std::string_view> expected_old,
    const std::optional<SessionId>& except, const Ending& ending) {
  std::optional<std::vector<SessionId>> ended;
  bool clustered = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    clustered = transaction.clustered();
    ended.reset();
    if (!set_password(transaction, user_id, encoded, expected_old)) return;
    const Ending moved = moved_on(ending);
    ended = end_sessions(transaction, user_id, except, moved);
    append_audit(transaction, auditing_, &moved.event, user_id);
    transaction.commit();
  });
  if (clustered && ended) look_again(user_id, except, ending, *ended);
  return ended;
}

bool MysqlSessionStore::deactivate(std::int64_t user_id, const Ending& ending) {
  bool known = false;
  bool clustered = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    clustered = transaction.clustered();
    known = lock_user(transaction, user_id);
    if (!known) return;
    transaction.prepare("UPDATE auth_user SET is_active = 0 WHERE id = ?").bind(user_id).execute();
    const Ending moved = moved_on(ending);
    end_sessions(transaction, user_id, std::nullopt, moved);
    append_audit(transaction, auditing_, &moved.event, user_id);
    transaction.commit();
  });
  std::vector<SessionId> more;
  if (clustered && known) look_again(user_id, std::nullopt, ending, more);
  return known;
}

SessionStore::Deleted MysqlSessionStore::delete_user(std::int64_t user_id, const Ending& ending) {
  Deleted outcome = Deleted::done;
  try {
    mysql::transact(pool_, [&](mysql::Transaction& transaction) {
      outcome = Deleted::done;
      if (!lock_user(transaction, user_id)) {
        outcome = Deleted::no_such_user;
        return;
      }
      const Ending moved = moved_on(ending);
      end_sessions(transaction, user_id, std::nullopt, moved);
      delete_what_is_his(transaction, user_id);
      append_audit(transaction, auditing_, &moved.event, user_id);
      transaction.commit();
    });
  } catch (const mysql::ReferredTo&) {
    return Deleted::referred_to;
  }
  return outcome;
}

std::uint64_t MysqlSessionStore::purge(util::TimePoint ended, unsigned batch) {
  auto lease = pool_.acquire();
  return lease
      .prepare("DELETE FROM jwtauthd_session WHERE idle_expires_at < ? ORDER BY idle_expires_at LIMIT ?")
      .bind(ended)
      .bind(static_cast<std::int64_t>(batch))
      .execute();
}

}  // namespace store
