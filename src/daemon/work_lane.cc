#include "daemon/work_lane.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace jwtauthd {

WorkLane::WorkLane(std::string name, std::size_t threads, std::size_t capacity, std::size_t at_once,
                   Work work)
    : name_(std::move(name)), capacity_(capacity), at_once_(at_once), work_(std::move(work)) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, &pulse = pulses_.emplace_back()] { run(pulse); });
  }
}

WorkLane::~WorkLane() {
  stop();
}

bool WorkLane::submit(std::unique_ptr<ReceivedRequest>& request) {
  {
    auto state = state_.lock();
    if (state->stopping || state->waiting.size() >= capacity_) return false;
    state->waiting.push_back(std::move(request));
  }
  arrived_.notify_one();
  return true;
}

bool WorkLane::alive(std::chrono::milliseconds patience) noexcept {
  bool busy = false;
  for (const util::Pulse& pulse : pulses_) {
    if (pulse.stuck(patience)) return false;
    busy = busy || pulse.busy();
  }
  auto state = state_.lock();
  const bool nobody_came = !busy && !state->waiting.empty() && state->turns_seen == state->turns + 1;
  state->turns_seen = state->waiting.empty() ? 0 : state->turns + 1;
  return !nobody_came;
}

void WorkLane::stop() {
  state_.lock()->stopping = true;
  arrived_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkLane::run(util::Pulse& pulse) {
  pthread_setname_np(pthread_self(), name_.c_str());
  std::vector<std::unique_ptr<ReceivedRequest>> taken;
  taken.reserve(at_once_);  // later there may be no memory for it
  for (;;) {
    {
      auto state = state_.lock();
      arrived_.wait(state.held(), [&] { return state->stopping || !state->waiting.empty(); });
      if (state->waiting.empty()) return;
      ++state->turns;
      const auto end =
          state->waiting.begin() + static_cast<std::ptrdiff_t>(std::min(at_once_, state->waiting.size()));
      std::move(state->waiting.begin(), end, std::back_inserter(taken));
      state->waiting.erase(state->waiting.begin(), end);
    }
    pulse.begin();
    work_(taken);
    taken.clear();
    pulse.end();
  }
}

}  // namespace jwtauthd
