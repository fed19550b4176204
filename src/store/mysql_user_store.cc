#include "store/mysql_user_store.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "store/audit_row.h"
#include "store/password_row.h"

namespace store {
namespace {

// The columns of read_user(), in its order.
#define USER_COLUMNS                                                                           \
  "id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, " \
  "is_active, date_joined"

User read_user(const mysql::Rows& row) {
  User user;
  user.id = row.integer(1);
  user.password = row.text(2);
  user.last_login = row.optional_time(3);
  user.is_superuser = row.boolean(4);
  user.username = row.text(5);
  user.first_name = row.text(6);
  user.last_name = row.text(7);
  user.email = row.text(8);
  user.is_staff = row.boolean(9);
  user.is_active = row.boolean(10);
  user.date_joined = row.time(11);
  return user;
}

std::optional<User> read_one(mysql::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_user(rows);
}

std::vector<User> read_all(mysql::Rows rows) {
  std::vector<User> users;
  while (rows.next()) users.push_back(read_user(rows));
  return users;
}

std::string with_list(std::string_view select, std::size_t count) {
  std::string sql(select);
  sql += " IN (?";
  for (std::size_t i = 1; i < count; ++i) sql += ",?";
  return sql + ")";
}

/// Few lengths, so that each is prepared once a connection; a list is filled up with its last id.
struct IdList {
  std::size_t size;
  std::string sql;
};
using IdLists = std::array<IdList, 3>;
IdLists id_lists(std::string_view select) {
  return {{{8, with_list(select, 8)}, {64, with_list(select, 64)}, {512, with_list(select, 512)}}};
}

/// Asks for all `ids`, in as few statements as their number takes.
template <typename Take>
void each_row(mysql::Lease& lease, const IdLists& lists, std::span<const std::int64_t> ids, Take take) {
  while (!ids.empty()) {
    const auto fits = [&](const IdList& list) { return ids.size() <= list.size; };
    auto list = std::find_if(lists.begin(), lists.end(), fits);
    if (list == lists.end()) --list;
    const std::size_t count = std::min(ids.size(), list->size);
    auto statement = lease.prepare(list->sql.c_str());
    for (std::size_t i = 0; i < list->size; ++i) statement.bind(ids[std::min(i, count - 1)]);
    auto rows = statement.query();
    while (rows.next()) take(rows);
    ids = ids.subspan(count);
  }
}

/// What matches a text anywhere, the text's own wildcards taken literally.
std::string contains_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '|') pattern += '|';
    pattern += c;
  }
  return pattern + "%";
}

std::int64_t any_or(const std::optional<bool>& wanted) {
  return wanted ? static_cast<std::int64_t>(*wanted) : -1;
}

void insert_user(mysql::Transaction& transaction, User& user) {
  auto insert = transaction.prepare(
      "INSERT INTO auth_user (password, last_login, is_superuser, username, first_name, last_name, email, "
      "is_staff, is_active, date_joined) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(user.password)
      .bind(user.last_login)
      .bind(user.is_superuser)
      .bind(user.username)
      .bind(user.first_name)
      .bind(user.last_name)
      .bind(user.email)
      .bind(user.is_staff)
      .bind(user.is_active)
      .bind(user.date_joined)
      .execute();
  user.id = insert.last_insert_id();
}

/// True when nobody else has the user's e-mail. See 0001_initial.sql: the claim makes rivals wait for
/// each other, and the look at auth_user, which comes after it, decides.
bool claim_email(mysql::Transaction& transaction, std::int64_t id, std::string_view email) {
  transaction
      .prepare(
          "INSERT INTO jwtauthd_email_claim (claim, user_id) "
          "SELECT UNHEX(SHA2(WEIGHT_STRING(email), 256)), id FROM auth_user WHERE id = ? "
          "ON DUPLICATE KEY UPDATE user_id = ?")
      .bind(id)
      .bind(id)
      .execute();
  auto others = transaction.prepare("SELECT id FROM auth_user WHERE email = ? AND id <> ? LIMIT 1");
  return !others.bind(email).bind(id).query().next();
}

bool has_email(mysql::Transaction& transaction, std::int64_t id, std::string_view email) {
  auto same = transaction.prepare("SELECT 1 FROM auth_user WHERE id = ? AND email = ?");
  return same.bind(id).bind(email).query().next();
}

mysql::Statement& bind_optional(mysql::Statement& statement, const std::optional<std::string>& value) {
  return value ? statement.bind(*value) : statement.bind_null();
}

/// A site may have made Django's e-mail column unique; that index's name says so in every way that Django,
/// or a person, would have made it.
bool names_email(const mysql::DuplicateKey& duplicate) {
  return duplicate.key.find("email") != std::string::npos;
}

}  // namespace

std::optional<User> MysqlUserStore::find_by_username(std::string_view username) {
  auto lease = pool_.acquire();
  return read_one(
      lease.prepare("SELECT " USER_COLUMNS " FROM auth_user WHERE username = ?").bind(username).query());
}

std::optional<User> MysqlUserStore::find_by_id(std::int64_t id) {
  auto lease = pool_.acquire();
  return read_one(lease.prepare("SELECT " USER_COLUMNS " FROM auth_user WHERE id = ?").bind(id).query());
}

std::vector<User> MysqlUserStore::find_by_ids(std::span<const std::int64_t> ids) {
  static const IdLists lists = id_lists("SELECT " USER_COLUMNS " FROM auth_user WHERE id");
  std::vector<User> users;
  if (ids.empty()) return users;
  auto lease = pool_.acquire();
  each_row(lease, lists, ids, [&](const mysql::Rows& row) { users.push_back(read_user(row)); });
  return users;
}

