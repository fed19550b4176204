// ThrottleStore over MySQL/MariaDB. Its first call, and one each hour, asks for the collation of
// auth_user.username: one statement more than said there. Where that is changed counts begin anew.
#pragma once

#include <chrono>
#include <memory>

#include "mysql/pool.h"
#include "store/throttle_store.h"
#include "util/guarded.h"

namespace store {

class MysqlThrottleStore final : public ThrottleStore {
 public:
  explicit MysqlThrottleStore(mysql::Pool& pool,
                              std::chrono::seconds collation_holds = std::chrono::hours(1));
  ~MysqlThrottleStore() override;

  Both read(const ThrottleSubject& account, const ThrottleSubject& address) override;
  bool claim(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
             std::optional<util::TimePoint> blocked_until) override;
  bool begin_anew(const ThrottleSubject& subject, std::int64_t seen, util::TimePoint now,
                  std::optional<util::TimePoint> blocked_until) override;
  ThrottleState count(const ThrottleSubject& subject, std::int64_t user_id, util::TimePoint now) override;
  void block(const ThrottleSubject& subject, util::TimePoint until) override;
  bool clear(const ThrottleSubject& subject) override;
  bool clear_owner(std::int64_t user_id) override;
  std::vector<ThrottleRow> list(unsigned limit) override;
  std::uint64_t purge(util::TimePoint before, unsigned batch) override;

 private:
  struct Sql;
  /// Written when it is first needed, because it names the collation of auth_user.username.
  struct Written {
    std::shared_ptr<const Sql> sql;
    std::chrono::steady_clock::time_point at{};
  };
  std::shared_ptr<const Sql> sql(mysql::Lease& lease);

  mysql::Pool& pool_;
  const std::chrono::seconds collation_holds_;
  util::Guarded<Written> written_;
};

}  // namespace store
