// Opening the listening socket.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "fastcgi/listener.h"
#include "util/descriptor.h"

namespace fastcgi {
namespace {

constexpr std::string_view tcp_prefix = "tcp:";
constexpr int socket_flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

[[noreturn]] void fail(const std::string& address, const std::string& why) {
  throw std::runtime_error("cannot listen on " + address + ": " + why);
}
[[noreturn]] void fail_with_errno(const std::string& address) {
  fail(address, std::strerror(errno));
}

/// Removes a socket file on which nobody listens any more.
void remove_orphan(const std::string& path, const sockaddr_un& name) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return;
  if (!S_ISSOCK(file.st_mode)) fail(path, "the file exists and is no socket");
  const util::Descriptor probe(::socket(AF_UNIX, socket_flags, 0));
  if (probe.get() < 0) fail_with_errno(path);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ||
      errno != ECONNREFUSED) {
    fail(path, "another process listens there");
  }
  if (::unlink(path.c_str()) != 0) fail_with_errno(path);
}

int open_unix(const std::string& path, unsigned mode, int backlog) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) fail(path, "a path of 1 to 107 bytes is needed");
  path.copy(name.sun_path, path.size());
  remove_orphan(path, name);
  util::Descriptor socket(::socket(AF_UNIX, socket_flags, 0));
  // The mode is on the socket before it has a name: never, not for a moment, is it wider than asked
  // for. The umask may have narrowed it: chmod.
  if (socket.get() < 0 || ::fchmod(socket.get(), mode) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(socket.get(), backlog) != 0) {
    fail_with_errno(path);
  }
  return socket.give();
}

int open_tcp(const std::string& address, int backlog) {
  const std::string_view rest = std::string_view(address).substr(tcp_prefix.size());
  const auto colon = rest.rfind(':');
  sockaddr_in name{};
  name.sin_family = AF_INET;
  unsigned short port = 0;
  bool good = colon != std::string_view::npos &&
              ::inet_pton(AF_INET, std::string(rest.substr(0, colon)).c_str(), &name.sin_addr) == 1;
  if (good) {
    const auto digits = rest.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    good = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  }
  if (!good) fail(address, "tcp:IPV4-ADDRESS:PORT is needed");
  name.sin_port = htons(port);
  util::Descriptor socket(::socket(AF_INET, socket_flags, 0));
  const int on = 1;
  if (socket.get() < 0 || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    fail_with_errno(address);
  }
  return socket.give();
}

}  // namespace

int open_socket(const std::string& address, unsigned mode, int backlog) {
  return address.starts_with(tcp_prefix) ? open_tcp(address, backlog) : open_unix(address, mode, backlog);
}

}  // namespace fastcgi
