// PersonalTokenStore over MySQL/MariaDB.
#pragma once

#include "mysql/pool.h"
#include "mysql/stale_reads.h"
#include "store/personal_token_store.h"

namespace store {

class MysqlPersonalTokenStore final : public PersonalTokenStore {
 public:
  /// `reads`: for list(), which may be some seconds old.
  explicit MysqlPersonalTokenStore(mysql::Pool& pool, Auditing auditing = Auditing::on,
                                   mysql::StaleReads* reads = nullptr)
      : pool_(pool), own_reads_(pool), reads_(reads != nullptr ? reads : &own_reads_), auditing_(auditing) {}

  Added add(const PersonalToken& token, const TokenHash& hash, unsigned most, const MadeBy& login,
            const AuditEvent& event) override;
  std::optional<PersonalToken> find_by_hash(const TokenHash& hash) override;
  std::optional<PersonalToken> find_by_id(const SessionId& id) override;
  std::vector<PersonalToken> list(const PersonalTokenFilter& filter) override;
  bool note_use(const SessionId& id, util::TimePoint at) override;

  bool remove(std::int64_t user_id, const SessionId& id, const Withdrawal& how) override;
  std::size_t remove_all(std::int64_t user_id, const Withdrawal& how) override;
  std::uint64_t purge(util::TimePoint ended, unsigned batch) override;

 private:
  void withdraw(mysql::Transaction& transaction, std::int64_t user_id, const SessionId& id,
                const Withdrawal& how);

  mysql::Pool& pool_;
  mysql::StaleReads own_reads_;
  mysql::StaleReads* const reads_;
  const Auditing auditing_;
};

}  // namespace store
