// The front: listening socket, epoll, connections, and libfcgi for the records of one request at a
// time. libfcgi never sees a listening socket, so an idle keep-alive connection costs no thread, and
// a request can be answered by another thread than the one that read it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace fastcgi {

/// One request that was read and is not answered yet. Owns its connection until then; may be moved to
/// another thread. Destroyed unanswered, it closes the connection.
class Call {
 public:
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// The parameter's value, or an empty view when absent; valid while the Call lives.
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
  /// Reads the body up to `limit` bytes. False: it is longer (the rest is discarded), or the peer
  /// went away; then `truncated` says which.
  struct Body {
    std::string bytes;
    bool too_large = false;
    bool broken = false;
  };
  Body read_body(std::size_t limit);

  /// Writes the CGI answer and ends the request; the connection goes back to the listener, which waits
  /// for the next request on it. Returns false when the peer was gone.
  bool answer(std::string_view cgi_response) noexcept;

  /// When the request's first byte was seen.
  std::chrono::steady_clock::time_point began() const noexcept;

 private:
  friend class Listener;
  struct Impl;
  explicit Call(std::unique_ptr<Impl> impl) noexcept;
  char** params() const noexcept;
  std::unique_ptr<Impl> impl_;
};

struct Options {
  int listen_fd = -1;        // bound and listening; owned by the Listener
  unsigned threads = 4;      // that read requests and answer the token lane
  std::chrono::seconds read_timeout{10};
  std::chrono::seconds write_timeout{10};
  unsigned max_connections = 4096;
};

/// Opens a unix socket (mode as given, an orphaned socket file is replaced, one in use is an error) or
/// `tcp:127.0.0.1:9000`. Throws std::runtime_error with the reason.
int open_socket(const std::string& address, unsigned mode, int backlog = 4096);

class Listener {
 public:
  /// Called on one of the listener's threads; must not throw.
  using Handler = std::function<void(std::unique_ptr<Call>)>;

  Listener(const Options& options, Handler handler);
  ~Listener();

  void start();
  /// Stops accepting and closes idle connections; requests under way go on. Any thread.
  void stop_accepting() noexcept;
  /// Waits until every Call is answered, at most `grace`; then joins the threads. True: all answered.
  bool drain(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fastcgi
