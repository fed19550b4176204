// A prepared statement with typed binding and typed reading. Times are UTC DATETIME(6).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "util/clock.h"

namespace mysql {

/// Unique-key violation (1062). `key` is the violated index's name as the server tells it.
struct DuplicateKey : std::runtime_error {
  explicit DuplicateKey(std::string key_name) : std::runtime_error("duplicate key"), key(std::move(key_name)) {}
  std::string key;
};
/// 1213, 1205: the transaction was rolled back by the server and may be run again. Does not leave
/// mysql/: transact() handles it.
struct Conflict : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The rows of one query; must not outlive the lease or transaction that it came from.
class Rows {
 public:
  Rows(Rows&&) noexcept;
  ~Rows();
  bool next();
  /// Columns count from 1.
  bool is_null(unsigned column) const;
  std::int64_t integer(unsigned column) const;
  bool boolean(unsigned column) const { return integer(column) != 0; }
  std::string text(unsigned column) const;
  util::TimePoint time(unsigned column) const;
  std::optional<util::TimePoint> optional_time(unsigned column) const;

 private:
  friend class Statement;
  struct Impl;
  explicit Rows(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// Binds in order: lease.prepare("…WHERE id=? AND name=?").bind(id).bind(name).query().
class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(bool value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(std::string_view value);
  Statement& bind(const char* value) { return bind(std::string_view(value)); }
  Statement& bind(util::TimePoint value);
  Statement& bind(std::optional<util::TimePoint> value);
  Statement& bind_null();

  Rows query();
  /// Rows affected (matched, not changed: CLIENT_FOUND_ROWS).
  std::uint64_t execute();
  std::int64_t last_insert_id() const;

 private:
  friend class Lease;
  friend class Transaction;
  struct Impl;
  explicit Statement(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mysql
