#include "ctl/posix_terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace jwtauthd {
namespace {

// Not SIGTTIN and SIGTTOU: who is stopped in the background has not turned the echo off yet.
constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGTSTP};

// A signal handler can reach nothing else.
volatile std::sig_atomic_t caught[NSIG];

extern "C" void note_signal(int signal) {
  caught[signal] = 1;
}

bool any_caught() {
  return std::any_of(kSignals.begin(), kSignals.end(), [](int signal) { return caught[signal] != 0; });
}

/// While it lives, signals that would end or stop the program wait, except in ppoll() with while_waiting():
/// there they are noted, and end it. Noting them alone would lose one that comes just before read().
class DeferredSignals {
 public:
  DeferredSignals() {
    struct sigaction noting {};
    noting.sa_handler = note_signal;
    sigemptyset(&noting.sa_mask);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : kSignals) sigaddset(&blocked, signal);
    sigprocmask(SIG_BLOCK, &blocked, &mask_before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &noting, &handler_before_[i]);
  }
  DeferredSignals(const DeferredSignals&) = delete;
  DeferredSignals& operator=(const DeferredSignals&) = delete;
  ~DeferredSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &handler_before_[i], nullptr);
    sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  const sigset_t* while_waiting() const noexcept { return &mask_before_; }

 private:
  sigset_t mask_before_{};
  std::array<struct sigaction, kSignals.size()> handler_before_{};
};

class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    if (tcgetattr(fd_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    // What was typed before the prompt is dropped: it was shown, and meant for something else.
    changed_ = tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (!changed_) return;
    while (tcsetattr(fd_, TCSAFLUSH, &before_) != 0 && errno == EINTR) {
    }
  }

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

/// Grows without leaving copies behind.
void append_wiping(std::string& line, char c) {
  if (line.size() == line.capacity()) {
    std::string larger;
    larger.reserve(2 * line.capacity() + 64);
    larger = line;
    util::wipe(line.data(), line.size());
    line.swap(larger);
  }
  line += c;
}

/// A byte at a time, so that nothing of the next line is taken. Nothing at the end of input or when a
/// signal was noted.
std::optional<std::string> read_line(int fd, const sigset_t* while_waiting) {
  std::string line;
  while (true) {
    pollfd input{fd, POLLIN, 0};
    const bool ready = ppoll(&input, 1, nullptr, while_waiting) > 0;
    if (!ready && errno == EINTR && !any_caught()) continue;
    char c = 0;
    const ssize_t got = ready ? read(fd, &c, 1) : -1;
    if (got == 1 && c == '\n') return line;
    if (got == 1) {
      append_wiping(line, c);
    } else if (got == 0 && !line.empty()) {
      return line;
    } else {
      util::wipe(line.data(), line.size());
      return std::nullopt;
    }
  }
}

/// Sends the noted signals again, now with their usual effect. True when the program lives on and has
/// been stopped meanwhile.
bool deliver_caught() {
  bool stopped = false;
  for (const int signal : kSignals) {
    if (std::exchange(caught[signal], 0) == 0) continue;
    raise(signal);
    stopped = stopped || signal == SIGTSTP;
  }
  return stopped;
}

}  // namespace

bool PosixTerminal::interactive() const {
  return isatty(in_) == 1;
}

void PosixTerminal::out(std::string_view line) {
  write(out_, std::string(line) + '\n');
}

void PosixTerminal::err(std::string_view line) {
  write(err_, std::string(line) + '\n');
}

void PosixTerminal::progress(std::string_view line) {
  // To the beginning of the line, and away with what stood there (ECMA-48 EL).
  if (isatty(err_) == 1) write(err_, "\r\x1b[K" + std::string(line));
}

std::optional<std::string> PosixTerminal::ask(std::string_view prompt) {
  write(out_, prompt);
  return read_line(in_, nullptr);
}

std::optional<util::Secret> PosixTerminal::ask_hidden(std::string_view prompt) {
  while (true) {
    std::optional<std::string> line;
    if (interactive()) {
      const DeferredSignals signals;
      const EchoOff silence(in_);
      write(err_, prompt);
      line = read_line(in_, signals.while_waiting());
      write(err_, "\n");
    } else {
      line = read_line(in_, nullptr);
    }
    if (deliver_caught() && !line) continue;
    if (!line) return std::nullopt;
    return util::Secret::take(std::move(*line));
  }
}

void PosixTerminal::write(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      wrote_everything_ = false;
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace jwtauthd
