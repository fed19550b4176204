// The front: listening socket, epoll, connections, and libfcgi for the records of one request at a
// time. libfcgi never sees a listening socket, so an idle keep-alive connection costs no thread, and
// a request can be answered by another thread than the one that read it. A half-sent request costs no
// thread either: libfcgi is given a request when all of it is there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace fastcgi {

class Core;
struct Connection;  // connection.h

/// One request that was read and is not answered yet. Owns its connection until then; may be moved to
/// another thread. Destroyed unanswered, it closes the connection. May outlive the Listener.
class Call {
 public:
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// The parameter's value, or an empty view when absent; valid until answer().
  std::string_view param(std::string_view name) const noexcept;
  /// Calls visit(name, value) for every parameter: one pass, for callers that want several.
  template <typename Visit>
  void each_param(Visit&& visit) const {
    for (char** p = params(); *p != nullptr; ++p) {
      const std::string_view pair(*p);
      const auto eq = pair.find('=');
      if (eq != std::string_view::npos) visit(pair.substr(0, eq), pair.substr(eq + 1));
    }
  }
  /// Reads the body up to `limit` bytes; never waits, because all of it has arrived.
  struct Body {
    std::string bytes;
    bool too_large = false;  // it is longer; the rest is discarded
    bool broken = false;     // the peer went away meanwhile
  };
  Body read_body(std::size_t limit);

  /// Writes the CGI answer and ends the request; the connection goes back to the listener, which waits
  /// for the next request on it. Returns false when the peer was gone. Once; parameters end with it.
  bool answer(std::string_view cgi_response) noexcept;

  /// When the listener turned to the request (for one that came in pieces: to its last piece).
  std::chrono::steady_clock::time_point began() const noexcept { return began_; }

 private:
  friend class Core;
  Call(Core& core, Connection& connection) noexcept;
  char** params() const noexcept;

  Core& core_;
  Connection* connection_;  // nullptr: answered
  std::chrono::steady_clock::time_point began_;
};

struct Options {
  int listen_fd = -1;  // bound and listening; owned by the Listener
  /// Others (systemd, other workers) hold the same socket: connections are shared with them, and whoever
  /// comes after accepting stopped is theirs.
  bool shared_socket = false;
  std::string withdraw_path;                       // socket file to remove when accepting stops; empty: none
  unsigned threads = 4;                            // that read requests and answer the token lane
  std::chrono::milliseconds read_timeout{10'000};  // for a whole request, from its first byte
  std::chrono::milliseconds write_timeout{10'000};
  unsigned max_connections = 4096;
  std::size_t max_body_bytes = 131072;  // kept of a body; read_body() says too_large beyond it
};

/// Opens a unix socket (mode as given, an orphaned socket file is replaced, one in use is an error) or
/// `tcp:127.0.0.1:9000`. Throws std::runtime_error with the reason.
int open_socket(const std::string& address, unsigned mode, int backlog = 4096);

class Listener {
 public:
  /// Called on one of the listener's threads; must not throw. What it does delays the other requests
  /// of that thread: hand over whatever waits.
  using Handler = std::function<void(std::unique_ptr<Call>)>;

  /// SIGPIPE is ignored in this process from here on.
  Listener(Options options, Handler handler);
  /// As drain(0) would.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();
  /// Stops accepting and bids idle connections goodbye; requests under way, half-sent ones among them,
  /// and those that cross the goodbye on the wire, are answered. Any thread; again is harmless.
  void stop_accepting() noexcept;
  /// Waits until every Call is answered and every peer has gone (or had a second to; read_timeout when
  /// it is in the middle of a request), at most `grace`; then joins the threads. True: all answered.
  bool drain(std::chrono::milliseconds grace);

  struct Counters {
    std::size_t connections = 0;  // open now
    std::size_t calls = 0;        // read and not answered yet
    std::size_t refused = 0;      // connections closed for a broken or late request, since start
    bool accepting = false;
  };
  Counters counters() const noexcept;
  /// For a watchdog, at its intervals: false when since the last call no thread has come round to look
  /// at anything new, so that none would at a request either, or when one is at the same thing for longer
  /// than `patience`.
  bool alive(std::chrono::milliseconds patience) noexcept;

 private:
  struct Release {
    void operator()(Core* core) const noexcept;
  };
  std::unique_ptr<Core, Release> core_;
};

}  // namespace fastcgi
