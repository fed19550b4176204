#include "ctl/http_exchange.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>

#include "util/ascii.h"

namespace jwtauthd {
namespace {

using util::ascii::lower;
using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t kLongestAnswer = std::size_t{4} << 20;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct AddressesFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::string because(int error) {
  return std::generic_category().message(error);
}

/// False when `deadline` passed first.
bool wait_for(int fd, short what, Time deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{fd, what, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // what is wrong shows at the next call
  }
}

util::Result<Socket> connect_to(const HttpAddress& address, Time deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
      error != 0) {
    return util::fail(address.host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, AddressesFree> list(found);
  std::string why;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    Socket socket(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.fd() < 0) continue;
    int error = 0;
    if (::connect(socket.fd(), one->ai_addr, one->ai_addrlen) != 0) error = errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof error;
      if (!wait_for(socket.fd(), POLLOUT, deadline)) {
        error = ETIMEDOUT;
      } else if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
      }
    }
    if (error == 0) return socket;
    why = because(error);
  }
  return util::fail(address.authority() + ": " + why);
}

std::string bytes_of(const HttpAddress& address, const HttpRequest& request, const HttpOptions& options) {
  std::string text(request.method);
  text.append(" ").append(address.path).append(request.path).append(" HTTP/1.1\r\nHost: ");
  text.append(options.host_header.empty() ? address.authority() : options.host_header).append("\r\n");
  for (const auto& [name, value] : request.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  if (request.has_body)
    text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  text.append("Connection: close\r\n\r\n").append(request.body);
  return text;
}

bool send_all(int fd, std::string_view bytes, Time deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, deadline)) return false;
    } else if (errno != EINTR) {
      return true;  // refused before it was read whole: the answer, if there is one, says why
    }
  }
  return true;
}

util::Result<std::string> receive_all(int fd, Time deadline) {
  std::string bytes;
  std::array<char, 16384> part{};
  while (bytes.size() < kLongestAnswer) {
    const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
    if (got > 0) {
      bytes.append(part.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      return bytes;
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLIN, deadline)) return util::fail("no whole answer in time");
    } else if (errno != EINTR) {
      if (!bytes.empty()) return bytes;
      return util::fail(because(errno));
    }
  }
  return util::fail("an answer of over 4 MiB");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

/// RFC 9112 section 7.1. nullopt: no chunks, or not all of them.
std::optional<std::string> unchunked(std::string_view bytes) {
  std::string body;
  for (;;) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    const auto [at, error] = std::from_chars(bytes.data(), bytes.data() + end, size, 16);
    if (error != std::errc() || (at != bytes.data() + end && *at != ';' && *at != ' ')) return std::nullopt;
    bytes.remove_prefix(end + 2);
    if (size == 0) return body;
    if (bytes.size() < size || bytes.substr(size, 2) != "\r\n") return std::nullopt;
    body.append(bytes.substr(0, size));
    bytes.remove_prefix(size + 2);
  }
}

}  // namespace

std::string HttpAddress::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == "80" ? name : name + ":" + port;
}

std::string_view HttpAnswer::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

util::Result<HttpAddress> parse_http_address(std::string_view url) {
  const std::string whole(url);
  if (lower(url.substr(0, 8)) == "https://") {
    return util::fail(
        whole +
        ": only http is spoken, not https; ask the server by the address that it has behind TLS, "
        "such as http://127.0.0.1:8000, with --host for its name");
  }
  if (lower(url.substr(0, 7)) != "http://")
    return util::fail(whole + ": http://HOST[:PORT][/PATH] is wanted");
  url.remove_prefix(7);
  HttpAddress address;
  const std::size_t slash = std::min(url.find('/'), url.size());
  address.path = url.substr(slash);
  while (address.path.ends_with('/')) address.path.pop_back();
  std::string_view authority = url.substr(0, slash);
  std::size_t host_end = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return util::fail(whole + ": ] is missing");
    address.host = authority.substr(1, close - 1);
    host_end = authority.find(':', close);
  } else {
    address.host = authority.substr(0, host_end);
  }
  if (host_end != std::string_view::npos) {
    const std::string_view port = authority.substr(host_end + 1);
    unsigned number = 0;
    const auto [at, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || at != port.data() + port.size() || number == 0 || number > 65535) {
      return util::fail(whole + ": the port is no number from 1 to 65535");
    }
    address.port = port;
  }
  constexpr std::string_view kNeverInHost = "@?#% \t\r\n";
  if (address.host.empty() || address.host.find_first_of(kNeverInHost) != std::string::npos ||
      address.path.find_first_of("?# \t\r\n") != std::string::npos) {
    return util::fail(whole + ": http://HOST[:PORT][/PATH] is wanted");
  }
  return address;
}

util::Result<HttpAnswer> parse_http_answer(std::string_view bytes, bool head) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos || !bytes.starts_with("HTTP/1.") || bytes.size() < 12) {
    return util::fail(bytes.empty() ? "the connection was closed without an answer"
                                    : "the answer is no HTTP/1.1");
  }
  HttpAnswer answer;
  std::string_view lines = bytes.substr(0, end);
  if (const auto [at, error] = std::from_chars(lines.data() + 9, lines.data() + 12, answer.status);
      error != std::errc() || at != lines.data() + 12) {
    return util::fail("the answer has no status");
  }
  for (std::size_t next = lines.find("\r\n"); next != std::string_view::npos; next = lines.find("\r\n")) {
    lines.remove_prefix(next + 2);
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return util::fail("the answer has a header without a name");
    answer.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  const std::string_view rest = bytes.substr(end + 4);
  if (lower(answer.header("transfer-encoding")) == "chunked" && !head) {
    auto body = unchunked(rest);
    if (!body) return util::fail("the answer's chunks are not whole");
    answer.body = std::move(*body);
    return answer;
  }
  answer.body = rest;
  const std::string_view length = answer.header("content-length");
  if (head) {
    if (!rest.empty()) answer.flaw = "the answer to HEAD has a body";
  } else if (!length.empty() && length != std::to_string(rest.size())) {
    answer.flaw =
        "Content-Length is " + std::string(length) + " for " + std::to_string(rest.size()) + " bytes";
  }
  return answer;
}

util::Result<HttpAnswer> exchange(const HttpAddress& address, const HttpRequest& request,
                                  const HttpOptions& options) {
  const Time deadline = std::chrono::steady_clock::now() + options.timeout;
  const auto socket = connect_to(address, deadline);
  if (!socket) return util::unexpected(socket.error());
  if (!send_all(socket->fd(), bytes_of(address, request, options), deadline)) {
    return util::fail(address.authority() + ": the request was not taken in time");
  }
  const auto bytes = receive_all(socket->fd(), deadline);
  if (!bytes) return util::fail(address.authority() + ": " + bytes.error().message);
  auto answer = parse_http_answer(*bytes, request.method == "HEAD");
  if (!answer) return util::fail(address.authority() + ": " + answer.error().message);
  return answer;
}

}  // namespace jwtauthd
