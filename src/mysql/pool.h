// Connections to MySQL/MariaDB, a bounded number of them, over Connector/C++. Every failure of the
// server or of the way to it is util::Outage; what a statement's caller can act on (a duplicate key, a
// deadlock to retry) is a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "mysql/statement.h"
#include "util/secret.h"

namespace mysql {

struct Options {
  std::string socket;  // path; when empty, host and port
  std::string host;
  unsigned port = 3306;
  std::string user;
  util::Secret password;
  std::string database;
  std::string tls_ca;  // file; when set, the server's certificate is verified and TLS is enforced
  unsigned pool_size = 8;
  std::chrono::seconds connect_timeout{2};
  std::chrono::seconds read_timeout{10};
  std::chrono::seconds write_timeout{10};
  std::chrono::milliseconds acquire_timeout{100};  // wait for a free connection
};

class Connection;
class Pool;

/// A connection lent for a scope. Returned on destruction; a connection that saw an error is dropped.
class Lease {
 public:
  Lease(Lease&&) noexcept;
  ~Lease();
  /// Prepared once a connection and kept with it; `sql` must be a literal.
  Statement prepare(const char* sql);

 private:
  friend class Pool;
  friend class Transaction;
  Lease(Pool& pool, std::unique_ptr<Connection> connection) noexcept;
  Pool* pool_;
  std::unique_ptr<Connection> connection_;
};

/// Thread-safe. While the server is away, acquire() fails at once for a short spell after a failed
/// connect instead of waiting for each connect timeout (a circuit breaker), so that 503 is quick.
class Pool {
 public:
  explicit Pool(Options options);
  ~Pool();
  Lease acquire();  // throws util::Outage
  /// One round trip on a pooled connection; what /readyz asks. Throws util::Outage.
  void ping();
  /// Statements sent since start; tests prove with it that a request runs no SQL.
  std::uint64_t statements_sent() const noexcept;

 private:
  friend class Lease;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// BEGIN … COMMIT as statements (the driver's own commit() swallows errors). Destroyed without
/// commit() = ROLLBACK.
class Transaction {
 public:
  explicit Transaction(Pool& pool);
  ~Transaction();
  Statement prepare(const char* sql);
  /// Returns only when the server said that it is committed; throws util::Outage otherwise.
  void commit();

 private:
  Lease lease_;
  bool open_ = false;
};

/// Runs `work` in a fresh Transaction; begins anew on deadlock and lock wait (1213, 1205, also at
/// COMMIT), at most three times. `work` commits itself as its last line.
void transact(Pool& pool, const std::function<void(Transaction&)>& work);

}  // namespace mysql
