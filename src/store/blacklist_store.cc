#include "store/blacklist_store.h"

#include "util/error.h"

namespace store {
namespace {

// The id is looked up so that a user who was deleted meanwhile is no violated foreign key.
constexpr const char* kInsertOutstanding =
    "INSERT INTO token_blacklist_outstandingtoken (token, created_at, expires_at, user_id, jti) "
    "VALUES (?, ?, ?, (SELECT id FROM auth_user WHERE id = ?), ?)";

mysql::Statement bound(mysql::Statement statement, const OutstandingToken& token) {
  statement.bind(token.token)
      .bind(token.created_at)
      .bind(token.expires_at)
      .bind(token.user_id)
      .bind(token.jti);
  return statement;
}

struct Known {
  std::int64_t id;
  bool blacklisted;
};

std::optional<Known> find(mysql::Transaction& transaction, std::string_view jti) {
  auto rows = transaction
                  .prepare(
                      "SELECT o.id, b.id IS NOT NULL FROM token_blacklist_outstandingtoken o "
                      "LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id WHERE o.jti = ?")
                  .bind(jti)
                  .query();
  if (!rows.next()) return std::nullopt;
  return Known{rows.integer(1), rows.boolean(2)};
}

/// The token's row, made when there was none.
Known find_or_insert(mysql::Transaction& transaction, const OutstandingToken& token) {
  if (const auto known = find(transaction, token.jti)) return *known;
  try {
    auto insert = bound(transaction.prepare(kInsertOutstanding), token);
    insert.execute();
    return {insert.last_insert_id(), false};
  } catch (const mysql::DuplicateKey&) {  // another's, committed by now: READ COMMITTED shows it
    if (const auto known = find(transaction, token.jti)) return *known;
  }
  throw util::Outage("an outstanding token was deleted while it was blacklisted");
}

}  // namespace

bool MysqlBlacklistStore::tables_exist() {
  try {
    auto lease = pool_.acquire();
    lease
        .prepare(
            "SELECT o.id FROM token_blacklist_outstandingtoken o "
            "JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id LIMIT 1")
        .query();
    return true;
  } catch (const mysql::NoSuchTable&) {
    return false;
  }
}

bool MysqlBlacklistStore::may_be_asked() {
  auto lease = pool_.acquire();
  auto rows = lease
                  .prepare(
                      "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
                      "TABLE_NAME IN ('token_blacklist_outstandingtoken', "
                      "'token_blacklist_blacklistedtoken')")
                  .query();
  return rows.next() && rows.integer(1) == 2;
}

bool MysqlBlacklistStore::is_blacklisted(std::string_view jti) {
  auto lease = pool_.acquire();
  return lease
      .prepare(
          "SELECT 1 FROM token_blacklist_outstandingtoken o "
          "JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id WHERE o.jti = ?")
      .bind(jti)
      .query()
      .next();
}

void MysqlBlacklistStore::record(const OutstandingToken& token) {
  auto lease = pool_.acquire();
  try {
    bound(lease.prepare(kInsertOutstanding), token).execute();
  } catch (const mysql::DuplicateKey&) {  // it is there
  }
}

Blacklisting MysqlBlacklistStore::blacklist(const OutstandingToken& token, util::TimePoint when,
                                            const OutstandingToken* successor) {
  Blacklisting outcome = Blacklisting::before_us;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    outcome = Blacklisting::before_us;
    const Known known = find_or_insert(transaction, token);
    if (known.blacklisted) return;
    try {  // the unique token_id decides between two who came this far
      transaction
          .prepare("INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id) VALUES (?, ?)")
          .bind(when)
          .bind(known.id)
          .execute();
    } catch (const mysql::DuplicateKey&) {
      return;
    }
    if (successor != nullptr) bound(transaction.prepare(kInsertOutstanding), *successor).execute();
    transaction.commit();
    outcome = Blacklisting::done;
  });
  return outcome;
}

Flushed MysqlBlacklistStore::flush_expired(util::TimePoint ended, std::int64_t after_id, unsigned batch) {
  Flushed flushed{0, after_id};
  {
    auto lease = pool_.acquire();
    auto rows = lease
                    .prepare(
                        "SELECT id FROM token_blacklist_outstandingtoken "
                        "WHERE id > ? AND expires_at <= ? ORDER BY id LIMIT ?")
                    .bind(after_id)
                    .bind(ended)
                    .bind(static_cast<std::int64_t>(batch))
                    .query();
    while (rows.next()) flushed.last_id = rows.integer(1);
  }
  if (flushed.last_id == after_id) return flushed;

  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    transaction
        .prepare(
            "DELETE b FROM token_blacklist_blacklistedtoken b "
            "JOIN token_blacklist_outstandingtoken o ON o.id = b.token_id "
            "WHERE o.id > ? AND o.id <= ? AND o.expires_at <= ?")
        .bind(after_id)
        .bind(flushed.last_id)
        .bind(ended)
        .execute();
    flushed.tokens = transaction
                         .prepare(
                             "DELETE FROM token_blacklist_outstandingtoken "
                             "WHERE id > ? AND id <= ? AND expires_at <= ?")
                         .bind(after_id)
                         .bind(flushed.last_id)
                         .bind(ended)
                         .execute();
    transaction.commit();
  });
  return flushed;
}

}  // namespace store
