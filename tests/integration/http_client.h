// A small HTTP/1.1 client for tests: exact bytes out, the whole answer back. Deliberately not a
// library: tests send what no library would.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace integration {

struct Answer {
  int status = 0;                                   // 0: the connection closed without an answer
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  /// The first header of the name, or "".
  std::string header(const std::string& name) const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// While it lives, everything here speaks with the server at this port of the machine instead.
class OtherPort {
 public:
  explicit OtherPort(std::uint16_t port);
  ~OtherPort();
  OtherPort(const OtherPort&) = delete;
  OtherPort& operator=(const OtherPort&) = delete;
};

/// One request on a connection of its own (`Connection: close`). Throws std::runtime_error when nothing
/// listens.
Answer request(std::string_view method, std::string_view path, const Headers& headers = {},
               std::string_view body = {});
Answer post_json(std::string_view path, std::string_view body, const Headers& headers = {});
Answer get(std::string_view path, const Headers& headers = {});
Headers bearer(std::string_view token);

/// A raw connection, for half-sent requests.
class Connection {
 public:
  Connection();  // to the stack under test
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void send(std::string_view bytes);
  /// Reads until the peer closes or `timeout_ms` pass without a byte.
  std::string receive_all(int timeout_ms = 30000);
  Answer receive_answer();

 private:
  int fd_ = -1;
};

/// The string member `name` of a flat JSON object, or "".
std::string member(const std::string& json_object, std::string_view name);

}  // namespace integration
