#include "fastcgi/core.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace fastcgi {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds sweep_interval{100};
// How long a peer has to close a connection after our goodbye. nginx does it in under a millisecond.
constexpr milliseconds linger{1000};
constexpr milliseconds drain_interval{2};
// Ready connections that a thread fetches at once.
constexpr int event_batch = 8;
// Requests of one connection that a thread answers before it looks at others.
constexpr int requests_in_a_row = 8;

std::int64_t steady_ms() noexcept {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool is_unix_socket(int fd) noexcept {
  sockaddr address{};
  socklen_t size = sizeof address;
  return ::getsockname(fd, &address, &size) == 0 && address.sa_family == AF_UNIX;
}

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

/// What a thread is looking at; a Call that is answered meanwhile, on the same thread, gives it back right
/// here.
struct Serving {
  Connection* connection = nullptr;
  bool given_back = false;
};
thread_local Serving serving;

/// FCGX_Init takes SIGTERM, SIGUSR1 and SIGPIPE for itself; only its other half is wanted.
void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction term {};
    struct sigaction usr1 {};
    ::sigaction(SIGTERM, nullptr, &term);
    ::sigaction(SIGUSR1, nullptr, &usr1);
    FCGX_Init();
    ::sigaction(SIGTERM, &term, nullptr);
    ::sigaction(SIGUSR1, &usr1, nullptr);
    // libfcgi write()s: a peer that is gone must be an error, not a signal.
    ::signal(SIGPIPE, SIG_IGN);
  });
}

}  // namespace

