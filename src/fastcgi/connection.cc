#include "fastcgi/connection.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "util/secret.h"

namespace fastcgi {
namespace {

// What one look at a connection sees. A token check's request has 0.8 to 2 KiB; libfcgi reads in 8 KiB.
constexpr std::size_t look_bytes = 16384;

struct Look {
  Connection::Read outcome;
  std::string_view bytes;
};

thread_local std::array<char, look_bytes> looked_at;

/// MSG_PEEK: the bytes stay where libfcgi will read them.
Look look(int fd) noexcept {
  const auto n = ::recv(fd, looked_at.data(), looked_at.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n > 0) return {Connection::Read::request, {looked_at.data(), static_cast<std::size_t>(n)}};
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {Connection::Read::nothing, {}};
  return {Connection::Read::gone, {}};
}

/// Takes bytes that were looked at, and forgets them: they may be of a body.
bool consume(int fd, std::size_t count) noexcept {
  const bool taken = ::recv(fd, looked_at.data(), count, MSG_DONTWAIT) == static_cast<ssize_t>(count);
  util::wipe(looked_at.data(), looked_at.size());
  return taken;
}

/// A file in memory with `text`, at its start; -1 when there is none to be had.
int memory_file(const std::string& text) noexcept {
  const int fd = ::memfd_create("request", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

bool Connection::acquire() noexcept {
  auto seen = state.load(std::memory_order_acquire);
  for (;;) {
    switch (seen) {
      case State::closed:
        return false;
      case State::idle:
        if (state.compare_exchange_weak(seen, State::owned, std::memory_order_acq_rel)) {
          await_offer();
          return true;
        }
        break;
      case State::owned:
      case State::again:
        if (state.compare_exchange_weak(seen, State::again, std::memory_order_acq_rel)) return false;
        break;
    }
  }
}

bool Connection::try_acquire() noexcept {
  auto expected = State::idle;
  if (!state.compare_exchange_strong(expected, State::owned, std::memory_order_acq_rel)) return false;
  await_offer();
  return true;
}

bool Connection::release() noexcept {
  auto expected = State::owned;
  if (!ended.load(std::memory_order_relaxed) &&
      state.compare_exchange_strong(expected, State::idle, std::memory_order_acq_rel)) {
    return true;
  }
  // A note that is wiped out here is one whose event the owner's next look must see: hence an exchange.
  state.exchange(State::owned, std::memory_order_acq_rel);
  return false;
}

/// First idle, then the epoll: whoever it wakes finds the connection free, and does not leave a note for
/// which it would have to be told once more.
void Connection::offer(int epoll) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  const int to_arm = fd;
  offering.store(true, std::memory_order_relaxed);
  state.store(State::idle, std::memory_order_release);
  ::epoll_ctl(epoll, EPOLL_CTL_MOD, to_arm, &event);
  offering.store(false, std::memory_order_release);
}

void Connection::await_offer() const noexcept {
  while (offering.load(std::memory_order_acquire)) std::this_thread::yield();
}

Connection::Read Connection::read_request(std::size_t max_body_bytes) {
  if (gatherer == nullptr) {
    const Look seen = look(fd);
    if (seen.outcome != Read::request) return seen.outcome;
    if (seen.bytes.size() < look_bytes && is_plain_request(seen.bytes)) {
      body_cut = false;
      // libfcgi reads what it finds: a next request that came in just now would be lost with it. nginx
      // sends none before the answer to this one, as FastCGI without multiplexing has it.
      const bool with_body = has_body(seen.bytes);
      const Read outcome = decode(fd);
      if (with_body) util::wipe(looked_at.data(), seen.bytes.size());
      return outcome;
    }
    gatherer = std::make_unique<Gatherer>(max_body_bytes);
  }
  return gather();
}

Connection::Read Connection::gather() {
  for (std::size_t turn = 0;;) {
    if (turn >= turn_bytes) return Read::more;
    const Look seen = look(fd);
    if (seen.outcome == Read::nothing && gatherer->empty()) gatherer.reset();
    if (seen.outcome != Read::request) return seen.outcome;
    const std::size_t taken = gatherer->take(seen.bytes);
    turn += taken;
    if (!consume(fd, taken)) return Read::gone;
    const std::string replies = gatherer->take_replies();
    if (!replies.empty() && ::send(fd, replies.data(), replies.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
                                static_cast<ssize_t>(replies.size())) {
      return Read::gone;
    }
    if (gatherer->status() == Gatherer::Status::refused) return Read::refused;
    if (gatherer->status() == Gatherer::Status::complete) break;
  }
  // More may have been looked at than this request: whoever lets go of the connection looks again.
  state.store(State::again, std::memory_order_release);
  std::string plain = gatherer->plain();
  const int file = memory_file(plain);
  util::wipe(plain.data(), plain.size());
  body_cut = gatherer->body_too_large();
  gatherer.reset();
  return file < 0 ? Read::gone : decode(file);
}

Connection::Read Connection::decode(int from_fd) noexcept {
  request.ipcFd = from_fd;
  // Two habits of libfcgi's error path: without keepConnection FCGX_Accept_r closes the descriptor
  // before it reads, and unless detached it waits up to two seconds for the peer when it closes.
  request.keepConnection = 1;
  request.detached = 1;
  if (FCGX_Accept_r(&request) == 0) return Read::request;
  if (request.ipcFd < 0 && from_fd == fd) fd = -1;  // closed by libfcgi
  request.ipcFd = -1;
  return Read::refused;
}

std::size_t Connection::take_body(char* to, std::size_t size) noexcept {
  FCGX_Stream* const in = request.in;
  std::size_t have = 0;
  while (have < size) {
    // No further than libfcgi's buffer reaches. Where it is used up, a byte has it filled anew.
    const auto there = std::max<std::ptrdiff_t>(in->stop - in->rdNext, 1);
    const auto want = static_cast<int>(std::min(static_cast<std::size_t>(there), size - have));
    const int got = FCGX_GetStr(to + have, want, in);
    if (got > 0) util::wipe(in->rdNext - got, static_cast<std::size_t>(got));
    have += static_cast<std::size_t>(got);
    if (got < want) break;
  }
  return have;
}

void Connection::begin_answer() noexcept {
  // What stayed unread would be taken for the next request's first record. It is all here: no wait.
  std::array<char, 4096> sink;
  while (FCGX_GetStr(sink.data(), sink.size(), request.in) == static_cast<int>(sink.size())) {
  }
  if (request.ipcFd == fd) return;
  ::close(request.ipcFd);
  request.ipcFd = fd;
}

Connection::Ended Connection::end_request() noexcept {
  // FCGX_Finish_r would close and wait; this does the rest of it. stderr first: then both streams end
  // in one write.
  bool good = FCGX_FClose(request.err) == 0;
  good = FCGX_FClose(request.out) == 0 && good;
  const bool keep = good && FCGX_GetError(request.in) == 0 && request.keepConnection != 0;
  FCGX_Free(&request, 0);
  request.ipcFd = -1;
  return {good, keep};
}

void Connection::forget_request() noexcept {
  if (request.ipcFd >= 0 && request.ipcFd != fd) ::close(request.ipcFd);
  FCGX_Free(&request, 0);
  request.ipcFd = -1;
}

}  // namespace fastcgi
