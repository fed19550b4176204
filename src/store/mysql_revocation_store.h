// RevocationStore over MySQL/MariaDB.
#pragma once

#include "mysql/pool.h"
#include "store/revocation_store.h"

namespace store {

class MysqlRevocationStore final : public RevocationStore {
 public:
  explicit MysqlRevocationStore(mysql::Pool& pool) : pool_(pool) {}

  std::vector<Revocation> page(std::int64_t after_id, unsigned limit) override;
  std::vector<Revocation> recent(std::chrono::seconds window, std::int64_t after_id) override;
  bool has_ended(std::int64_t user_id, const SessionId& session, std::int64_t issued,
                 Reading reading) override;
  std::uint64_t purge(util::TimePoint now, unsigned batch) override;

 private:
  mysql::Pool& pool_;
};

}  // namespace store
