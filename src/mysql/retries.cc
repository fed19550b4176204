#include "mysql/retries.h"

#include <random>
#include <thread>

namespace mysql {
namespace {

constexpr unsigned kTries = 5;
/// The longest pause after the first try; it doubles. A transaction of ours takes a millisecond or two.
constexpr int kFirstPause = 2;

/// Keeps apart; predictable is good enough.
std::chrono::microseconds pause_after(unsigned tries) {
  thread_local std::minstd_rand dice(static_cast<unsigned>(
      std::chrono::steady_clock::now().time_since_epoch().count() ^
      static_cast<std::int64_t>(std::hash<std::thread::id>()(std::this_thread::get_id()))));
  std::uniform_int_distribution<int> length(0, (kFirstPause * 1000) << (tries - 1));
  return std::chrono::microseconds(length(dice));
}

}  // namespace

bool Retries::again(std::chrono::nanoseconds at_most) {
  if (tried_ >= kTries || std::chrono::steady_clock::now() - began_ >= at_most) return false;
  std::this_thread::sleep_for(pause_after(tried_));
  ++tried_;
  return true;
}

}  // namespace mysql
