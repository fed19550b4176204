#include "daemon/supervisor.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace jwtauthd::supervisor {

std::optional<int> inherited_socket() {
  const int passed = sd_listen_fds(/*unset_environment=*/1);
  if (passed < 1) return std::nullopt;
  if (passed > 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, /*listening=*/1) <= 0) {
    throw std::runtime_error("LISTEN_FDS passed something else than one listening stream socket");
  }
  return SD_LISTEN_FDS_START;
}

void tell_ready() {
  sd_notify(0, "READY=1\nSTATUS=Serving");
}
void tell_stopping() {
  sd_notify(0, "STOPPING=1\nSTATUS=Answering what is under way");
}
void tell_alive() {
  sd_notify(0, "WATCHDOG=1");
}

void tell_status(const std::string& text) {
  sd_notify(0, ("STATUS=" + text).c_str());
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::milliseconds(microseconds / 2000);
}

bool logs_to_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  unsigned long device = 0;
  unsigned long inode = 0;
  struct stat standard_error {};
  return stream != nullptr && std::sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
         ::fstat(STDERR_FILENO, &standard_error) == 0 && standard_error.st_dev == device &&
         standard_error.st_ino == inode;
}

}  // namespace jwtauthd::supervisor
