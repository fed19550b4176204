// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace util {

class Descriptor {
 public:
  /// -1: none.
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.give()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const noexcept { return fd_; }
  /// It is the caller's from here on.
  int give() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace util
