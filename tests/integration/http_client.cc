#include "integration/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "integration/stack.h"
#include "json/parse.h"

namespace integration {
namespace {

std::atomic<std::uint16_t> other_port{0};  // 0: the stack's

Answer parse(const std::string& raw) {
  Answer answer;
  const auto head_end = raw.find("\r\n\r\n");
  if (head_end == std::string::npos) return answer;
  answer.status = std::stoi(raw.substr(raw.find(' ') + 1, 3));
  answer.body = raw.substr(head_end + 4);
  for (auto line = raw.find("\r\n") + 2; line < head_end + 2;) {
    const auto end = raw.find("\r\n", line);
    const auto colon = raw.find(':', line);
    std::string name = raw.substr(line, colon - line);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    auto value = raw.substr(colon + 1, end - colon - 1);
    value.erase(
        0, value.find_first_not_of(' ') == std::string::npos ? value.size() : value.find_first_not_of(' '));
    answer.headers.emplace(std::move(name), std::move(value));
    line = end + 2;
  }
  return answer;
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

OtherPort::OtherPort(std::uint16_t port) {
  other_port = port;
}
OtherPort::~OtherPort() {
  other_port = 0;
}

Connection::Connection() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(other_port != 0 ? other_port.load() : stack().port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the peer refused early: its answer says why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Connection::receive_all(int timeout_ms) {
  std::string got;
  char buffer[16384];
  pollfd waiting{fd_, POLLIN, 0};
  while (::poll(&waiting, 1, timeout_ms) > 0) {
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) break;
    got.append(buffer, static_cast<std::size_t>(n));
  }
  return got;
}

Answer Connection::receive_answer() {
  return parse(receive_all());
}

Answer request(std::string_view method, std::string_view path, const Headers& headers,
               std::string_view body) {
  std::string message;
  message.append(method).append(" ").append(path).append(
      " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
  for (const auto& [name, value] : headers) message.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    message.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  Connection connection;
  connection.send(message.append("\r\n").append(body));
  return connection.receive_answer();
}

Answer post_json(std::string_view path, std::string_view body, const Headers& headers) {
  Headers all = headers;
  all.emplace_back("Content-Type", "application/json");
  return request("POST", path, all, body);
}

Answer get(std::string_view path, const Headers& headers) {
  return request("GET", path, headers);
}

Headers bearer(std::string_view token) {
  return {{"Authorization", "Bearer " + std::string(token)}};
}

std::string member(const std::string& json_object, std::string_view name) {
  const auto value = json::parse(json_object);
  if (!value) return {};
  const auto found = value->get(name);
  return found && found->is(json::Type::string) ? std::string(found->as_string()) : std::string();
}

}  // namespace integration
