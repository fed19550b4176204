#include "store/session_ending.h"

#include <algorithm>
#include <string>

#include "store/audit_row.h"

namespace store {
namespace {

/// A session that is over may have given an access token just before its end, and another host's clock may
/// still take its refresh token: it counts as open for as long as a token that is handed out now may be
/// taken. For LIVE in place of the time.
util::TimePoint not_over_before(const Ending& ending) {
  return ending.now - (ending.access_end - ending.now);
}

#define INSERT_REVOCATION \
  "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) "

std::int64_t seconds(util::TimePoint time) {
  return std::chrono::ceil<std::chrono::seconds>(time).time_since_epoch().count();
}

/// Those that the same transaction has just marked, told to the feed. One statement for however many: a
/// client that logs in for each request has a hundred thousand.
std::vector<SessionId> tell_marked(mysql::Transaction& transaction, std::int64_t user_id,
                                   const Ending& ending) {
  // Of the same microsecond and reason there may be earlier ones: telling those again changes nothing.
#define MARKED "FROM jwtauthd_session WHERE user_id = ? AND revoked_at = ? AND revoked_for = ?"
  transaction.prepare(INSERT_REVOCATION "SELECT UTC_TIMESTAMP(6), user_id, id, 0, ? " MARKED)
      .bind(seconds(ending.access_end))
      .bind(user_id)
      .bind(ending.now)
      .bind(name(ending.reason))
      .execute();
  std::vector<SessionId> ids;
  auto select = transaction.prepare("SELECT id " MARKED);
  auto rows = select.bind(user_id).bind(ending.now).bind(name(ending.reason)).query();
  while (rows.next()) ids.push_back(read_bytes<16>(rows, 1));
  return ids;
}

/// How many it was.
std::uint64_t mark_all(mysql::Transaction& transaction, std::int64_t user_id,
                       const std::optional<SessionId>& except, const Ending& ending) {
  return transaction
      .prepare(
          "UPDATE jwtauthd_session SET revoked_at = ?, revoked_for = ? WHERE user_id = ? AND id <> UNHEX(?) "
          "AND " LIVE)
      .bind(ending.now)
      .bind(name(ending.reason))
      .bind(user_id)
      .bind(hex(except.value_or(SessionId{})))  // which no session has
      .bind(not_over_before(ending))
      .execute();
}

/// A table of Django's or of ours with rows about a user, and what becomes of them.
struct Belonging {
  const char* table;
  const char* statement;
};
// Children before their parents. What Django's own deletion would do; a recorded refresh token stays, so
// that it stays blacklisted. The audit stays, too.
constexpr Belonging kBelongings[] = {
    {"auth_user_groups", "DELETE FROM auth_user_groups WHERE user_id = ?"},
    {"auth_user_user_permissions", "DELETE FROM auth_user_user_permissions WHERE user_id = ?"},
    {"django_admin_log", "DELETE FROM django_admin_log WHERE user_id = ?"},
    {"authtoken_token", "DELETE FROM authtoken_token WHERE user_id = ?"},
    {"token_blacklist_outstandingtoken",
     "UPDATE token_blacklist_outstandingtoken SET user_id = NULL WHERE user_id = ?"},
    {"jwtauthd_session", "DELETE FROM jwtauthd_session WHERE user_id = ?"},
    {"jwtauthd_personal_token", "DELETE FROM jwtauthd_personal_token WHERE user_id = ?"},
    {"jwtauthd_throttle", "DELETE FROM jwtauthd_throttle WHERE user_id = ?"},
    {"jwtauthd_email_claim", "DELETE FROM jwtauthd_email_claim WHERE user_id = ?"},
    {"auth_user", "DELETE FROM auth_user WHERE id = ?"},
};

std::vector<std::string> existing_tables(mysql::Transaction& transaction) {
  auto rows = transaction
                  .prepare(
                      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
                      "TABLE_TYPE = 'BASE TABLE'")
                  .query();
  std::vector<std::string> names;
  while (rows.next()) names.push_back(rows.text(1));
  return names;
}

}  // namespace

const char* name(SessionEnd reason) noexcept {
  switch (reason) {
    case SessionEnd::logout:
      return "logout";
    case SessionEnd::logout_all:
      return "logout_all";
    case SessionEnd::password_changed:
      return "password_changed";
    case SessionEnd::reuse:
      return "reuse";
    case SessionEnd::limit:
      return "limit";
    case SessionEnd::admin:
      return "admin";
    case SessionEnd::account_deleted:
      return "account_deleted";
  }
  return "unknown";
}

bool end_session(mysql::Transaction& transaction, std::int64_t user_id, const SessionId& id,
                 const Ending& ending) {
  const auto ended = transaction
                         .prepare(
                             "UPDATE jwtauthd_session SET revoked_at = ?, revoked_for = ? "
                             "WHERE id = UNHEX(?) AND user_id = ? AND " LIVE)
                         .bind(ending.now)
                         .bind(name(ending.reason))
                         .bind(hex(id))
                         .bind(user_id)
                         .bind(not_over_before(ending))
                         .execute();
  if (ended == 0) return false;
  tell(transaction, user_id, id, ending.access_end);
  return true;
}

void tell(mysql::Transaction& transaction, std::int64_t user_id, const SessionId& id,
          util::TimePoint expires) {
  transaction.prepare(INSERT_REVOCATION "VALUES (UTC_TIMESTAMP(6), ?, UNHEX(?), 0, ?)")
      .bind(user_id)
      .bind(hex(id))
      .bind(seconds(expires))
      .execute();
}

std::vector<SessionId> end_stragglers(mysql::Transaction& transaction, std::int64_t user_id,
                                      const std::optional<SessionId>& except, const Ending& ending) {
  const auto ended = mark_all(transaction, user_id, except, ending);
  if (ended == 0) return {};
  return tell_marked(transaction, user_id, ending);
}

std::vector<SessionId> end_sessions(mysql::Transaction& transaction, std::int64_t user_id,
                                    const std::optional<SessionId>& except, const Ending& ending) {
  mark_all(transaction, user_id, except, ending);
  auto ended = tell_marked(transaction, user_id, ending);
  transaction.prepare(INSERT_REVOCATION "VALUES (UTC_TIMESTAMP(6), ?, UNHEX(?), ?, ?)")
      .bind(user_id)
      .bind(hex(SessionId{}))
      .bind(std::chrono::floor<std::chrono::seconds>(ending.now).time_since_epoch().count())
      .bind(seconds(std::max(ending.access_end, ending.refresh_end)))
      .execute();
  return ended;
}

std::vector<SessionId> end_sessions_beyond(mysql::Transaction& transaction, std::int64_t user_id,
                                           unsigned keep, const Ending& ending) {
  // Two at once find the same ones: the second waits for their rows, and LIVE is asked of them again.
  const auto ended = transaction
                         .prepare(
                             "UPDATE jwtauthd_session s JOIN (SELECT id AS beyond FROM jwtauthd_session "
                             "WHERE user_id = ? AND " LIVE
                             " ORDER BY last_used_at DESC, id DESC LIMIT 1000000000 OFFSET ?) old "
                             "ON s.id = old.beyond SET s.revoked_at = ?, s.revoked_for = ? WHERE " LIVE)
                         .bind(user_id)
                         .bind(ending.now)
                         .bind(static_cast<std::int64_t>(keep))
                         .bind(ending.now)
                         .bind(name(ending.reason))
                         .bind(ending.now)
                         .execute();
  if (ended == 0) return {};
  return tell_marked(transaction, user_id, ending);
}

Ending moved_on(const Ending& ending) {
  Ending moved = ending;
  if (ending.clock == nullptr) return moved;
  const auto by = std::max(ending.clock->now() - ending.now, util::TimePoint::duration::zero());
  for (util::TimePoint* time : {&moved.now, &moved.access_end, &moved.refresh_end, &moved.event.at})
    *time += by;
  return moved;
}

bool lock_user(mysql::Transaction& transaction, std::int64_t user_id) {
  return transaction.prepare("SELECT id FROM auth_user WHERE id = ? FOR UPDATE").bind(user_id).query().next();
}

void delete_what_is_his(mysql::Transaction& transaction, std::int64_t user_id) {
  const auto tables = existing_tables(transaction);
  for (const Belonging& belonging : kBelongings) {
    if (std::find(tables.begin(), tables.end(), belonging.table) == tables.end()) continue;
    transaction.prepare(belonging.statement).bind(user_id).execute();
  }
}

}  // namespace store
