#include "store/mysql_personal_token_store.h"

#include <limits>

#include "store/audit_row.h"
#include "store/session_ending.h"

namespace store {
namespace {

#define SELECT_TOKENS                                                                 \
  "SELECT id, user_id, name, hint, scope, created_at, expires_at, last_used_at FROM " \
  "jwtauthd_personal_token "

PersonalToken read_token(const mysql::Rows& row) {
  PersonalToken token;
  token.id = read_bytes<16>(row, 1);
  token.user_id = row.integer(2);
  token.name = row.text(3);
  token.hint = row.text(4);
  token.scope = row.text(5);
  token.created_at = row.time(6);
  token.expires_at = row.optional_time(7);
  token.last_used_at = row.optional_time(8);
  return token;
}

std::optional<PersonalToken> first(mysql::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_token(rows);
}

/// What ended it was committed before, and is seen. Whatever comes later ends a login that made this token in
/// its time.
bool has_ended(mysql::Transaction& transaction, std::int64_t user_id, const MadeBy& login) {
  return transaction
      .prepare(
          "SELECT 1 FROM jwtauthd_revocation WHERE user_id = ? AND session IN (UNHEX(?), UNHEX(?)) AND "
          "(session <> UNHEX(?) OR not_before >= ?) LIMIT 1")
      .bind(user_id)
      .bind(hex(login.session))
      .bind(hex(SessionId{}))
      .bind(hex(SessionId{}))
      .bind(login.issued.value_or(std::numeric_limits<std::int64_t>::max()))
      .query()
      .next();
}

std::int64_t count_of(mysql::Transaction& transaction, std::int64_t user_id) {
  auto rows = transaction.prepare("SELECT COUNT(*) FROM jwtauthd_personal_token WHERE user_id = ?")
                  .bind(user_id)
                  .query();
  return rows.next() ? rows.integer(1) : 0;
}

void insert(mysql::Transaction& transaction, const PersonalToken& token, const TokenHash& hash) {
  transaction
      .prepare(
          "INSERT INTO jwtauthd_personal_token (id, user_id, name, token_hash, hint, scope, created_at, "
          "expires_at, last_used_at) VALUES (UNHEX(?), ?, ?, UNHEX(?), ?, ?, ?, ?, ?)")
      .bind(hex(token.id))
      .bind(token.user_id)
      .bind(token.name)
      .bind(hex(hash))
      .bind(token.hint)
      .bind(token.scope)
      .bind(token.created_at)
      .bind(token.expires_at)
      .bind(token.last_used_at)
      .execute();
}

}  // namespace

PersonalTokenStore::Added MysqlPersonalTokenStore::add(const PersonalToken& token, const TokenHash& hash,
                                                       unsigned most, const MadeBy& login,
                                                       const AuditEvent& event) {
  Added outcome = Added::done;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    // His row is held: of two that come at once the second counts the first's, and what ends all that he has
    // comes before both or after.
    outcome = Added::ended;
    if (!lock_user(transaction, token.user_id) || has_ended(transaction, token.user_id, login)) return;
    outcome = Added::too_many;
    if (count_of(transaction, token.user_id) >= static_cast<std::int64_t>(most)) return;
    insert(transaction, token, hash);
    AuditEvent written = event;
    written.session = token.id;
    append_audit(transaction, auditing_, &written, token.user_id);
    transaction.commit();
    outcome = Added::done;
  });
  return outcome;
}

std::optional<PersonalToken> MysqlPersonalTokenStore::find_by_hash(const TokenHash& hash) {
  auto lease = pool_.acquire();
  return first(lease.prepare(SELECT_TOKENS "WHERE token_hash = UNHEX(?)").bind(hex(hash)).query());
}

std::optional<PersonalToken> MysqlPersonalTokenStore::find_by_id(const SessionId& id) {
  auto lease = pool_.acquire();
  return first(lease.prepare(SELECT_TOKENS "WHERE id = UNHEX(?)").bind(hex(id)).query());
}

std::vector<PersonalToken> MysqlPersonalTokenStore::list(const PersonalTokenFilter& filter) {
  return reads_->read([&](mysql::Lease& lease) {
    auto select = lease.prepare(filter.user_id ? SELECT_TOKENS "WHERE user_id = ? ORDER BY id DESC LIMIT ?"
                                               : SELECT_TOKENS "ORDER BY id DESC LIMIT ?");
    if (filter.user_id) select.bind(*filter.user_id);
    std::vector<PersonalToken> tokens;
    auto rows = select.bind(static_cast<std::int64_t>(filter.limit)).query();
    while (rows.next()) tokens.push_back(read_token(rows));
    return tokens;
  });
}

bool MysqlPersonalTokenStore::note_use(const SessionId& id, util::TimePoint at) {
  auto lease = pool_.acquire();
  return lease.prepare("UPDATE jwtauthd_personal_token SET last_used_at = ? WHERE id = UNHEX(?)")
             .bind(at)
             .bind(hex(id))
             .execute() > 0;
}

/// The row is gone already.
void MysqlPersonalTokenStore::withdraw(mysql::Transaction& transaction, std::int64_t user_id,
                                       const SessionId& id, const Withdrawal& how) {
  tell(transaction, user_id, id, how.told_until);
  AuditEvent event = how.event;
  event.session = id;
  append_audit(transaction, auditing_, &event, user_id);
}

bool MysqlPersonalTokenStore::remove(std::int64_t user_id, const SessionId& id, const Withdrawal& how) {
  bool removed = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    removed = transaction.prepare("DELETE FROM jwtauthd_personal_token WHERE id = UNHEX(?) AND user_id = ?")
                  .bind(hex(id))
                  .bind(user_id)
                  .execute() > 0;
    if (!removed) return;
    withdraw(transaction, user_id, id, how);
    transaction.commit();
  });
  return removed;
}

std::size_t MysqlPersonalTokenStore::remove_all(std::int64_t user_id, const Withdrawal& how) {
  std::vector<SessionId> ids;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    ids.clear();
    lock_user(transaction, user_id);
    auto select = transaction.prepare("SELECT id FROM jwtauthd_personal_token WHERE user_id = ? FOR UPDATE");
    for (auto rows = select.bind(user_id).query(); rows.next();) ids.push_back(read_bytes<16>(rows, 1));
    if (ids.empty()) return;
    transaction.prepare("DELETE FROM jwtauthd_personal_token WHERE user_id = ?").bind(user_id).execute();
    for (const SessionId& id : ids) withdraw(transaction, user_id, id, how);
    transaction.commit();
  });
  return ids.size();
}

std::uint64_t MysqlPersonalTokenStore::purge(util::TimePoint ended, unsigned batch) {
  auto lease = pool_.acquire();
  const auto over =
      lease.prepare("DELETE FROM jwtauthd_personal_token WHERE expires_at < ? ORDER BY expires_at LIMIT ?")
          .bind(ended)
          .bind(static_cast<std::int64_t>(batch))
          .execute();
  if (over >= batch) return over;
  return over + lease
                    .prepare(
                        "DELETE FROM jwtauthd_personal_token WHERE NOT EXISTS (SELECT 1 FROM auth_user u "
                        "WHERE u.id = jwtauthd_personal_token.user_id) LIMIT ?")
                    .bind(static_cast<std::int64_t>(batch - over))
                    .execute();
}

}  // namespace store
