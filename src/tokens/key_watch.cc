#include "tokens/key_watch.h"

#include <exception>
#include <stop_token>
#include <string>

#include "util/log.h"

namespace tokens {

void KeyWatch::start() {
  watcher_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void KeyWatch::stop() {
  watcher_ = {};
}

void KeyWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(waking_);
  while (!wake_.wait_for(lock, stop, interval_, [&] { return stop.stop_requested(); })) {
    try {
      ring_.look_again();
    } catch (const std::exception& error) {  // whatever it is: let out of a thread, it ends the process
      util::log::failure(util::log::Level::error, "the keys cannot be looked at: ", error.what());
    }
  }
}

}  // namespace tokens
