// The allocator of the program, with failures on demand: malloc and its kin are replaced for everybody who
// calls them, our libraries included.
#pragma once

#include <cstddef>

namespace failing_malloc {

enum class Failing {
  one,         // the n-th allocation
  all_behind,  // it, and every later one until disarm()
};

/// For the allocations of this thread from now on, counted from 1.
void arm(std::size_t nth, Failing failing) noexcept;
/// How many allocations failed since arm().
std::size_t disarm() noexcept;

/// The same for all threads but the caller's; what libfcgi allocates is spared, since it aborts the process
/// where there is no memory.
void arm_others(std::size_t nth, Failing failing) noexcept;
std::size_t disarm_others() noexcept;

/// Bytes that are allocated now.
std::size_t held() noexcept;

}  // namespace failing_malloc
