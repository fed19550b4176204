// Connections to MySQL/MariaDB, a bounded number of them, over Connector/C++. Every failure of the
// server or of the way to it is util::Outage; what a statement's caller can act on (a duplicate key, a
// deadlock to retry) is a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mysql/statement.h"
#include "util/secret.h"

namespace mysql {

/// Where a server listens.
struct Address {
  std::string socket;  // path; when empty, host and port
  std::string host;
  unsigned port = 3306;
};
/// Socket path or host:port, for messages.
std::string text(const Address& address);

struct Options : Address {
  /// Servers with the same data, tried in this order, in place of the one above when there are any.
  std::vector<Address> hosts;
  /// For reads that may be old: a server may be read-only, and no read waits for the nodes of a cluster.
  bool replica = false;
  std::string user;
  util::Secret password;
  std::string database;
  std::string tls_ca;  // file; when set, the server's certificate is verified and TLS is enforced
  unsigned pool_size = 8;
  std::chrono::seconds connect_timeout{2};
  std::chrono::seconds read_timeout{10};
  std::chrono::seconds write_timeout{10};
  std::chrono::milliseconds acquire_timeout{
      100};  // so long none comes free; while some do, ten times as long
};

class Connection;
class Connections;
class Pool;
class Transaction;

/// A connection lent for a scope. Returned on destruction; one that saw an error other than
/// DuplicateKey, Conflict, LockWait, NoSuchTable or ReferredTo is dropped. Each statement is a transaction of
/// its own. When the connection turns out to be dead at the first statement, that one is sent again on a new
/// connection, provided that the server cannot have run it or that it only reads.
class Lease {
 public:
  Lease(Lease&&) noexcept;
  ~Lease();
  /// Prepared once a connection and kept with it; `sql` must outlive the Statement.
  Statement prepare(const char* sql);
  /// One statement as text, for DDL: MySQL does not prepare all of that.
  void run(const std::string& sql);
  /// The server is a node of a Galera cluster: locks hold on that node alone.
  bool clustered() const noexcept;

 private:
  friend class Pool;
  friend class Transaction;
  Lease(Connections& home, std::unique_ptr<Connection> connection) noexcept;
  Connections* home_;
  std::unique_ptr<Connection> connection_;
};

/// Thread-safe. Connections are opened by a thread of the pool's own, on demand, so that no caller ever
/// waits for a connect timeout. While the server is away acquire() fails at once, and that thread
/// tries again every 200 ms (a circuit breaker). Leases must be gone before the pool is.
///
/// Of several servers one is used, the first that can be: until it cannot be reached any more, or answers
/// that it is not ready (Galera, 1047), lost its peers during a COMMIT (1180), or is read-only (1290, 1836).
/// The connections to it are dropped then, and the next in order is tried, round after round, 200 ms apart;
/// the one that failed has its turn when all others failed. What works is kept: a new Pool begins at the
/// first again.
class Pool {
 public:
  explicit Pool(Options options);
  ~Pool();
  Lease acquire();  // throws util::Outage
  /// One round trip on a pooled connection; what /readyz asks. Throws util::Outage.
  void ping();
  /// Statements sent since start, BEGIN and COMMIT among them; preparing, session setup and liveness
  /// pings are not counted. Tests prove with it that a request runs no SQL.
  std::uint64_t statements_sent() const noexcept;

  /// For metrics.
  struct Use {
    unsigned open = 0;  // connections, lent ones and idle ones
    unsigned idle = 0;
    unsigned waiting = 0;         // callers of acquire()
    unsigned size = 0;            // pool_size
    bool down = false;            // no server can be reached
    std::string address;          // that new connections go to
    std::uint64_t failovers = 0;  // times that another of several servers was taken
    std::uint64_t statements = 0;
    std::uint64_t failures = 0;  // each util::Outage that a caller or the opening thread met
  };
  Use use() const;

 private:
  friend class Lease;
  friend void transact(Pool& pool, const std::function<void(Transaction&)>& work);
  std::unique_ptr<Connections> connections_;
};

/// BEGIN … COMMIT as statements (the driver's own commit() swallows errors), READ COMMITTED. Destroyed
/// without commit() = ROLLBACK. No statement but the BEGIN is ever sent twice.
class Transaction {
 public:
  explicit Transaction(Pool& pool);
  ~Transaction();
  Statement prepare(const char* sql);
  /// Returns only when the server said that it is committed; throws util::Outage otherwise, and then it
  /// may have been committed or not.
  void commit();
  bool clustered() const noexcept { return lease_.clustered(); }

 private:
  Lease lease_;
  bool open_ = false;
};

/// Runs `work` in a fresh Transaction, and all of it again where the server has certainly rolled back: on a
/// deadlock or a failed certification (1213, also at COMMIT), a lock wait (1205), a node that is not ready or
/// read-only (1047, 1290, 1836), a connection lost before the COMMIT. At most five times in all, none of
/// which begins later than the read timeout, then throws util::Outage. What was lost with the COMMIT, or
/// failed there for want of a quorum (1180), may have been committed and is not run again. `work` commits
/// itself as its last line.
void transact(Pool& pool, const std::function<void(Transaction&)>& work);

}  // namespace mysql
