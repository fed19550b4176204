#include "store/mysql_throttle_store.h"

#include "store/audit_row.h"

namespace store {
namespace {

using Kind = ThrottleSubject::Kind;

/// What names are compared by.
struct Collation {
  std::string character_set = "utf8mb4";
  std::string name = "utf8mb4_general_ci";
};

/// Nothing as long as there is no auth_user.
std::optional<Collation> collation_of_usernames(mysql::Lease& lease) {
  auto rows = lease
                  .prepare(
                      "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS WHERE "
                      "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'auth_user' AND COLUMN_NAME = 'username'")
                  .query();
  if (!rows.next()) return std::nullopt;
  return rows.is_null(2) ? Collation{} : Collation{rows.text(1), rows.text(2)};
}

/// The key of a name, `?` twice. An account that exists has that of its stored name: what else the
/// collation takes for it (case, accents, trailing blanks, characters without weight) is the same key. Other
/// names have that of their weights; 200 characters, more than a name may have, so that no text is too long.
/// A character that the column cannot hold is a question mark: names that differ in such ones only, and are
/// nobody's, count together.
std::string account_key(const Collation& collation) {
  const std::string typed = "CONVERT(? USING " + collation.character_set + ") COLLATE " + collation.name;
  return "UNHEX(SHA2(CONCAT('n', WEIGHT_STRING(LEFT(COALESCE((SELECT username FROM auth_user WHERE username "
         "= " +
         typed + " LIMIT 1), " + typed + "), 200))), 256))";
}
/// Of the others, `?` twice as well, so that all are bound alike: the second is not looked at.
constexpr const char* kAddressKey = "UNHEX(SHA2(CONCAT('a', COALESCE(?, ?)), 256))";
constexpr const char* kOwnerKey = "UNHEX(SHA2(CONCAT('o', COALESCE(?, ?)), 256))";

const char* letter(Kind kind) noexcept {
  if (kind == Kind::account) return "n";
  return kind == Kind::owner ? "o" : "a";
}

Kind kind_of(std::string_view letter) noexcept {
  if (letter == "n") return Kind::account;
  return letter == "o" ? Kind::owner : Kind::address;
}

/// What may be kept of a subject's text: not what was typed.
std::string shown_part(const ThrottleSubject& subject) {
  if (subject.kind == Kind::account) return {};
  if (subject.kind == Kind::address) return plain(subject.text);
  return plain(subject.text.substr(subject.text.find('/') + 1));
}

/// Of one kind of subject.
struct Statements {
  explicit Statements(const std::string& key)
      // Assignments are made from left to right: failures sees the old last_failed_at.
      : count(
            "INSERT INTO jwtauthd_throttle (subject, kind, failures, last_failed_at, user_id, address) "
            "VALUES "
            "(" +
            key +
            ", ?, 1, ?, ?, ?) ON DUPLICATE KEY UPDATE failures = IF(kind = 'a' AND last_failed_at < ?, 1, "
            "failures + 1), last_failed_at = GREATEST(last_failed_at, ?), user_id = ?"),
        select(
            "SELECT kind, failures, last_failed_at, blocked_until FROM jwtauthd_throttle WHERE subject = " +
            key),
        claim(
            "UPDATE jwtauthd_throttle SET failures = failures + 1, last_failed_at = ?, blocked_until = ? "
            "WHERE subject = " +
            key + " AND failures = ?"),
        begin_anew(
            "UPDATE jwtauthd_throttle SET failures = 1, last_failed_at = ?, blocked_until = ? WHERE subject "
            "= " +
            key + " AND failures = ? AND COALESCE(blocked_until, ?) <= ?"),
        block(
            "UPDATE jwtauthd_throttle SET blocked_until = GREATEST(COALESCE(blocked_until, ?), ?) WHERE "
            "subject = " +
            key),
        clear("DELETE FROM jwtauthd_throttle WHERE subject = " + key) {}

  std::string count;
  std::string select;
  std::string claim;
  std::string begin_anew;
  std::string block;
  std::string clear;
};

mysql::Statement& bind_key(mysql::Statement& statement, const ThrottleSubject& subject) {
  return statement.bind(subject.text).bind(subject.text);
}

ThrottleState read_state(const mysql::Rows& row) {
  return {row.integer(2), row.optional_time(3), row.optional_time(4)};
}

}  // namespace

struct MysqlThrottleStore::Sql {
  explicit Sql(const Collation& collation)
      : account(account_key(collation)),
        address(kAddressKey),
        owner(kOwnerKey),
        read_account(account.select + " UNION ALL " + address.select),
        read_owner(owner.select + " UNION ALL " + address.select) {}

