#include "store/mysql_revocation_store.h"

#include "store/audit_row.h"

namespace store {
namespace {

#define REVOCATION_COLUMNS "id, user_id, session, not_before, expires"

std::vector<Revocation> read_rows(mysql::Rows rows) {
  std::vector<Revocation> revocations;
  while (rows.next()) {
    revocations.push_back(
        {rows.integer(1), rows.integer(2), read_bytes<16>(rows, 3), rows.integer(4), rows.integer(5)});
  }
  return revocations;
}

}  // namespace

std::vector<Revocation> MysqlRevocationStore::page(std::int64_t after_id, unsigned limit) {
  auto lease = pool_.acquire();
  return read_rows(lease
                       .prepare("SELECT " REVOCATION_COLUMNS
                                " FROM jwtauthd_revocation WHERE id > ? AND expires >= UNIX_TIMESTAMP() "
                                "ORDER BY id LIMIT ?")
                       .bind(after_id)
                       .bind(static_cast<std::int64_t>(limit))
                       .query());
}

std::vector<Revocation> MysqlRevocationStore::recent(std::chrono::seconds window, std::int64_t after_id) {
  auto lease = pool_.acquire();
  return read_rows(
      lease
          .prepare(
              "SELECT " REVOCATION_COLUMNS
              " FROM jwtauthd_revocation WHERE created_at >= UTC_TIMESTAMP(6) - INTERVAL ? SECOND AND id > ?")
          .bind(static_cast<std::int64_t>(window.count()))
          .bind(after_id)
          .query());
}

bool MysqlRevocationStore::has_ended(std::int64_t user_id, const SessionId& session, std::int64_t issued,
                                     Reading reading) {
  auto lease = pool_.acquire();
  if (reading == Reading::settled) {
    // What ends all of a user's sessions holds his row until it has committed.
    lease.prepare("SELECT id FROM auth_user WHERE id = ? LOCK IN SHARE MODE").bind(user_id).query();
  }
  return lease
      .prepare(
          "SELECT 1 FROM jwtauthd_revocation WHERE user_id = ? AND (session = UNHEX(?) OR "
          "(session = UNHEX(?) AND not_before >= ?)) LIMIT 1")
      .bind(user_id)
      .bind(hex(session))
      .bind(hex(SessionId{}))
      .bind(issued)
      .query()
      .next();
}

std::uint64_t MysqlRevocationStore::purge(util::TimePoint now, unsigned batch) {
  auto lease = pool_.acquire();
  return lease.prepare("DELETE FROM jwtauthd_revocation WHERE expires < ? ORDER BY expires LIMIT ?")
      .bind(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count())
      .bind(static_cast<std::int64_t>(batch))
      .execute();
}

}  // namespace store
