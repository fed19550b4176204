#include "util/log_sink.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

namespace util::log {
namespace {

constexpr std::size_t kNoteSize = 256;
constexpr std::chrono::milliseconds kNoWait{0};
constexpr unsigned kEntriesAtOnce = 64;

bool writable(int fd, std::chrono::milliseconds patience) noexcept {
  pollfd wanted{fd, POLLOUT, 0};
  for (;;) {
    const int ready = poll(&wanted, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready != 0;  // an error shows again, and is dealt with, at the write
  }
}

}  // namespace

Sink::Sink(int fd, DroppedLine dropped_line, Framing framing)
    : fd_(fd),
      framing_(framing),
      dropped_line_(dropped_line),
      gathered_(new char[kCapacity + kNoteSize]),  // not touched, so not resident, before it is used
      leaving_(new char[kCapacity + kNoteSize]) {
  struct stat status {};
  if (fstat(fd, &status) == 0) {
    socket_ = S_ISSOCK(status.st_mode);
    regular_ = S_ISREG(status.st_mode);
  }
}

Sink::~Sink() {
  stop();
  if (framing_ == Framing::entries) close(fd_);
}

void Sink::batch() {
  {
    const std::lock_guard lock(gathering_);
    batching_ = true;
  }
  // Signals belong to the thread that the program chose for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  flusher_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Sink::stop() noexcept {
  {
    const std::lock_guard lock(gathering_);
    batching_ = false;
  }
  wake_.notify_one();
  if (flusher_.joinable()) flusher_.join();
  flush();
}

void Sink::put(std::string_view line, bool now) noexcept {
  bool wake = false;
  bool batching = false;
  {
    const std::lock_guard lock(gathering_);
    if (kCapacity - gathered_size_ < line.size()) {
      ++dropped_;
      return;
    }
    std::memcpy(gathered_.get() + gathered_size_, line.data(), line.size());
    gathered_size_ += line.size();
    if (!urgent_ && (now || gathered_size_ >= kFlushAt)) wake = urgent_ = true;
    batching = batching_;
  }
  if (!batching) return flush();
  if (now) {
    const std::unique_lock writing(writing_, std::try_to_lock);
    if (writing.owns_lock() && drain(kNoWait) == Written::all) return;
  }
  if (wake) wake_.notify_one();
}

void Sink::flush() noexcept {
  const std::lock_guard writing(writing_);
  drain(kPatience);
}

void Sink::run() noexcept {
  std::unique_lock lock(gathering_);
  while (batching_) {
    wake_.wait_for(lock, kInterval, [this] { return urgent_ || !batching_; });
    lock.unlock();
    Written outcome = Written::all;
    {
      const std::lock_guard writing(writing_);
      outcome = drain(kNoWait);
    }
    // Waiting happens here, where no lock is held.
    if (outcome == Written::blocked) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      writable(fd_, kInterval);
    }
    lock.lock();
    urgent_ = urgent_ || outcome == Written::blocked;
  }
}

Sink::Written Sink::drain(std::chrono::milliseconds patience) noexcept {
  do {
    const Written outcome = write_out(patience);
    if (outcome != Written::all) return outcome;
  } while (refill());
  return Written::all;
}

bool Sink::refill() noexcept {
  {
    const std::lock_guard lock(gathering_);
    urgent_ = false;
    if (gathered_size_ == 0) return false;
    std::swap(gathered_, leaving_);
    leaving_size_ = std::exchange(gathered_size_, 0);
    told_ = std::exchange(dropped_, 0);
  }
  written_ = 0;
  if (told_ != 0) leaving_size_ += dropped_line_(leaving_.get() + leaving_size_, kNoteSize, told_);
  return true;
}

Sink::Written Sink::send_entries(std::chrono::milliseconds patience) noexcept {
  while (written_ < leaving_size_) {
    std::array<mmsghdr, kEntriesAtOnce> messages{};
    std::array<iovec, kEntriesAtOnce> texts{};
    unsigned count = 0;
    for (std::size_t at = written_; at < leaving_size_ && count < kEntriesAtOnce; ++count) {
      const std::string_view rest(leaving_.get() + at, leaving_size_ - at);
      const std::size_t size = std::min(rest.find("\n\n"), rest.size() - 2) + 2;
      texts[count] = {leaving_.get() + at, size - 1};
      messages[count].msg_hdr.msg_iov = &texts[count];
      messages[count].msg_hdr.msg_iovlen = 1;
      at += size;
    }
    const int sent = sendmmsg(fd_, messages.data(), count, MSG_DONTWAIT | MSG_NOSIGNAL);
    for (int i = 0; i < sent; ++i) written_ += texts[static_cast<std::size_t>(i)].iov_len + 1;
    if (sent > 0) continue;
    if (errno == EAGAIN) {
      if (patience == kNoWait || !writable(fd_, patience)) return Written::blocked;
    } else if (errno != EINTR) {
      discard();
      return Written::refused;
    }
  }
  return Written::all;
}

Sink::Written Sink::write_out(std::chrono::milliseconds patience) noexcept {
  if (framing_ == Framing::entries) return send_entries(patience);
  while (written_ < leaving_size_) {
    const char* from = leaving_.get() + written_;
    std::size_t size = leaving_size_ - written_;
    if (torn_) {
      from = "\n";
      size = 1;
    } else if (!regular_ && !socket_ && size > PIPE_BUF) {
      // Whole lines of at most PIPE_BUF bytes: atomic where several processes share a pipe, and a
      // descriptor that polls writable takes that much without blocking (pipe(7)).
      const void* newline = memrchr(from, '\n', PIPE_BUF);
      size = newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - from) + 1
                                : PIPE_BUF;
    }
    if (!regular_ && !socket_ && !writable(fd_, patience)) return Written::blocked;
    const ssize_t taken =
        socket_ ? send(fd_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL) : write(fd_, from, size);
    if (taken > 0) {
      if (std::exchange(torn_, false)) continue;
      written_ += static_cast<std::size_t>(taken);
    } else if (taken < 0 && errno == EAGAIN) {
      if (patience == kNoWait || !writable(fd_, patience)) return Written::blocked;
    } else if (taken == 0 || errno != EINTR) {
      discard();
      return Written::refused;
    }
  }
  return Written::all;
}

void Sink::discard() noexcept {
  const char* const start = leaving_.get();
  std::uint64_t lines = 0;
  if (framing_ == Framing::lines) {
    torn_ = torn_ || (written_ > 0 && start[written_ - 1] != '\n');
    lines = static_cast<std::uint64_t>(std::count(start + written_, start + leaving_size_, '\n'));
  } else {
    for (const char* at = start + written_ + 1; at < start + leaving_size_; ++at)
      lines += at[0] == '\n' && at[-1] == '\n';
  }
  if (told_ != 0) lines += std::exchange(told_, 0) - 1;  // the note stands for what it tells
  written_ = leaving_size_ = 0;
  const std::lock_guard lock(gathering_);
  dropped_ += lines;
}

}  // namespace util::log