  const Statements& of(const ThrottleSubject& subject) const {
    if (subject.kind == Kind::account) return account;
    return subject.kind == Kind::owner ? owner : address;
  }

  Statements account;
  Statements address;
  Statements owner;
  std::string read_account;
  std::string read_owner;
};

MysqlThrottleStore::MysqlThrottleStore(mysql::Pool& pool, std::chrono::seconds collation_holds)
    : pool_(pool), collation_holds_(collation_holds) {}
MysqlThrottleStore::~MysqlThrottleStore() = default;

std::shared_ptr<const MysqlThrottleStore::Sql> MysqlThrottleStore::sql(mysql::Lease& lease) {
  const auto now = std::chrono::steady_clock::now();
  if (auto written = written_.lock(); written->sql && now - written->at < collation_holds_) {
    return written->sql;
  }
  const auto found = collation_of_usernames(lease);
  auto sql = std::make_shared<const Sql>(found.value_or(Collation{}));
  if (found) *written_.lock() = {sql, now};  // else the table that is made next may have another one
  return sql;
}

ThrottleStore::Both MysqlThrottleStore::read(const ThrottleSubject& account, const ThrottleSubject& address) {
  auto lease = pool_.acquire();
  const auto written = sql(lease);
  auto select =
      lease.prepare((account.kind == Kind::owner ? written->read_owner : written->read_account).c_str());
  bind_key(select, account);
  Both both;
  auto rows = bind_key(select, address).query();
  while (rows.next()) (rows.text(1) == "a" ? both.address : both.account) = read_state(rows);
  return both;
}

bool MysqlThrottleStore::claim(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                               std::optional<util::TimePoint> blocked_until) {
  auto lease = pool_.acquire();
  const auto written = sql(lease);
  auto update = lease.prepare(written->of(subject).claim.c_str());
  update.bind(now).bind(blocked_until);
  return bind_key(update, subject).bind(seen).execute() > 0;
}

bool MysqlThrottleStore::begin_anew(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                                    std::optional<util::TimePoint> blocked_until) {
  auto lease = pool_.acquire();
  const auto written = sql(lease);
  auto update = lease.prepare(written->of(subject).begin_anew.c_str());
  update.bind(now).bind(blocked_until);
  return bind_key(update, subject).bind(seen).bind(now).bind(now).execute() > 0;
}

ThrottleState MysqlThrottleStore::count(const ThrottleSubject& subject, std::int64_t user_id,
                                        util::TimePoint now) {
  auto lease = pool_.acquire();
  const auto written = sql(lease);
  auto insert = lease.prepare(written->of(subject).count.c_str());
  bind_key(insert, subject)
      .bind(letter(subject.kind))
      .bind(now)
      .bind(user_id)
      .bind(shown_part(subject))
      .bind(now - kAddressMemory)
      .bind(now)
      .bind(user_id)
      .execute();
  auto select = lease.prepare(written->of(subject).select.c_str());
  auto rows = bind_key(select, subject).query();
  if (!rows.next()) return {1, now, std::nullopt};  // cleared in between
  return read_state(rows);
}

void MysqlThrottleStore::block(const ThrottleSubject& subject, util::TimePoint until) {
  auto lease = pool_.acquire();
  const auto written = sql(lease);
  auto update = lease.prepare(written->of(subject).block.c_str());
  update.bind(until).bind(until);
  bind_key(update, subject).execute();
}

bool MysqlThrottleStore::clear(const ThrottleSubject& subject) {
  auto lease = pool_.acquire();
  const auto written = sql(lease);
  auto remove = lease.prepare(written->of(subject).clear.c_str());
  return bind_key(remove, subject).execute() > 0;
}

bool MysqlThrottleStore::clear_owner(std::int64_t user_id) {
  auto lease = pool_.acquire();
  return lease.prepare("DELETE FROM jwtauthd_throttle WHERE user_id = ? AND kind = 'o'")
             .bind(user_id)
             .execute() > 0;
}

std::vector<ThrottleRow> MysqlThrottleStore::list(unsigned limit) {
  auto lease = pool_.acquire();
  auto rows =
      lease
          .prepare(
              "SELECT t.kind, t.failures, t.last_failed_at, t.blocked_until, t.user_id, u.username, "
              "t.address FROM jwtauthd_throttle t FORCE INDEX (last_failed_at) LEFT JOIN auth_user u ON "
              "u.id = t.user_id "
              "ORDER BY t.last_failed_at DESC LIMIT ?")
          .bind(static_cast<std::int64_t>(limit))
          .query();
  std::vector<ThrottleRow> found;
  while (rows.next()) {
    ThrottleRow row;
    static_cast<ThrottleState&>(row) = read_state(rows);
    row.kind = kind_of(rows.text(1));
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