Core::Core(Options options, Listener::Handler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      unix_socket_(is_unix_socket(options_.listen_fd)),
      listen_fd_(options_.listen_fd) {
  start_library();
  struct stat file {};
  if (!options_.withdraw_path.empty() && ::stat(options_.withdraw_path.c_str(), &file) == 0) {
    socket_file_.emplace(file.st_dev, file.st_ino);
  }
  // systemd hands sockets over blocking. Two workers may be told of one connection: the later must not
  // wait in accept4 for another one.
  checked(::fcntl(listen_fd_, F_SETFL, ::fcntl(listen_fd_, F_GETFL) | O_NONBLOCK), "the listening socket");
  epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  wake_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  timer_ = checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
  poke_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  add_to_epoll(wake_, EPOLLIN, &wake_);
  add_to_epoll(poke_, EPOLLIN | EPOLLET, &poke_);
  add_to_epoll(timer_, EPOLLIN | EPOLLET, &timer_);
}

Core::~Core() {
  for (const int fd : {listen_fd_, timer_, wake_, poke_, epoll_}) {
    if (fd >= 0) ::close(fd);
  }
  // Of a Call that was answered while drain() gave up on it.
  for (const auto& slot : slots_) {
    if (slot->fd >= 0) ::close(slot->fd);
  }
}

void Core::drop() noexcept {
  if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void Core::add_to_epoll(int fd, std::uint32_t events, void* what) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = what;
  checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void Core::start() {
  // Signals are the main thread's business.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  for (unsigned i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, &pulse = pulses_.emplace_back()] { run(pulse); });
    pthread_setname_np(threads_.back().native_handle(), ("listener-" + std::to_string(i)).c_str());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  add_to_epoll(listen_fd_, EPOLLIN | EPOLLEXCLUSIVE, &listen_fd_);
}

void Core::run(util::Pulse& pulse) {
  std::array<epoll_event, event_batch> events;
  while (!stopping_.load(std::memory_order_acquire)) {
    const int count = ::epoll_wait(epoll_, events.data(), event_batch, -1);
    pulse.begin();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      void* what = event.data.ptr;
      if (what == &listen_fd_) {
        on_connection();
      } else if (what == &timer_) {
        sweep();
      } else if (what == &poke_) {
        sign_of_life_ = true;
      } else if (what != &wake_) {
        on_readable(*static_cast<Connection*>(what), (event.events & (EPOLLRDHUP | EPOLLHUP)) != 0);
      }
    }
    pulse.end();
  }
}

void Core::on_readable(Connection& connection, bool ended) noexcept {
  if (ended) connection.ended = true;
  if (connection.acquire()) serve(connection);
}

/// Owner. A thread that has answered looks itself whether more has come: to have the epoll tell again would
/// wake another one, which leaves a note, for which the epoll must tell again, and so on.
void Core::serve(Connection& connection) noexcept {
  const Serving outer = std::exchange(serving, {&connection, false});
  bool mine = true;
  for (int requests = 0; mine && requests < requests_in_a_row; ++requests) {
    mine = dispatch(connection) || std::exchange(serving.given_back, false);
    if (!mine) break;
    if (draining_) say_goodbye(connection);
    mine = !connection.release();
  }
  serving = outer;
  if (mine) connection.offer(epoll_);
}

/// Owner. True: nothing to do for now, still the owner.
bool Core::dispatch(Connection& connection) noexcept try {
  const bool had_begun = connection.half_sent();
  // Taken before the look: what is told after it stays for the next one. The load spares the usual request
  // the exchange.
  const bool told = connection.ended.load() && connection.ended.exchange(false);
  const auto seen = connection.read_request(options_.max_body_bytes);
  // The end may be behind what was read. Where there is nothing, it was of the one before on this slot.
  if (told && seen != Connection::Read::nothing) connection.ended = true;
  switch (seen) {
    case Connection::Read::nothing:
      note_half_sent(connection, had_begun);
      return true;
    case Connection::Read::more:
      note_half_sent(connection, had_begun);
      if (draining_) say_goodbye(connection);
      connection.offer(epoll_);
      return false;
    case Connection::Read::request: {
      connection.deadline = 0;
      std::unique_ptr<Call> call(new (std::nothrow) Call(*this, connection));
      if (call == nullptr) {
        connection.forget_request();
        close_connection(connection, true);
        return false;
      }
      holders_.fetch_add(1, std::memory_order_relaxed);
      handler_(std::move(call));
      return false;
    }
    case Connection::Read::refused:
      close_connection(connection, true);
      return false;
    case Connection::Read::gone:
      close_connection(connection, false);
      return false;
  }
  return false;
} catch (const std::bad_alloc&) {
  close_connection(connection, true);
  return false;
}

void Core::note_half_sent(Connection& connection, bool had_begun) noexcept {
  if (!connection.half_sent()) {
    connection.deadline = 0;
  } else if (!had_begun) {
    connection.deadline = 0;  // of a goodbye that the request crossed
    set_deadline(connection, options_.read_timeout);
  }
}

void Core::finish(Connection& connection, bool keep) noexcept {
  if (keep && !stopping_ && serving.connection == &connection) {
    serving.given_back = true;
  } else if (keep && !stopping_) {
    if (draining_) say_goodbye(connection);
    if (!connection.release()) serve(connection);
  } else {
    close_connection(connection, false);
  }
  drop();
}

/// Owner, on any thread; what came meanwhile is shown to the listener's threads once more.
void Core::let_go(Connection& connection) noexcept {
  if (connection.release()) return;
  if (draining_) say_goodbye(connection);
  connection.offer(epoll_);
}

void Core::close_connection(Connection& connection, bool refused) noexcept {
  if (refused) refused_.fetch_add(1, std::memory_order_relaxed);
  if (connection.fd >= 0) {
    // Another thread in epoll_wait may hold the file for a look (newer kernels do), and lets go of it when it
    // comes out: at the next event, whenever that is. The peer shall know at once.
    ::shutdown(connection.fd, SHUT_RDWR);
    ::close(connection.fd);
  }
  connection.fd = -1;
  connection.gatherer.reset();
  connection.deadline = 0;
  connection.state.store(Connection::State::closed, std::memory_order_release);
  {
    const std::lock_guard lock(slots_mutex_);
    free_.push_back(&connection);  // has room: reserved with the slot
  }
  open_.fetch_sub(1);
  if (paused_) resume_accepting();
}

void Core::say_goodbye(Connection& connection) noexcept {
  if (connection.half_sent()) return;  // has its own deadline, and its goodbye comes with the answer
  const auto record = goodbye_record();
  static_cast<void>(::send(connection.fd, record.data(), record.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  set_deadline(connection, linger);
}

void Core::set_deadline(Connection& connection, milliseconds from_now) noexcept {
  const auto deadline = steady_ms() + from_now.count();
  if (connection.deadline == 0 || deadline < connection.deadline) connection.deadline = deadline;
  need_sweep();
}

void Core::need_sweep() noexcept {
  if (sweep_due_.exchange(true)) return;
  itimerspec once{};
  once.it_value.tv_nsec = std::chrono::nanoseconds(sweep_interval).count();
  ::timerfd_settime(timer_, 0, &once, nullptr);
}

/// Whoever sets a deadline after this cleared sweep_due_ starts the timer; before, it is seen here.
void Core::sweep() noexcept {
  sweep_due_ = false;
  if (paused_) resume_accepting();
  bool more = paused_;
  const auto now = steady_ms();
  for (std::size_t i = 0; Connection* const connection = connection_at(i); ++i) {
    if (connection->deadline == 0) continue;
    if (connection->deadline > now || !connection->try_acquire()) {
      more = true;
    } else if (connection->deadline != 0 && connection->deadline <= now) {
      close_connection(*connection, connection->half_sent());
    } else {
      let_go(*connection);
    }
  }
  if (more) need_sweep();
}

/// Slots only come; a connection that moves into one meanwhile may be passed over. Allocates nothing, since
/// nobody could be told that there was no memory for it.
Connection* Core::connection_at(std::size_t index) const noexcept {
  const std::lock_guard lock(slots_mutex_);
  return index < slots_.size() ? slots_[index].get() : nullptr;
}

void Core::stop_accepting() noexcept {
  if (draining_.exchange(true)) return;
  leave_socket();
  for (std::size_t i = 0; Connection* const connection = connection_at(i); ++i) {
    // One that is under way gets a note instead, and its goodbye from whoever lets go of it.
    if (!connection->acquire()) continue;
    say_goodbye(*connection);
    let_go(*connection);
  }
}

/// The note that a connection got from stop_accepting() while it was given back may be lost.
void Core::say_missed_goodbyes() noexcept {
  for (std::size_t i = 0; Connection* const connection = connection_at(i); ++i) {
    if (connection->deadline != 0 || !connection->try_acquire()) continue;
    if (connection->deadline == 0) say_goodbye(*connection);
    let_go(*connection);
  }
}

bool Core::drain(milliseconds grace) {
  stop_accepting();
  // Looked at, not waited for: whoever ended the last Call would have to touch a Core that may be gone.
  const auto end = std::chrono::steady_clock::now() + grace;
  const auto busy = [this] { return !threads_.empty() && (open_ != 0 || calls() != 0); };
  while (busy() && std::chrono::steady_clock::now() < end) {
    say_missed_goodbyes();
    std::this_thread::sleep_for(drain_interval);
  }
  const bool all_answered = calls() == 0;
  stopping_ = true;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  for (std::size_t i = 0; Connection* const connection = connection_at(i); ++i) {
    if (connection->try_acquire()) close_connection(*connection, false);
  }
  const std::lock_guard lock(accept_mutex_);
  if (listen_fd_ >= 0) ::close(listen_fd_);
  listen_fd_ = -1;
  return all_answered;
}

bool Core::alive(milliseconds patience) noexcept {
  const bool seen = sign_of_life_.exchange(false);
  const std::uint64_t one = 1;
  static_cast<void>(!::write(poke_, &one, sizeof one));
  return seen && std::none_of(pulses_.begin(), pulses_.end(),
                              [&](const util::Pulse& pulse) { return pulse.stuck(patience); });
}

Listener::Counters Core::counters() const noexcept {
  return {open_.load(), calls(), refused_.load(), !draining_ && !paused_};
}

}  // namespace fastcgi
