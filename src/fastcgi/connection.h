// One peer's connection: the slot that it lives in, who may touch it, and the reading of one request.
#pragma once

#include <fcgiapp.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "fastcgi/records.h"

namespace fastcgi {

/// A slot is used again for later connections and is freed only with the Core, so that an event which
/// a thread fetched just before another one closed the connection meets a live object.
struct Connection {
  /// Edge-triggered epoll tells any thread of new bytes, also while another one works on the
  /// connection: that thread leaves a note (`again`), and the owner looks once more before it lets go.
  /// Compared with EPOLLONESHOT this saves a system call a request.
  enum class State : std::uint8_t { closed, idle, owned, again };

  /// Makes the caller the owner. False: closed, or another thread's, which now knows of the event.
  bool acquire() noexcept;
  /// As acquire(), without leaving a note.
  bool try_acquire() noexcept;
  /// idle again. False: something happened meanwhile; still the owner.
  bool release() noexcept;
  /// idle again, and told anew by `epoll` if something is there to read.
  void offer(int epoll) noexcept;

  /// What one turn of a thread takes of a request that comes in pieces, or it would be the thread of a peer
  /// who never stops sending: about the longest body that nginx passes on.
  static constexpr std::size_t turn_bytes = 65536;

  enum class Read { nothing, more, request, refused, gone };
  /// Looks at what has arrived; on `request`, libfcgi has read it and `request` is ready to be answered; on
  /// `more`, others have their turn first. Never blocks. Owner only, as everything below.
  Read read_request(std::size_t max_body_bytes);
  /// The next bytes of the body, at most `size`; fewer: it has ended. They are gone from libfcgi's buffer
  /// then, since they may be a password.
  std::size_t take_body(char* to, std::size_t size) noexcept;
  /// Discards what was not read of the body and turns libfcgi's output to the peer.
  void begin_answer() noexcept;
  /// Sends what is left of the answer and its end; libfcgi's memory goes.
  struct Ended {
    bool sent;
    bool keep;  // the peer may send another request
  };
  Ended end_request() noexcept;
  /// Ends the request without an answer.
  void forget_request() noexcept;
  /// A request has begun and is not complete.
  bool half_sent() const noexcept { return gatherer != nullptr && !gatherer->empty(); }

  std::atomic<State> state{State::closed};
  // The owner before is on its way into the kernel with `fd`: nobody may close that meanwhile, or it would be
  // another connection's by then.
  std::atomic<bool> offering{false};
  /// The peer sends no more. The epoll tells of a request and of this at once, and only once: so whoever has
  /// answered the request looks again, instead of letting go.
  std::atomic<bool> ended{false};
  std::atomic<std::int64_t> deadline{0};  // steady milliseconds; 0: none
  int fd = -1;
  FCGX_Request request{};
  bool body_cut = false;               // the body was longer than what was kept
  std::unique_ptr<Gatherer> gatherer;  // while a request comes in pieces

 private:
  void await_offer() const noexcept;
  Read gather();
  Read decode(int from_fd) noexcept;
};

}  // namespace fastcgi
