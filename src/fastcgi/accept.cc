// Core: taking connections in. Rare beside requests (nginx keeps its connections), so a mutex will do.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "fastcgi/core.h"

namespace fastcgi {
namespace {

// Connections taken in at one go: the other workers on the same socket shall have their share.
constexpr unsigned accept_batch = 2;

timeval to_timeval(std::chrono::milliseconds duration) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {seconds.count(), std::chrono::duration_cast<std::chrono::microseconds>(duration - seconds).count()};
}

}  // namespace

void Core::on_connection() noexcept {
  std::array<Connection*, accept_batch> taken{};
  std::size_t count = 0;
  {
    const std::unique_lock lock(accept_mutex_, std::try_to_lock);
    // Else another thread is at it; the epoll tells again of what is left.
    if (lock) count = accept_some(taken);
    if (count != 0) requeue_at_socket();
  }
  // The first request came right behind its connection.
  for (Connection* connection : std::span(taken).first(count)) serve(*connection);
}

/// Under accept_mutex_. How many it took; they are the caller's.
std::size_t Core::accept_some(std::span<Connection*> taken) noexcept {
  std::size_t count = 0;
  while (count < taken.size() && listen_fd_ >= 0) {
    if (open_ >= options_.max_connections) {
      pause_accepting();
      break;
    }
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      if (Connection* const connection = adopt(fd)) taken[count++] = connection;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The connection stays in the queue and would wake us for ever.
      pause_accepting();
      break;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      break;
    }
  }
  return count;
}

/// The caller owns it. nullptr: there is no memory for it.
Connection* Core::adopt(int fd) noexcept try {
  // No read of ours waits; this is for the day on which libfcgi reads more than it was given.
  const timeval read_limit = to_timeval(options_.read_timeout);
  const timeval write_limit = to_timeval(options_.write_timeout);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &read_limit, sizeof read_limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &write_limit, sizeof write_limit);
  const int no_delay = 1;
  if (!unix_socket_) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);

  Connection& connection = take_slot();
  open_.fetch_add(1);
  connection.fd = fd;
  FCGX_InitRequest(&connection.request, -1, 0);
  // Into the epoll as its owner, so that an early event only leaves a note.
  connection.state.store(Connection::State::owned, std::memory_order_release);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = &connection;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {  // no event would ever come
    connection.fd = -1;
    connection.state.store(Connection::State::closed, std::memory_order_release);
    open_.fetch_sub(1);
    ::close(fd);
    const std::lock_guard lock(slots_mutex_);
    free_.push_back(&connection);
    return nullptr;
  }
  if (draining_) set_deadline(connection, options_.read_timeout);
  return &connection;
} catch (const std::bad_alloc&) {
  ::close(fd);
  return nullptr;
}

Connection& Core::take_slot() {
  const std::lock_guard lock(slots_mutex_);
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Connection>());
    try {
      free_.reserve(slots_.size());
    } catch (...) {
      slots_.pop_back();
      throw;
    }
    return *slots_.back();
  }
  Connection& connection = *free_.back();
  free_.pop_back();
  return connection;
}

/// Under accept_mutex_.
bool Core::wait_at_socket() noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.ptr = &listen_fd_;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listen_fd_, &event) == 0;
}

/// Under accept_mutex_. EPOLLEXCLUSIVE forbids EPOLL_CTL_MOD.
void Core::pause_accepting() noexcept {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listen_fd_, nullptr);
  paused_ = true;
  need_sweep();
}

void Core::resume_accepting() noexcept {
  const std::lock_guard lock(accept_mutex_);
  if (!paused_ || listen_fd_ < 0 || open_ >= options_.max_connections) return;
  paused_ = !wait_at_socket();
}

/// Under accept_mutex_. The kernel tells of a connection who stands first at the socket, and leaves him
/// there: while he has a thread to spare, one worker would take nearly all. Whoever took some goes to the end
/// of the line.
void Core::requeue_at_socket() noexcept {
  if (!options_.shared_socket || paused_ || listen_fd_ < 0) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listen_fd_, nullptr);
  if (wait_at_socket()) return;
  paused_ = true;
  need_sweep();
}

/// Nobody new from here on. Who is in the queue of a socket of our own is still taken: of a withdrawn
/// socket file for as long as the draining lasts (a connect may be under way), else once.
void Core::leave_socket() noexcept {
  if (socket_file_) {
    struct stat file {};
    const char* path = options_.withdraw_path.c_str();
    if (::stat(path, &file) == 0 && std::pair(file.st_dev, file.st_ino) == *socket_file_) ::unlink(path);
    return;
  }
  const std::lock_guard lock(accept_mutex_);
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listen_fd_, nullptr);
  // Of a shared one, too: those whose coming the kernel told this worker of, no other one looks for.
  std::array<Connection*, 1> taken{};
  while (accept_some(taken) > 0) let_go(*taken[0]);
  ::close(listen_fd_);
  listen_fd_ = -1;
}

}  // namespace fastcgi
