// A MariaDB of a test's own, which it may stop, kill and hold still. Socket only, unless told otherwise, in a
// directory under $TMPDIR that goes with it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "mysql/pool.h"

namespace testing {

class PrivateServer {
 public:
  /// Started. `extra`: options of mariadbd's that come last and win.
  explicit PrivateServer(std::vector<std::string> extra = {});
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  void start();
  void stop();   // as an operator does
  void kill();   // as the kernel does when memory is short
  void pause();  // answers nothing, closes nothing
  void resume();

  /// User root, no password; `database` must be there.
  mysql::Options options(const std::string& database) const;
  std::string socket() const { return directory_ / "s"; }
  const std::filesystem::path& directory() const { return directory_; }

 private:
  void wait_for_exit();

  std::filesystem::path directory_;
  std::vector<std::string> extra_;
  pid_t pid_ = 0;
};

}  // namespace testing
