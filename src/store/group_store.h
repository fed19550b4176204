// Django's auth_group and auth_user_groups, as an operator changes them where no Django does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/pool.h"
#include "store/audit_store.h"

namespace store {

struct Group {
  std::string name;
  std::int64_t members = 0;
};

/// A write has been committed when it returns, the event with it where something was changed; its user_id is
/// set here. Names compare as the column's collation has it. Throws util::Outage.
class GroupStore {
 public:
  explicit GroupStore(mysql::Pool& pool, Auditing auditing = Auditing::on)
      : pool_(pool), auditing_(auditing) {}

  std::vector<Group> list();  // by name
  /// False: there is one of that name.
  bool create(std::string_view name, const AuditEvent& event);
  /// With its memberships.
  enum class Removal { done, no_such_group, referred_to };
  Removal remove(std::string_view name, const AuditEvent& event);

  enum class Change { done, no_such_group, was_so };
  Change add(std::string_view name, std::int64_t user_id, const AuditEvent& event);
  Change take_out(std::string_view name, std::int64_t user_id, const AuditEvent& event);

 private:
  mysql::Pool& pool_;
  const Auditing auditing_;
};

}  // namespace store
