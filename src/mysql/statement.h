// A prepared statement with typed binding and typed reading. Times are UTC DATETIME(6).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "util/clock.h"
#include "util/error.h"

namespace mysql {

/// Unique-key violation (1062). `key` is the violated index's name, without the table's.
struct DuplicateKey : std::runtime_error {
  explicit DuplicateKey(std::string key_name)
      : std::runtime_error("duplicate key"), key(std::move(key_name)) {}
  std::string key;
};
/// 1213, 1205: the transaction was rolled back by the server and may be run again. Does not leave
/// mysql/: transact() handles it, and a statement outside of a transaction is sent again by itself.
struct Conflict : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The connection was lost, or the node turned out to be of no use, before the COMMIT: what the transaction
/// did is rolled back. transact() runs it again.
struct Undone : util::Outage {
  using util::Outage::Outage;
};
/// 1205 of a statement that was not to wait again. To those who do not ask for it it is an Outage.
struct LockWait : util::Outage {
  using util::Outage::Outage;
};
/// 1146: for those who ask whether a table is there. To all others it is an Outage.
struct NoSuchTable : util::Outage {
  using util::Outage::Outage;
};

/// 1451: a foreign key of another table refers to the row. To those who do not ask for it it is an Outage.
struct ReferredTo : util::Outage {
  using util::Outage::Outage;
};

class Connection;

/// The rows of one query, all of them in memory; must not outlive the lease or transaction that it
/// came from.
class Rows {
 public:
  Rows(Rows&&) noexcept;
  ~Rows();
  bool next();
  /// Columns count from 1. NULL reads as 0, as the empty text, as 1970.
  bool is_null(unsigned column) const;
  std::int64_t integer(unsigned column) const;  // above INT64_MAX (BIGINT UNSIGNED): throws util::Outage
  bool boolean(unsigned column) const { return integer(column) != 0; }
  std::string text(unsigned column) const;
  util::TimePoint time(unsigned column) const;
  /// nullopt for NULL and for MySQL's '0000-00-00'.
  std::optional<util::TimePoint> optional_time(unsigned column) const;

 private:
  friend class Statement;
  struct Impl;
  explicit Rows(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// Binds in order: lease.prepare("…WHERE id=? AND name=?").bind(id).bind(name).query(). Can be run
/// again; what was bound stays until the next bind() after a run, which starts from the first one.
class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(bool value) { return bind(static_cast<std::int64_t>(value)); }
  /// Any bytes; a column takes what its character set allows.
  Statement& bind(std::string_view value);
  Statement& bind(const char* value) { return bind(std::string_view(value)); }
  /// Clamped to what DATETIME holds, the years 1000 to 9999.
  Statement& bind(util::TimePoint value);
  Statement& bind(std::optional<util::TimePoint> value);
  Statement& bind_null();

  /// For what reads, also for what locks while it reads: it may be sent twice when the connection was
  /// found dead. What writes goes through execute().
  Rows query();
  /// Rows affected (matched, not changed: CLIENT_FOUND_ROWS).
  std::uint64_t execute();
  /// The same outside of a transaction, with LockWait in place of a second wait for the same lock.
  std::uint64_t execute_or_lock_wait();
  /// Of this connection's last INSERT; one more round trip.
  std::int64_t last_insert_id() const;

 private:
  friend class Lease;
  struct Impl;
  explicit Statement(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mysql