std::vector<Membership> MysqlUserStore::groups_of(std::span<const std::int64_t> ids) {
  static const IdLists lists = id_lists(
      "SELECT m.user_id, g.name FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id "
      "WHERE m.user_id");
  std::vector<Membership> memberships;
  if (ids.empty()) return memberships;
  auto lease = pool_.acquire();
  each_row(lease, lists, ids, [&](const mysql::Rows& row) {
    memberships.push_back({row.integer(1), row.text(2)});
  });
  // Here and not there: the order of the column's collation leaves some names' order open.
  std::sort(memberships.begin(), memberships.end(), [](const Membership& a, const Membership& b) {
    return std::tie(a.user_id, a.group) < std::tie(b.user_id, b.group);
  });
  return memberships;
}

bool MysqlUserStore::username_exists(std::string_view username) {
  auto lease = pool_.acquire();
  return lease.prepare("SELECT 1 FROM auth_user WHERE username = ?").bind(username).query().next();
}

bool MysqlUserStore::email_exists(std::string_view email) {
  auto lease = pool_.acquire();
  return lease.prepare("SELECT 1 FROM auth_user WHERE email = ? LIMIT 1").bind(email).query().next();
}

Inserted MysqlUserStore::insert(User& user, bool unique_email, const AuditEvent* event) {
  Inserted outcome = Inserted::ok;
  User inserted = user;
  try {
    mysql::transact(pool_, [&](mysql::Transaction& transaction) {
      outcome = Inserted::ok;
      insert_user(transaction, inserted);
      if (unique_email && !user.email.empty() && !claim_email(transaction, inserted.id, user.email)) {
        outcome = Inserted::email_taken;
        return;
      }
      append_audit(transaction, auditing_, event, inserted.id);
      transaction.commit();
    });
  } catch (const mysql::DuplicateKey& duplicate) {
    return names_email(duplicate) ? Inserted::email_taken : Inserted::username_taken;
  }
  if (outcome == Inserted::ok) user.id = inserted.id;
  return outcome;
}

ProfileUpdate MysqlUserStore::update_profile(std::int64_t id, const ProfileChange& change, bool unique_email,
                                             const AuditEvent* event) {
  ProfileUpdate outcome = ProfileUpdate::ok;
  const bool claims = unique_email && change.email && !change.email->empty();
  try {
    mysql::transact(pool_, [&](mysql::Transaction& transaction) {
      outcome = ProfileUpdate::ok;
      const bool has_it = claims && has_email(transaction, id, *change.email);
      auto update = transaction.prepare(
          "UPDATE auth_user SET first_name = COALESCE(?, first_name), last_name = COALESCE(?, last_name), "
          "email = COALESCE(?, email) WHERE id = ?");
      bind_optional(update, change.first_name);
      bind_optional(update, change.last_name);
      if (bind_optional(update, change.email).bind(id).execute() == 0) {
        outcome = ProfileUpdate::no_such_user;
      } else if (claims && !has_it && !claim_email(transaction, id, *change.email)) {
        outcome = ProfileUpdate::email_taken;
      } else {
        append_audit(transaction, auditing_, event, id);
        transaction.commit();
      }
    });
  } catch (const mysql::DuplicateKey& duplicate) {
    if (!names_email(duplicate))
      throw util::Outage("a change of a profile violates the key " + duplicate.key);
    return ProfileUpdate::email_taken;
  }
  return outcome;
}

bool MysqlUserStore::set_password(std::int64_t id, std::string_view encoded,
                                  std::optional<std::string_view> expected_old) {
  auto lease = pool_.acquire();
  return store::set_password(lease, id, encoded, expected_old);
}

bool MysqlUserStore::has_password(std::int64_t id, std::string_view encoded) {
  auto lease = pool_.acquire();
  return lease
      .prepare("SELECT 1 FROM auth_user WHERE id = ? AND is_active AND " SAME_PASSWORD " LOCK IN SHARE MODE")
      .bind(id)
      .bind(encoded)
      .query()
      .next();
}

bool MysqlUserStore::set_last_login(std::int64_t id, util::TimePoint when) {
  auto lease = pool_.acquire();
  return lease.prepare("UPDATE auth_user SET last_login = ? WHERE id = ?").bind(when).bind(id).execute() > 0;
}

bool MysqlUserStore::activate(std::int64_t id, const AuditEvent* event) {
  bool known = false;
  mysql::transact(pool_, [&](mysql::Transaction& transaction) {
    auto update = transaction.prepare("UPDATE auth_user SET is_active = 1 WHERE id = ?");
    known = update.bind(id).execute() > 0;
    if (!known) return;
    append_audit(transaction, auditing_, event, id);
    transaction.commit();
  });
  return known;
}

std::vector<User> MysqlUserStore::list(const UserFilter& filter) {
  auto lease = pool_.acquire();
  const std::string pattern = contains_pattern(filter.search);
  return read_all(lease
                      .prepare("SELECT " USER_COLUMNS " FROM auth_user "
                               "WHERE id > ? AND (username LIKE ? ESCAPE '|' OR email LIKE ? ESCAPE '|') "
                               "AND ? IN (-1, is_active) AND ? IN (-1, is_staff) ORDER BY id LIMIT ?")
                      .bind(filter.after_id)
                      .bind(pattern)
                      .bind(pattern)
                      .bind(any_or(filter.is_active))
                      .bind(any_or(filter.is_staff))
                      .bind(static_cast<std::int64_t>(filter.limit))
                      .query());
}

}  // namespace store
