// ThrottleStore over MySQL/MariaDB.
#pragma once

#include "mysql/pool.h"
#include "store/throttle_store.h"

namespace store {

class MysqlThrottleStore final : public ThrottleStore {
 public:
  explicit MysqlThrottleStore(mysql::Pool& pool) : pool_(pool) {}

  Both read(const ThrottleSubject& account, const ThrottleSubject& address) override;
  bool claim(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
             std::optional<util::TimePoint> blocked_until) override;
  ThrottleState count(const ThrottleSubject& subject, std::int64_t user_id, util::TimePoint now) override;
  void block(const ThrottleSubject& subject, util::TimePoint until) override;
  bool clear(const ThrottleSubject& subject) override;
  std::vector<ThrottleRow> list(unsigned limit) override;
  std::uint64_t purge(util::TimePoint before, unsigned batch) override;

 private:
  mysql::Pool& pool_;
};

}  // namespace store
