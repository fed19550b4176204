// Calls to answers: reads a request, lets it run on its lane, writes the answer and the access line.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "api/app.h"
#include "daemon/work_lane.h"
#include "fastcgi/listener.h"
#include "metrics/cells.h"
#include "util/guarded.h"
#include "util/random.h"

namespace jwtauthd {

struct ServerOptions {
  fastcgi::Options listener;
  std::size_t max_body_bytes = 65536;
  std::size_t database_threads = 8;
  std::size_t database_queue = 1024;
  /// Each waits for the disk with what it took, meanwhile the next one gathers. Measured with 16 clients:
  /// fewer cost less of the processor and leave it idle, more share less.
  std::size_t refresh_threads = 4;
  std::size_t refresh_queue = 1024;
  std::size_t password_threads = 2;
  std::size_t password_queue = 64;
  bool access_log = true;
};

class Server {
 public:
  Server(const ServerOptions& options, std::shared_ptr<api::App> app, util::Random& random);

  void start() { listener_.start(); }
  /// No new requests; those under way are answered, for at most `grace`. True: all of them.
  bool stop(std::chrono::milliseconds grace);
  /// From here on requests are `app`'s; those that were read before are answered by the one that had them,
  /// which is returned and is free when nobody else holds it.
  std::shared_ptr<api::App> serve(std::shared_ptr<api::App> app);
  /// For a watchdog, at its intervals: false when a thread hangs, one that reads requests for longer than
  /// write_timeout and half a minute, one of a lane for longer than `patience`.
  bool alive(std::chrono::milliseconds patience) noexcept;

  /// For metrics.
  struct Load {
    fastcgi::Listener::Counters listener;
    std::size_t database_waiting = 0;
    std::size_t refresh_waiting = 0;
    std::size_t password_waiting = 0;
  };
  Load load() const;

 private:
  void receive(std::unique_ptr<fastcgi::Call> call) noexcept;
  void work(std::unique_ptr<ReceivedRequest> request, api::Lane lane) noexcept;
  void work_together(WorkLane::Requests requests) noexcept;
  void work_together(api::App& app, WorkLane::Requests requests);
  struct CountedLane {
    WorkLane& lane;
    metrics::Count full;
  };
  CountedLane lane_of(api::Lane lane) noexcept;
  void hand_over(std::unique_ptr<ReceivedRequest> request, api::Lane lane);
  void reply(ReceivedRequest& received, const http::Response& response);

  const std::size_t max_body_bytes_;
  const bool access_log_;
  const std::chrono::milliseconds reading_patience_;
  util::Guarded<std::shared_ptr<api::App>> app_;
  util::Random& random_;
  WorkLane database_;
  WorkLane refresh_;
  WorkLane password_;
  fastcgi::Listener listener_;
};

}  // namespace jwtauthd
