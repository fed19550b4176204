// A directory of users whose time the test sets.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "fakes.h"
#include "tokens/user_directory.h"

namespace tokens_test {

class DirectoryHouse {
 public:
  FakeUsers users;

  tokens::UserDirectory directory(tokens::DirectoryOptions options = {}) {
    return tokens::UserDirectory(users, options, [this] {
      return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(elapsed_.load()) +
                                                   std::chrono::hours(1));
    });
  }
  void advance(std::chrono::nanoseconds by) { elapsed_ += by.count(); }

 private:
  std::atomic<std::int64_t> elapsed_{0};  // ns
};

}  // namespace tokens_test
