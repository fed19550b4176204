#include "store/mysql_revocation_store.h"

#include "store/audit_row.h"

namespace store {
namespace {

#define REVOCATION_COLUMNS "id, user_id, session, not_before, expires"

std::vector<Revocation> read_all(mysql::Rows rows) {
  std::vector<Revocation> revocations;
  while (rows.next()) {
    revocations.push_back(
        {rows.integer(1), rows.integer(2), read_bytes<16>(rows, 3), rows.integer(4), rows.integer(5)});
  }
  return revocations;
}

}  // namespace

std::vector<Revocation> MysqlRevocationStore::all() {
  auto lease = pool_.acquire();
  return read_all(
      lease
          .prepare("SELECT " REVOCATION_COLUMNS " FROM jwtauthd_revocation WHERE expires >= UNIX_TIMESTAMP()")
          .query());
}

std::vector<Revocation> MysqlRevocationStore::recent(std::chrono::seconds window, std::int64_t after_id) {
  auto lease = pool_.acquire();
  return read_all(
      lease
          .prepare(
              "SELECT " REVOCATION_COLUMNS
              " FROM jwtauthd_revocation WHERE created_at >= UTC_TIMESTAMP(6) - INTERVAL ? SECOND AND id > ?")
          .bind(static_cast<std::int64_t>(window.count()))
          .bind(after_id)
          .query());
}

void MysqlRevocationStore::append(const Revocation& revocation) {
  auto lease = pool_.acquire();
  lease
      .prepare(
          "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) "
          "VALUES (UTC_TIMESTAMP(6), ?, UNHEX(?), ?, ?)")
      .bind(revocation.user_id)
      .bind(hex(revocation.session))
      .bind(revocation.not_before)
      .bind(revocation.expires)
      .execute();
}

std::uint64_t MysqlRevocationStore::purge(util::TimePoint now, unsigned batch) {
  auto lease = pool_.acquire();
  return lease.prepare("DELETE FROM jwtauthd_revocation WHERE expires < ? ORDER BY expires LIMIT ?")
      .bind(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count())
      .bind(static_cast<std::int64_t>(batch))
      .execute();
}

}  // namespace store
