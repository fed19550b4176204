// The connections of a Pool: which are idle, how many there are, whether the server is away. Inside
// the room only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mysql/connection.h"
#include "util/guarded.h"

namespace mysql {

class Connections {
 public:
  explicit Connections(Options options);
  ~Connections();

  /// A connection that answered lately. Throws util::Outage: at once while the server is away, else
  /// when none came free for acquire_timeout, or too few for longer.
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  /// A connection of this generation turned out to be dead. Those of the same generation that are idle
  /// are most likely dead too and are closed; those in use are closed when they come back.
  void lost(unsigned generation) noexcept;
  /// The same, and its server is of no use: the next one's turn.
  void leave(unsigned generation) noexcept;
  bool has_others() const noexcept { return addresses_.size() > 1; }
  /// A connection in use was closed.
  void closed() noexcept;

  const Options& options() const noexcept { return options_; }
  void count_statement() noexcept { statements_.fetch_add(1, std::memory_order_relaxed); }
  void count_failure() noexcept { failures_.fetch_add(1, std::memory_order_relaxed); }
  Pool::Use use() const;
  std::uint64_t statements() const noexcept { return statements_.load(std::memory_order_relaxed); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct State {
    std::vector<std::unique_ptr<Connection>> idle;  // the last one was used last
    unsigned open = 0;                              // idle and lent
    unsigned waiting = 0;                           // callers of take()
    unsigned generation = 0;                        // those of one generation are of one server
    std::size_t next = 0;                           // the address that is tried, …
    std::size_t tried = 0;                          // … after so many in vain
    std::optional<std::size_t> used;                // that the connections are of
    std::uint64_t failovers = 0;
    Time last_came{};  // when one became idle
    bool down = false;
    std::string reason;              // of being down
    Time next_attempt{};             // not before, after a failed connect
    std::optional<Time> connecting;  // since when, one address after the other
    bool stop = false;
  };

  std::unique_ptr<Connection> take_any();
  std::string hopeless(const State& state) const;
  void open_on_demand();
  void open_one(util::Guarded<State>::Access& state);
  [[nodiscard]] std::vector<std::unique_ptr<Connection>> opened(State& state, std::size_t index,
                                                                std::unique_ptr<Connection>& connection);
  /// Why a connect failed.
  enum class Cause { server, limit, memory };
  void failed(State& state, std::size_t index, std::string reason, Cause cause);
  [[nodiscard]] std::vector<std::unique_ptr<Connection>> begin_generation(State& state) noexcept;

  const Options options_;
  const std::vector<Address> addresses_;
  sql::Driver& driver_;
  util::Guarded<State> state_;
  std::condition_variable came_;    // for take(): a connection, or the news that there is none
  std::condition_variable wanted_;  // for the opening thread
  std::atomic<std::uint64_t> statements_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::thread opener_;
};

}  // namespace mysql
