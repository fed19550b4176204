#include "store/mysql_throttle_store.h"

#include "store/audit_row.h"

namespace store {
namespace {

using Kind = ThrottleSubject::Kind;

// The key of a name, `?` twice. An account that exists has that of its stored name: what else a collation
// takes for it (case, accents, trailing blanks, characters without weight) is one key. Other names have
// that of their weights; 200 characters of them, more than a name may have, so that no text is too long.
#define ACCOUNT_KEY                                                                                      \
  "UNHEX(SHA2(CONCAT('n', WEIGHT_STRING(LEFT(COALESCE((SELECT username FROM auth_user WHERE username = " \
  "?), ?), 200))), 256))"
// Of an address, `?` twice as well, so that both are bound alike. The first is the whole text, the second
// is not looked at.
#define ADDRESS_KEY "UNHEX(SHA2(CONCAT('a', COALESCE(?, ?)), 256))"

#define INSERT_ROW(key)                                                                              \
  "INSERT INTO jwtauthd_throttle (subject, kind, failures, last_failed_at, blocked_until, user_id, " \
  "address) VALUES (" key ", ?, 1, ?, ?, ?, ?)"
#define COUNT_ROW(key)                                                                           \
  INSERT_ROW(key)                                                                                \
  " ON DUPLICATE KEY UPDATE failures = IF(kind = 'a' AND last_failed_at < ?, 1, failures + 1), " \
  "last_failed_at = GREATEST(last_failed_at, ?), user_id = ?"
#define SELECT_ROW(which, key) \
  "SELECT " which ", failures, last_failed_at, blocked_until FROM jwtauthd_throttle WHERE subject = " key
#define CLAIM_ROW(key)                                                                                 \
  "UPDATE jwtauthd_throttle SET failures = failures + 1, last_failed_at = ?, blocked_until = ? WHERE " \
  "subject = " key " AND failures = ?"
#define BLOCK_ROW(key)                                                                                  \
  "UPDATE jwtauthd_throttle SET blocked_until = GREATEST(COALESCE(blocked_until, ?), ?) WHERE subject " \
  "= " key
#define CLEAR_ROW(key) "DELETE FROM jwtauthd_throttle WHERE subject = " key

struct Statements {
  const char* insert;
  const char* count;
  const char* select;
  const char* claim;
  const char* block;
  const char* clear;
};
constexpr Statements kOfAccount{INSERT_ROW(ACCOUNT_KEY),        COUNT_ROW(ACCOUNT_KEY),
                                SELECT_ROW("'n'", ACCOUNT_KEY), CLAIM_ROW(ACCOUNT_KEY),
                                BLOCK_ROW(ACCOUNT_KEY),         CLEAR_ROW(ACCOUNT_KEY)};
constexpr Statements kOfAddress{INSERT_ROW(ADDRESS_KEY),        COUNT_ROW(ADDRESS_KEY),
                                SELECT_ROW("'a'", ADDRESS_KEY), CLAIM_ROW(ADDRESS_KEY),
                                BLOCK_ROW(ADDRESS_KEY),         CLEAR_ROW(ADDRESS_KEY)};

const Statements& statements(const ThrottleSubject& subject) {
  return subject.kind == Kind::account ? kOfAccount : kOfAddress;
}

mysql::Statement& bind_key(mysql::Statement& statement, const ThrottleSubject& subject) {
  return statement.bind(subject.text).bind(subject.text);
}

mysql::Statement& bind_row(mysql::Statement& statement, const ThrottleSubject& subject, std::int64_t user_id,
                           util::TimePoint now, std::optional<util::TimePoint> blocked_until) {
  const bool account = subject.kind == Kind::account;
  return bind_key(statement, subject)
      .bind(account ? "n" : "a")
      .bind(now)
      .bind(blocked_until)
      .bind(user_id)
      .bind(account ? std::string() : plain(subject.text));
}

ThrottleState read_state(const mysql::Rows& row) {
  return {row.integer(2), row.optional_time(3), row.optional_time(4)};
}

}  // namespace

ThrottleStore::Both MysqlThrottleStore::read(const ThrottleSubject& account, const ThrottleSubject& address) {
  auto lease = pool_.acquire();
  auto select = lease.prepare(SELECT_ROW("'n'", ACCOUNT_KEY) " UNION ALL " SELECT_ROW("'a'", ADDRESS_KEY));
  bind_key(select, account);
  Both both;
  auto rows = bind_key(select, address).query();
  while (rows.next()) (rows.text(1) == "n" ? both.account : both.address) = read_state(rows);
  return both;
}

bool MysqlThrottleStore::claim(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                               std::optional<util::TimePoint> blocked_until) {
  auto lease = pool_.acquire();
  if (seen == 0) {
    auto insert = lease.prepare(statements(subject).insert);
    try {
      bind_row(insert, subject, 0, now, blocked_until).execute();
      return true;
    } catch (const mysql::DuplicateKey&) {
      return false;
    }
  }
  auto update = lease.prepare(statements(subject).claim);
  update.bind(now).bind(blocked_until);
  return bind_key(update, subject).bind(seen).execute() > 0;
}

ThrottleState MysqlThrottleStore::count(const ThrottleSubject& subject, std::int64_t user_id,
                                        util::TimePoint now) {
  auto lease = pool_.acquire();
  auto insert = lease.prepare(statements(subject).count);
  bind_row(insert, subject, user_id, now, std::nullopt)
      .bind(now - kAddressMemory)
      .bind(now)
      .bind(user_id)
      .execute();
  auto select = lease.prepare(statements(subject).select);
  auto rows = bind_key(select, subject).query();
  if (!rows.next()) return {1, now, std::nullopt};  // cleared in between
  return read_state(rows);
}

void MysqlThrottleStore::block(const ThrottleSubject& subject, util::TimePoint until) {
  auto lease = pool_.acquire();
  auto update = lease.prepare(statements(subject).block);
  update.bind(until).bind(until);
  bind_key(update, subject).execute();
}

bool MysqlThrottleStore::clear(const ThrottleSubject& subject) {
  auto lease = pool_.acquire();
  auto remove = lease.prepare(statements(subject).clear);
  return bind_key(remove, subject).execute() > 0;
}

std::vector<ThrottleRow> MysqlThrottleStore::list(unsigned limit) {
  auto lease = pool_.acquire();
  auto rows = lease
                  .prepare(
                      "SELECT t.kind, t.failures, t.last_failed_at, t.blocked_until, t.user_id, u.username, "
                      "t.address FROM jwtauthd_throttle t LEFT JOIN auth_user u ON u.id = t.user_id "
                      "ORDER BY t.last_failed_at DESC LIMIT ?")
                  .bind(static_cast<std::int64_t>(limit))
                  .query();
  std::vector<ThrottleRow> found;
  while (rows.next()) {
    ThrottleRow row;
    static_cast<ThrottleState&>(row) = read_state(rows);
    row.kind = rows.text(1) == "n" ? Kind::account : Kind::address;
    row.user_id = rows.integer(5);
    row.username = rows.text(6);
    row.address = rows.text(7);
    found.push_back(std::move(row));
  }
  return found;
}

std::uint64_t MysqlThrottleStore::purge(util::TimePoint before, unsigned batch) {
  auto lease = pool_.acquire();
  return lease
      .prepare(
          "DELETE FROM jwtauthd_throttle WHERE last_failed_at < ? AND COALESCE(blocked_until, "
          "last_failed_at) < ? ORDER BY last_failed_at LIMIT ?")
      .bind(before)
      .bind(before)
      .bind(static_cast<std::int64_t>(batch))
      .execute();
}

}  // namespace store
