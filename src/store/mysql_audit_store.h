// AuditStore over MySQL/MariaDB.
#pragma once

#include "mysql/pool.h"
#include "store/audit_store.h"

namespace store {

class MysqlAuditStore final : public AuditStore {
 public:
  explicit MysqlAuditStore(mysql::Pool& pool, Auditing auditing = Auditing::on)
      : pool_(pool), auditing_(auditing) {}

  void append(const AuditEvent& event) override;
  std::vector<AuditRecord> list(const AuditFilter& filter) override;
  std::uint64_t purge(util::TimePoint before, unsigned batch) override;

 private:
  mysql::Pool& pool_;
  const Auditing auditing_;
};

}  // namespace store
