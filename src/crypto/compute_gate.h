// Who may compute a password hash now. Hashing is work that fills a core, so at most `permits` threads do
// it at once; the others wait here, first come, first served.
//
// PBKDF2-HMAC-SHA256 is gathered: a permit's holder advances several waiting passwords together where that
// is faster (crypto/pbkdf2.h), half a millisecond at a time. Between two slices finished ones leave, waiting
// ones join, and what another core could do sooner goes back to the queue. A lone login starts at once, on
// its own thread. No threads are started: a caller computes until its own key is done and then hands the
// rest to another caller.
//
// So that there is something to gather, more threads must call than there are permits: useful_callers().
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/pbkdf2.h"
#include "util/guarded.h"

namespace crypto {

class ComputeGate {
 public:
  /// 0 permits: one for each processor. The plan must outlive the gate; null: this machine's.
  explicit ComputeGate(unsigned permits = 0, const Pbkdf2Plan* plan = nullptr);
  ~ComputeGate();

  unsigned permits() const noexcept { return permits_; }
  /// With how many threads calling at once the processors are used best.
  std::size_t useful_callers() const;

  /// For metrics: lanes / slices is how many passwords a core had in hand on average.
  struct Load {
    unsigned computing = 0;    // permits in use
    std::size_t waiting = 0;   // calls that wait for one
    std::uint64_t slices = 0;  // of PBKDF2, since the start
    std::uint64_t lanes = 0;   // passwords advanced in them
  };
  Load load() const;

  /// Calls `work` under a permit. Must not be nested.
  template <typename Work>
  auto run(Work&& work) {
    const Permit permit(*this);
    return work();
  }

  /// Takes its permits itself; waits until the key is there. `iterations` ≥ 1.
  Sha256 pbkdf2_sha256(std::string_view password, std::string_view salt, unsigned iterations);

 private:
  struct Caller;
  using Callers = std::list<Caller*>;
  struct State {
    unsigned running = 0;
    unsigned lone = 0;  // running PBKDF2 groups of one
    std::uint64_t slices = 0;
    std::uint64_t lanes = 0;
    Callers waiting;
  };
  using Access = util::Guarded<State>::Access;

  class Permit {
   public:
    explicit Permit(ComputeGate& gate) : gate_(gate) { gate_.enter(); }
    ~Permit() { gate_.leave(); }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    ComputeGate& gate_;
  };

  const Pbkdf2Plan& plan() const { return plan_ != nullptr ? *plan_ : Pbkdf2Plan::of_this_machine(); }
  void enter();
  void leave() noexcept;
  bool start_or_wait(Access& state, Caller& caller);
  void pass_permit_on(Access& state) noexcept;
  void grant_idle_permits(Access& state) noexcept;
  void lead(Access& state, Caller& leader) noexcept;
  const Pbkdf2Plan::Step& gather(Access& state, Callers& group) noexcept;

  unsigned permits_;
  const Pbkdf2Plan* plan_;
  util::Guarded<State> state_;
};

}  // namespace crypto
