// Threads of their own for requests that may wait: for the database, or for their turn at hashing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "daemon/received_request.h"
#include "util/guarded.h"
#include "util/pulse.h"

namespace jwtauthd {

class WorkLane {
 public:
  using Requests = std::span<std::unique_ptr<ReceivedRequest>>;
  using Work = std::function<void(Requests)>;

  /// `work` gets what is waiting, `at_once` requests at most, and never waits for more to come. It must not
  /// throw. `name` shows in ps and gdb (15 characters).
  WorkLane(std::string name, std::size_t threads, std::size_t capacity, std::size_t at_once, Work work);
  /// As stop().
  ~WorkLane();

  /// False when `capacity` requests are waiting already: the caller still has the request, to refuse it.
  bool submit(std::unique_ptr<ReceivedRequest>& request);
  /// For a watchdog, at its intervals: false when a thread is at the same requests for longer than
  /// `patience`, or when requests wait for idle threads as they did at the last call.
  bool alive(std::chrono::milliseconds patience) noexcept;
  /// How many wait now.
  std::size_t waiting() const { return state_.lock()->waiting.size(); }
  /// Works off what is waiting and joins the threads.
  void stop();

 private:
  struct State {
    std::deque<std::unique_ptr<ReceivedRequest>> waiting;
    std::uint64_t turns = 0;
    std::uint64_t turns_seen = 0;  // by alive() while requests waited, and one more; 0: none did
    bool stopping = false;
  };
  void run(util::Pulse& pulse);

  const std::string name_;
  const std::size_t capacity_;
  const std::size_t at_once_;
  const Work work_;
  util::Guarded<State> state_;
  std::condition_variable arrived_;
  std::deque<util::Pulse> pulses_;
  std::vector<std::thread> threads_;
};

}  // namespace jwtauthd
