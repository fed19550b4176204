// One worker process: the threads that take requests, and the application that answers them, which a reload
// puts another one in the place of.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"
#include "daemon/application.h"
#include "daemon/server.h"
#include "daemon/vitals.h"
#include "util/guarded.h"
#include "util/random.h"

namespace jwtauthd {

class Worker {
 public:
  /// Opens keys, lists and the listening socket; throws as Application does. `file` is where the
  /// configuration came from, and where a reload finds it.
  Worker(std::string file, config::Config configuration);
  ~Worker();

  /// Requests are taken when they can be served, and systemd is told so then. Where that takes long, they are
  /// taken all the same, to be answered 503 at once, and what is missing is in systemd's status.
  void start();
  /// No new requests; those under way are answered, for at most server.shutdown_grace. True: all were.
  bool stop();
  /// Asks for a reload, which happens on a thread of its own: the configuration and all files that it names
  /// are read again, and when what they make is ready to serve, the next request is its. Else nothing
  /// changes. The log tells.
  void reload();
  /// For the watchdog, at its intervals: no thread that takes or answers requests hangs.
  bool alive() noexcept;

 private:
  using Missing = std::vector<std::string>;

  std::shared_ptr<Application> make(config::Config configuration);
  std::shared_ptr<Application> current() const { return *application_.lock(); }
  void run(const std::stop_token& stop);
  void open();
  bool end(std::chrono::milliseconds grace);
  void tell_whether_ready();
  Missing wait_for(Application& next, const std::stop_token& stop);
  void take_order(const std::stop_token& stop);
  void replace(const std::stop_token& stop);
  void rest(const std::stop_token& stop);

  const std::string file_;
  std::optional<metrics::Scoreboard> scoreboard_;
  util::SystemRandom random_;
  util::Guarded<std::shared_ptr<Application>> application_;
  Server server_;
  Vitals vitals_;

  std::mutex waking_;
  std::condition_variable_any wake_;
  bool ordered_ = false;  // under waking_

  std::mutex opening_;
  bool open_ = false;      // under opening_
  bool stopping_ = false;  // under opening_

  // Of the changer alone.
  bool ready_ = false;
  std::string told_;
  std::chrono::steady_clock::time_point started_;
  std::vector<std::shared_ptr<Application>> replaced_;  // and still answering

  // Last: joined before the rest goes.
  std::jthread opener_;
  std::jthread changer_;
};

}  // namespace jwtauthd
