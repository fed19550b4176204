// SessionStore over MySQL/MariaDB.
#pragma once

#include "mysql/pool.h"
#include "mysql/stale_reads.h"
#include "store/session_store.h"

namespace store {

class MysqlSessionStore final : public SessionStore {
 public:
  /// `reads`: for list(), which may be some seconds old.
  explicit MysqlSessionStore(mysql::Pool& pool, Auditing auditing = Auditing::on,
                             mysql::StaleReads* reads = nullptr)
      : pool_(pool), own_reads_(pool), reads_(reads != nullptr ? reads : &own_reads_), auditing_(auditing) {}

  Created create(const Session& session, const Grounds& grounds) override;
  bool rotate(const Rotation& rotation) override;
  std::vector<bool> rotate_all(std::span<const Rotation> rotations) override;
  bool rotate_without_waiting(const Rotation& rotation) override;
  std::optional<Session> find(const SessionId& id) override;
  std::vector<SessionPlace> places_of(std::string_view username) override;
  std::vector<Session> list(const SessionFilter& filter, util::TimePoint now) override;
  std::uint64_t count(std::int64_t user_id, const std::optional<SessionId>& except,
                      util::TimePoint now) override;

  std::vector<SessionId> revoke(std::int64_t user_id, const SessionId& id, const Ending& ending) override;
  bool revoke_or_bar(const Session& session, const Ending& ending) override;
  std::vector<SessionId> revoke_all(std::int64_t user_id, const std::optional<SessionId>& except,
                                    const Ending& ending) override;
  std::vector<SessionId> revoke_beyond(std::int64_t user_id, unsigned keep, const Ending& ending) override;
  std::optional<std::vector<SessionId>> change_password(std::int64_t user_id, std::string_view encoded,
                                                        std::optional<std::string_view> expected_old,
                                                        const std::optional<SessionId>& except,
                                                        const Ending& ending) override;
  bool deactivate(std::int64_t user_id, const Ending& ending) override;
  Deleted delete_user(std::int64_t user_id, const Ending& ending) override;

  std::uint64_t purge(util::TimePoint ended, unsigned batch) override;

 private:
  void look_again(std::int64_t user_id, const std::optional<SessionId>& except, const Ending& ending,
                  std::vector<SessionId>& ended);

  mysql::Pool& pool_;
  mysql::StaleReads own_reads_;
  mysql::StaleReads* const reads_;
  const Auditing auditing_;
};

}  // namespace store
