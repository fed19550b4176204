#include "store/group_store.h"

#include <optional>

#include "store/audit_row.h"

namespace store {
namespace {

/// Its row is locked, so that no membership of it comes or goes meanwhile.
std::optional<std::int64_t> lock_group(mysql::Transaction& transaction, std::string_view name) {
  auto select = transaction.prepare("SELECT id FROM auth_group WHERE name = ? FOR UPDATE");
  auto rows = select.bind(name).query();
  if (!rows.next()) return std::nullopt;
  return rows.integer(1);
}

/// Runs `statement`, which takes a user and a group and says by its count whether it changed anything.
GroupStore::Change change_membership(mysql::Pool& pool, Auditing auditing, const char* statement,
                                     std::string_view name, std::int64_t user_id, const AuditEvent& event) {
  using Change = GroupStore::Change;
  Change change = Change::no_such_group;
  mysql::transact(pool, [&](mysql::Transaction& transaction) {
    const auto group = lock_group(transaction, name);
    change = Change::no_such_group;
    if (!group) return;
    change = Change::was_so;
    if (transaction.prepare(statement).bind(user_id).bind(*group).execute() == 0) return;
    change = Change::done;
    append_audit(transaction, auditing, &event, user_id);
    transaction.commit();
  });
  return change;
}

}  // namespace

std::vector<Group> GroupStore::list() {
  auto lease = pool_.acquire();
  auto rows = lease
                  .prepare(
                      "SELECT g.name, COUNT(m.id) FROM auth_group g LEFT JOIN auth_user_groups m ON "
                      "m.group_id = g.id GROUP BY g.id, g.name ORDER BY g.name, g.id")
                  .query();
  std::vector<Group> groups;
  while (rows.next()) groups.push_back({rows.text(1), rows.integer(2)});
  return groups;
}

bool GroupStore::create(std::string_view name, const AuditEvent& event) {
  try {
    mysql::transact(pool_, [&](mysql::Transaction& transaction) {
      transaction.prepare("INSERT INTO auth_group (name) VALUES (?)").bind(name).execute();
      append_audit(transaction, auditing_, &event, 0);
      transaction.commit();
    });
    return true;
  } catch (const mysql::DuplicateKey&) {
    return false;
  }
}

GroupStore::Removal GroupStore::remove(std::string_view name, const AuditEvent& event) {
  Removal removal = Removal::no_such_group;
  try {
    mysql::transact(pool_, [&](mysql::Transaction& transaction) {
      const auto group = lock_group(transaction, name);
      removal = group ? Removal::done : Removal::no_such_group;
      if (!group) return;
      transaction.prepare("DELETE FROM auth_user_groups WHERE group_id = ?").bind(*group).execute();
      transaction.prepare("DELETE FROM auth_group WHERE id = ?").bind(*group).execute();
      append_audit(transaction, auditing_, &event, 0);
      transaction.commit();
    });
  } catch (const mysql::ReferredTo&) {  // permissions of Django's, for one
    return Removal::referred_to;
  }
  return removal;
}

GroupStore::Change GroupStore::add(std::string_view name, std::int64_t user_id, const AuditEvent& event) {
  return change_membership(pool_, auditing_,
                           "INSERT IGNORE INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", name,
                           user_id, event);
}

GroupStore::Change GroupStore::take_out(std::string_view name, std::int64_t user_id,
                                        const AuditEvent& event) {
  return change_membership(pool_, auditing_,
                           "DELETE FROM auth_user_groups WHERE user_id = ? AND group_id = ?", name, user_id,
                           event);
}

}  // namespace store
