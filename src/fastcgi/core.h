// The inside of the Listener: what its threads share.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "fastcgi/connection.h"
#include "fastcgi/listener.h"
#include "util/pulse.h"

namespace fastcgi {

/// Held by the Listener and by every Call (so that a Call may be answered late); goes with the last.
class Core {
 public:
  Core(Options options, Listener::Handler handler);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void start();
  void stop_accepting() noexcept;
  bool drain(std::chrono::milliseconds grace);
  Listener::Counters counters() const noexcept;
  bool alive(std::chrono::milliseconds patience) noexcept;

  /// A Call gives its connection back, `keep`: fit for another request.
  void finish(Connection& connection, bool keep) noexcept;
  void drop() noexcept;

 private:
  ~Core();
  using Holders = std::size_t;
  std::size_t calls() const noexcept { return holders_.load() - 1; }

  void run(util::Pulse& pulse);
  void add_to_epoll(int fd, std::uint32_t events, void* what);
  void on_readable(Connection& connection) noexcept;
  void serve(Connection& connection) noexcept;
  bool dispatch(Connection& connection) noexcept;
  void note_half_sent(Connection& connection, bool had_begun) noexcept;
  void let_go(Connection& connection) noexcept;
  void close_connection(Connection& connection, bool refused) noexcept;
  void say_goodbye(Connection& connection) noexcept;
  void say_missed_goodbyes() noexcept;
  void set_deadline(Connection& connection, std::chrono::milliseconds from_now) noexcept;
  void sweep() noexcept;
  void need_sweep() noexcept;
  std::vector<Connection*> all_connections() const;

  void on_connection() noexcept;
  std::size_t accept_some(std::span<Connection*> taken) noexcept;
  Connection* adopt(int fd) noexcept;
  Connection& take_slot();
  bool wait_at_socket() noexcept;
  void requeue_at_socket() noexcept;
  void pause_accepting() noexcept;
  void resume_accepting() noexcept;
  void leave_socket() noexcept;

  const Options options_;
  const Listener::Handler handler_;
  const bool unix_socket_;
  std::optional<std::pair<dev_t, ino_t>> socket_file_;  // what withdraw_path was at the start
  int epoll_ = -1;
  int wake_ = -1;   // eventfd: readable for good once stopping_
  int timer_ = -1;  // runs only while something has a deadline
  int poke_ = -1;   // eventfd of alive()
  std::vector<std::thread> threads_;
  std::deque<util::Pulse> pulses_;  // of these

  std::atomic<std::size_t> holders_{1};
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> refused_{0};
  std::atomic<bool> draining_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> sweep_due_{false};
  std::atomic<bool> sign_of_life_{true};

  mutable std::mutex slots_mutex_;  // guards the two below
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<Connection*> free_;

  std::mutex accept_mutex_;          // guards listen_fd_ and its place in the epoll
  int listen_fd_ = -1;               // -1: accepting is over
  std::atomic<bool> paused_{false};  // out of the epoll for want of descriptors or places
};

}  // namespace fastcgi
