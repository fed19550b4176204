// The tables of simplejwt's token_blacklist app, shared with Django: every refresh token that was handed
// out, and those of them that are no longer good. Rows are what Django writes, token text included.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "mysql/pool.h"
#include "util/clock.h"

namespace store {

/// One row of token_blacklist_outstandingtoken.
struct OutstandingToken {
  std::string_view token;
  std::string_view jti;  // at most 255 characters; unique, by the column's collation
  std::optional<util::TimePoint> created_at;
  util::TimePoint expires_at;
  std::int64_t user_id = 0;  // NULL is stored when there is no such user
};

enum class Blacklisting {
  done,
  before_us,  // it was blacklisted already, or by another at this moment
};

struct Flushed {
  std::uint64_t tokens = 0;  // as many as the batch: there may be more
  std::int64_t last_id = 0;  // where the next batch begins
};

/// A write has been committed when its call returns. Throws util::Outage when the database cannot be
/// asked, mysql::NoSuchTable among it.
class BlacklistStore {
 public:
  virtual ~BlacklistStore() = default;

  /// False: Django's app is not installed in this database.
  virtual bool tables_exist() = 0;
  /// Whether both are there for the user that we are to the database: where he was granted tables one by
  /// one, a table that is not there is refused to him like one that is not his.
  virtual bool may_be_asked() = 0;
  virtual bool is_blacklisted(std::string_view jti) = 0;
  /// Does nothing when its jti is there already.
  virtual void record(const OutstandingToken& token) = 0;
  /// Blacklists `token`, recording it when it was not, and records `successor` (may be nullptr), in one
  /// transaction. Of any number of calls at once for one token, exactly one is `done`.
  virtual Blacklisting blacklist(const OutstandingToken& token, util::TimePoint when,
                                 const OutstandingToken* successor) = 0;
  /// Deletes up to `batch` tokens that ended by `ended`, with their places in the blacklist, in order of
  /// id behind `after_id`: Django's table has no index on the time, so a batch never looks twice at a row.
  virtual Flushed flush_expired(util::TimePoint ended, std::int64_t after_id, unsigned batch) = 0;
};

class MysqlBlacklistStore final : public BlacklistStore {
 public:
  explicit MysqlBlacklistStore(mysql::Pool& pool) : pool_(pool) {}

  bool tables_exist() override;
  bool may_be_asked() override;
  bool is_blacklisted(std::string_view jti) override;
  void record(const OutstandingToken& token) override;
  Blacklisting blacklist(const OutstandingToken& token, util::TimePoint when,
                         const OutstandingToken* successor) override;
  Flushed flush_expired(util::TimePoint ended, std::int64_t after_id, unsigned batch) override;

 private:
  mysql::Pool& pool_;
};

}  // namespace store
