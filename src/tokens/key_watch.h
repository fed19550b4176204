// The thread that looks at the directory of keys.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tokens/key_ring.h"

namespace tokens {

class KeyWatch {
 public:
  /// A look costs one stat(2). Four in a second, so that a change is everywhere within one.
  explicit KeyWatch(const KeyRing& ring, std::chrono::milliseconds interval = std::chrono::milliseconds(250))
      : ring_(ring), interval_(interval) {}

  void start();
  void stop();

 private:
  void run(const std::stop_token& stop);

  const KeyRing& ring_;
  const std::chrono::milliseconds interval_;
  std::mutex waking_;
  std::condition_variable_any wake_;
  std::jthread watcher_;  // last: joined before the rest goes
};

}  // namespace tokens
