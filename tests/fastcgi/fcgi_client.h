// A FastCGI client by hand, for tests: it can also do what no web server does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fastcgi/records.h"

namespace fcgi_client {

using Params = std::vector<std::pair<std::string, std::string>>;

std::string record(fastcgi::RecordType type, std::uint16_t id, std::string_view content,
                   std::uint8_t padding = 0);
std::string begin_request(std::uint16_t id = 1, bool keep = true, std::uint8_t role = 1);
std::string pair(std::string_view name, std::string_view value);
std::string pairs(const Params& params);
/// A whole request as nginx sends it.
std::string request(const Params& params, std::string_view body = {}, bool keep = true);

struct Reply {
  std::string out;
  std::string err;
  std::uint8_t protocol_status = 0;
};
struct Record {
  fastcgi::RecordHeader header;
  std::string content;
};

/// One connection to a unix socket. A wait ends after ten seconds with std::runtime_error.
class Client {
 public:
  explicit Client(const std::string& path);
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Client();
  int fd() const noexcept { return fd_; }

  void send(std::string_view bytes);
  /// Nothing: the peer closed.
  std::optional<Record> read_record();
  /// Up to END_REQUEST. Nothing: the peer closed before.
  std::optional<Reply> read_reply();
  std::optional<Reply> ask(const Params& params, std::string_view body = {}, bool keep = true) {
    send(request(params, body, keep));
    return read_reply();
  }
  /// Waits until the peer has closed.
  bool closed_by_peer();

 private:
  bool read_exactly(char* to, std::size_t size);
  int fd_;
};

/// Waits for something that another thread brings about: true when it came within ten seconds.
template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace fcgi_client
