#include "crypto/compute_gate.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <thread>

namespace crypto {

/// One waiting or computing call; lives on its thread's stack. Everything in it belongs to the gate's lock,
/// except the lane while a leader advances it.
struct ComputeGate::Caller {
  enum class Stage { waiting, leading, done };

  explicit Caller(Pbkdf2Lane* work) : lane(work) {}

  Pbkdf2Lane* lane;  // null: computes alone, whatever it computes
  Stage stage = Stage::waiting;
  std::condition_variable changed;
  Callers self{this};  // the list node that travels, so that queueing allocates nothing
  Callers group;       // what a leader is handed, itself included
};

namespace {

unsigned processors() {
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? count : 1;
}

}  // namespace

ComputeGate::ComputeGate(unsigned permits, const Pbkdf2Plan* plan)
    : permits_(permits > 0 ? permits : processors()), plan_(plan) {}
ComputeGate::~ComputeGate() = default;

std::size_t ComputeGate::useful_callers() const {
  return permits_ * plan().width();
}

ComputeGate::Load ComputeGate::load() const {
  Access state = state_.lock();
  return {state->running, state->waiting.size(), state->slices, state->lanes};
}

Sha256 ComputeGate::pbkdf2_sha256(std::string_view password, std::string_view salt, unsigned iterations) {
  Pbkdf2Lane lane(password, salt, iterations);
  if (lane.remaining > 0) {
    plan();  // measured on first use, without the lock
    Caller caller(&lane);
    Access state = state_.lock();
    if (start_or_wait(state, caller)) lead(state, caller);
  }
  return lane.result();
}

void ComputeGate::enter() {
  Caller caller(nullptr);
  Access state = state_.lock();
  start_or_wait(state, caller);
}

void ComputeGate::leave() noexcept {
  Access state = state_.lock();
  pass_permit_on(state);
}

/// True when the caller has a permit now; false when another has done its work.
bool ComputeGate::start_or_wait(Access& state, Caller& caller) {
  if (state->running < permits_) {  // then nobody waits
    ++state->running;
    caller.group.splice(caller.group.end(), caller.self);
    return true;
  }
  state->waiting.splice(state->waiting.end(), caller.self);
  caller.changed.wait(state.held(), [&] { return caller.stage != Caller::Stage::waiting; });
  return caller.stage == Caller::Stage::leading;
}

/// Gives the permit that the calling thread holds to whoever waits longest.
void ComputeGate::pass_permit_on(Access& state) noexcept {
  if (state->waiting.empty()) {
    --state->running;
    return;
  }
  Caller& next = *state->waiting.front();
  next.group.splice(next.group.end(), state->waiting, state->waiting.begin());
  next.stage = Caller::Stage::leading;
  next.changed.notify_one();  // under the lock: the caller may be gone right after it
}

void ComputeGate::grant_idle_permits(Access& state) noexcept {
  while (state->running < permits_ && !state->waiting.empty()) {
    ++state->running;
    pass_permit_on(state);
  }
}

/// Decides who is in the group for the next slice. The leader, at its front, always stays.
const Pbkdf2Plan::Step& ComputeGate::gather(Access& state, Callers& group) noexcept {
  // Whoever came before a call that computes alone may join; nobody overtakes it.
  const auto last = std::find_if(state->waiting.begin(), state->waiting.end(),
                                 [](const Caller* caller) { return caller->lane == nullptr; });
  const auto ready = static_cast<std::size_t>(std::distance(state->waiting.begin(), last));
  const std::size_t idle = permits_ - state->running;
  // An idle core takes its share of what is at hand.
  std::size_t at_hand = (group.size() + ready + idle) / (1 + idle);
  // A wide group leaves one password to each core that works on a single one: two cost those little more.
  const std::size_t elsewhere = std::min<std::size_t>(state->lone, ready);
  if (at_hand > elsewhere && plan().step(at_hand - elsewhere).lanes > 2) at_hand -= elsewhere;

  const Pbkdf2Plan::Step& step = plan().step(at_hand);
  while (group.size() < step.lanes) {  // at most `ready` of them
    group.splice(group.end(), state->waiting, state->waiting.begin());
  }
  while (group.size() > step.lanes) {
    state->waiting.splice(state->waiting.begin(), group, std::prev(group.end()));
  }
  grant_idle_permits(state);
  return step;
}

/// Advances the leader's group until the leader's own lane is done. Called and left with the lock held.
void ComputeGate::lead(Access& state, Caller& leader) noexcept {
  Callers& group = leader.group;
  while (leader.lane->remaining > 0) {
    const Pbkdf2Plan::Step& step = gather(state, group);
    std::array<Pbkdf2Lane*, Pbkdf2Plan::widest> lanes;
    std::size_t count = 0;
    unsigned iterations = step.iterations;
    for (const Caller* caller : group) {
      lanes[count++] = caller->lane;
      iterations = std::min(iterations, caller->lane->remaining);
    }
    ++state->slices;
    state->lanes += count;
    const bool alone = count == 1;
    if (alone) ++state->lone;
    state.held().unlock();
    step.advance({lanes.data(), count}, iterations);
    state.held().lock();
    if (alone) --state->lone;

    for (auto at = group.begin(); at != group.end();) {
      Caller& caller = **at;
      if (caller.lane->remaining > 0) {
        ++at;
        continue;
      }
      at = group.erase(at);
      if (&caller == &leader) continue;
      caller.stage = Caller::Stage::done;
      caller.changed.notify_one();
    }
  }
  if (group.empty()) {
    pass_permit_on(state);
    return;
  }
  Caller& successor = *group.front();
  successor.group.splice(successor.group.end(), group);
  successor.stage = Caller::Stage::leading;
  successor.changed.notify_one();
}

}  // namespace crypto
