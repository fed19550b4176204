// One connection of the driver's, its prepared statements, and the rules of what may be sent again.
// Inside the room only: this is where Connector/C++ shows.
#pragma once

#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mysql/pool.h"
#include "mysql/retries.h"

namespace mysql {

/// Keeps the driver's connection alive as long as anybody holds a statement of it.
struct Prepared {
  std::shared_ptr<sql::Connection> connection;
  std::unique_ptr<sql::PreparedStatement> statement;
};

struct Opened {
  std::shared_ptr<sql::Connection> connection;
  bool clustered = false;  // a node of a Galera cluster
};
/// Connects and sets the session up; throws sql::SQLException, also where the server is of no use: a node
/// outside of its cluster (1047), or, with `must_write`, a server that is read-only (1290).
Opened connect(sql::Driver& driver, const Options& options, const Address& address, bool must_write);

/// When a statement whose connection turns out to be dead may go out again on a new one.
enum class Replay {
  reads,   // always: it reads, or it is a BEGIN
  writes,  // only when the server cannot have received it
  never    // COMMIT and ROLLBACK
};

class Connection {
 public:
  /// `generation`: of Connections, when this one was opened.
  Connection(Connections& home, Opened opened, unsigned generation);

  struct Attempt {
    std::string_view sql;
    Replay replay;
    bool tells_lock_wait = false;  // by LockWait, in place of another try
    std::chrono::steady_clock::time_point began{};
    Retries retries{};
    bool replayed = false;
    bool prepared_anew = false;
  };
  /// Runs `work`, which sends `attempt.sql`, and turns the driver's exceptions into ours.
  template <typename Work>
  auto run(Attempt attempt, Work&& work) {
    for (;;) {
      begin(attempt);
      try {
        auto result = work();
        served_ = true;
        return result;
      } catch (const sql::SQLException& error) {
        recover(error, attempt);
      } catch (...) {
        broken_ = true;
        throw;
      }
    }
  }

  /// Prepares `sql` when this connection has not yet, or when the one that it has is in use.
  std::shared_ptr<Prepared> prepare(std::string_view sql);
  /// One statement in the text protocol.
  void run_text(const std::string& sql, Replay replay);

  void lend() noexcept;
  void rest() noexcept { idle_since_ = std::chrono::steady_clock::now(); }
  std::chrono::steady_clock::duration idle_for() const noexcept {
    return std::chrono::steady_clock::now() - idle_since_;
  }
  bool answers_ping() noexcept;

  void set_in_transaction(bool on) noexcept { in_transaction_ = on; }
  bool broken() const noexcept { return broken_; }
  /// Closed already, and no longer counted by Connections.
  bool hollow() const noexcept { return driver_ == nullptr; }
  unsigned generation() const noexcept { return generation_; }
  void set_generation(unsigned generation) noexcept { generation_ = generation; }
  bool clustered() const noexcept { return clustered_; }

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void begin(Attempt& attempt);
  /// Whether `attempt` goes out again, over a connection that has taken the place of the one that is lost.
  bool resend(Attempt& attempt, bool unsent);
  /// Returns when `attempt` is to be made again; throws what the caller gets otherwise.
  void recover(const sql::SQLException& error, Attempt& attempt);
  bool may_replay(bool unsent, const Attempt& attempt) const noexcept;
  void close() noexcept;
  void become(Connection& other) noexcept;

  Connections& home_;
  std::shared_ptr<sql::Connection> driver_;
  std::unique_ptr<sql::Statement> text_;
  std::unordered_map<std::string, std::shared_ptr<Prepared>, TextHash, std::equal_to<>> prepared_;
  unsigned generation_;
  bool clustered_;
  std::chrono::steady_clock::time_point idle_since_;
  bool served_ = false;  // a statement of this lease succeeded
  bool in_transaction_ = false;
  bool broken_ = false;
};

}  // namespace mysql
