#include "mysql/connections.h"

#include <cppconn/driver.h>
#include <mysql_driver.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "mysql/failure.h"
#include "util/error.h"
#include "util/log.h"

namespace mysql {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kProbeInterval(200);
/// So many times as long as it waits for the first one, a caller waits while others get theirs.
constexpr int kBusyWaits = 10;
/// A connection that rested longer is pinged before it is lent: 4 µs over a unix socket.
constexpr milliseconds kTrustIdle(1000);

/// The client library keeps state for each thread that uses it.
struct ThreadOfDriver {
  explicit ThreadOfDriver(sql::Driver& used) : driver(used) { driver.threadInit(); }
  ~ThreadOfDriver() { driver.threadEnd(); }
  sql::Driver& driver;
};

void enter_driver(sql::Driver& driver) {
  thread_local const ThreadOfDriver guard(driver);
}

/// The driver's own way to its single instance is not safe in threads.
sql::Driver& driver_instance() {
  static sql::Driver& driver = *sql::mysql::get_driver_instance();
  return driver;
}

/// A thread that takes no signals: they belong to the program's one place for them.
template <typename Work>
std::thread quiet_thread(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

Connections::Connections(Options options)
    : options_(std::move(options)),
      addresses_(options_.hosts.empty() ? std::vector<Address>{options_} : options_.hosts),
      driver_(driver_instance()) {
  state_.lock()->idle.reserve(options_.pool_size);
  opener_ = quiet_thread([this] { open_on_demand(); });
}

Connections::~Connections() {
  {
    auto state = state_.lock();
    state->stop = true;
  }
  wanted_.notify_all();
  opener_.join();
}

std::unique_ptr<Connection> Connections::take() {
  enter_driver(driver_);
  for (;;) {
    auto connection = take_any();
    if (connection->idle_for() < kTrustIdle || connection->answers_ping()) {
      connection->lend();
      return connection;
    }
    lost(connection->generation());  // so the next one is newer than this, and the loop ends
    connection.reset();
    closed();
  }
}

/// Why no connection can be had within a time worth waiting for; empty when one may come.
std::string Connections::hopeless(const State& state) const {
  if (state.down) return state.reason;
  // An address that swallows packets: the connect is under way for longer than a caller would wait.
  if (state.open == 0 && state.connecting && Clock::now() - *state.connecting >= options_.acquire_timeout) {
    return "database at " + text(addresses_[state.next]) + ": no answer to connect";
  }
  return {};
}

/// Connections that come and go are busy, and one's turn comes; those of a server that hangs do not.
std::unique_ptr<Connection> Connections::take_any() {
  const auto began = Clock::now();
  auto state = state_.lock();
  while (state->idle.empty()) {
    const auto deadline = std::min(std::max(began, state->last_came) + options_.acquire_timeout,
                                   began + kBusyWaits * options_.acquire_timeout);
    std::string reason = hopeless(*state);
    if (reason.empty() && Clock::now() >= deadline) {
      reason = "database at " + text(addresses_[state->next]) + ": no connection of " +
               std::to_string(options_.pool_size) + " became free within " +
               std::to_string(std::chrono::floor<milliseconds>(deadline - began).count()) + " ms";
    }
    if (!reason.empty()) {
      count_failure();
      throw util::Outage(reason);
    }
    ++state->waiting;
    wanted_.notify_one();
    came_.wait_until(state.held(), deadline);
    --state->waiting;
  }
  auto connection = std::move(state->idle.back());
  state->idle.pop_back();
  return connection;
}

void Connections::give_back(std::unique_ptr<Connection> connection) noexcept {
  if (connection->hollow()) return;
  connection->rest();
  {
    auto state = state_.lock();
    if (!connection->broken() && connection->generation() == state->generation) {
      state->last_came = Clock::now();
      state->idle.push_back(std::move(connection));  // room was reserved for all
    }
  }
  if (connection != nullptr) {
    connection.reset();
    closed();
  } else {
    came_.notify_one();
  }
}

Pool::Use Connections::use() const {
  auto state = state_.lock();
  return {.open = state->open,
          .idle = static_cast<unsigned>(state->idle.size()),
          .waiting = state->waiting,
          .size = options_.pool_size,
          .down = state->down,
          .address = text(addresses_[state->used.value_or(state->next)]),
          .failovers = state->failovers,
          .statements = statements(),
          .failures = failures_.load(std::memory_order_relaxed)};
}

/// What is idle is the caller's to close, when it has let go of the state.
std::vector<std::unique_ptr<Connection>> Connections::begin_generation(State& state) noexcept {
  ++state.generation;
  std::vector<std::unique_ptr<Connection>> old;
  old.swap(state.idle);
  state.idle.reserve(options_.pool_size);
  state.open -= static_cast<unsigned>(old.size());
  return old;
}

void Connections::leave(unsigned generation) noexcept {
  std::vector<std::unique_ptr<Connection>> left;
  auto state = state_.lock();
  if (generation != state->generation) return;
  left = begin_generation(*state);
  state->next = (state->used.value_or(state->next) + 1) % addresses_.size();
  state->tried = 0;
  state->connecting.reset();  // what is under way says nothing about the next one
}

void Connections::lost(unsigned generation) noexcept {
  std::vector<std::unique_ptr<Connection>> dead;
  {
    auto state = state_.lock();
    if (generation != state->generation) return;  // somebody else has seen it before
    dead = begin_generation(*state);
  }
}

void Connections::closed() noexcept {
  {
    auto state = state_.lock();
    --state->open;
  }
  wanted_.notify_one();
}

void Connections::open_on_demand() {
  enter_driver(driver_);
  auto state = state_.lock();
  while (!state->stop) {
    const bool room = state->open < options_.pool_size;
    const bool demand = state->down || state->tried > 0 || state->waiting > state->idle.size();
    if (!room || !demand) {
      wanted_.wait(state.held());
    } else if (Clock::now() < state->next_attempt) {
      wanted_.wait_until(state.held(), state->next_attempt);
    } else {
      open_one(state);
    }
  }
}

void Connections::open_one(util::Guarded<State>::Access& state) {
  if (!state->connecting) state->connecting = Clock::now();
  const unsigned generation = state->generation;
  const std::size_t index = state->next;
  const Address& address = addresses_[index];
  state.held().unlock();

  std::unique_ptr<Connection> connection;
  std::string reason;
  auto cause = Cause::server;
  try {
    auto made = connect(driver_, options_, address, has_others() && !options_.replica);
    connection = std::make_unique<Connection>(*this, std::move(made), generation);
  } catch (const std::bad_alloc&) {
    reason = "database at " + text(address) + ": out of memory";
    cause = Cause::memory;
  } catch (const sql::SQLException& error) {
    reason = describe_connect(error, text(address));
    if (is_connection_limit(error.getErrorCode())) cause = Cause::limit;
  }

  state.held().lock();
  if (connection != nullptr) {
    auto of_no_use = opened(*state, index, connection);
    if (connection == nullptr && of_no_use.empty()) return;
    state.held().unlock();  // to close one is to write to its server
    connection.reset();
    of_no_use.clear();
    state.held().lock();
  } else {
    failed(*state, index, std::move(reason), cause);
  }
}

/// What is the caller's to close: it leaves `connection` where its server was left meanwhile.
std::vector<std::unique_ptr<Connection>> Connections::opened(State& state, std::size_t index,
                                                             std::unique_ptr<Connection>& connection) {
  std::vector<std::unique_ptr<Connection>> old;
  state.connecting.reset();
  if (index != state.next) return old;
  state.tried = 0;
  const bool moved = state.used && *state.used != index;
  if (moved) {
    ++state.failovers;
    old = begin_generation(state);
    connection->set_generation(state.generation);
  }
  state.used = index;
  ++state.open;
  state.last_came = Clock::now();
  state.idle.push_back(std::move(connection));
  if (std::exchange(state.down, false)) {
    util::log::info("database at " + text(addresses_[index]) + " answers again");
  } else if (moved) {
    util::log::info("the database is used at " + text(addresses_[index]) + " from now on");
  }
  came_.notify_one();
  return old;
}

void Connections::failed(State& state, std::size_t index, std::string reason, Cause cause) {
  count_failure();
  // The others go on, and who waits may still get one of them; want of our own memory is no server's failure.
  if (cause == Cause::memory || (cause == Cause::limit && state.open > 0)) {
    state.connecting.reset();
    state.next_attempt = Clock::now() + kProbeInterval;
    return;
  }
  if (index != state.next) {  // it was left meanwhile
    state.connecting.reset();
    return;
  }
  if (!state.down) util::log::warning(reason);
  state.next = (index + 1) % addresses_.size();
  if (++state.tried < addresses_.size()) return;
  state.connecting.reset();
  state.tried = 0;
  state.next_attempt = Clock::now() + kProbeInterval;
  state.down = true;
  state.reason = std::move(reason);
  came_.notify_all();
}

}  // namespace mysql
