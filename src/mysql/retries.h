// How often, and how long, what the server rolled back is run again. Inside the room only.
#pragma once

#include <chrono>

namespace mysql {

class Retries {
 public:
  /// False: it was tried often, or long, enough. Else a moment has passed, so that two that met do not meet
  /// again at once.
  bool again(std::chrono::nanoseconds at_most);

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  unsigned tried_ = 1;
};

}  // namespace mysql
