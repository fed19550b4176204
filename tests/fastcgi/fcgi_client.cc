#include "fcgi_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace fcgi_client {

using fastcgi::RecordHeader;
using fastcgi::RecordType;

std::string record(RecordType type, std::uint16_t id, std::string_view content, std::uint8_t padding) {
  std::string out;
  RecordHeader{1, type, id, static_cast<std::uint16_t>(content.size()), padding}.append_to(out);
  out += content;
  out.append(padding, '\0');
  return out;
}

std::string begin_request(std::uint16_t id, bool keep, std::uint8_t role) {
  std::string body(8, '\0');
  body[1] = static_cast<char>(role);
  body[2] = keep ? 1 : 0;
  return record(RecordType::begin_request, id, body);
}

std::string pair(std::string_view name, std::string_view value) {
  std::string out;
  for (const std::size_t size : {name.size(), value.size()}) {
    if (size < 128) {
      out += static_cast<char>(size);
    } else {
      for (const int shift : {24, 16, 8, 0})
        out += static_cast<char>((size >> shift & 0xff) | (shift == 24 ? 0x80 : 0));
    }
  }
  out += name;
  out += value;
  return out;
}

std::string pairs(const Params& params) {
  std::string out;
  for (const auto& [name, value] : params) out += pair(name, value);
  return out;
}

std::string request(const Params& params, std::string_view body, bool keep) {
  std::string out = begin_request(1, keep);
  const std::string content = pairs(params);
  const auto padding = static_cast<std::uint8_t>((8 - content.size() % 8) % 8);
  if (!content.empty()) out += record(RecordType::params, 1, content, padding);
  out += record(RecordType::params, 1, {});
  for (std::size_t offset = 0; offset < body.size(); offset += 32768) {
    out += record(RecordType::standard_input, 1, body.substr(offset, 32768));
  }
  return out + record(RecordType::standard_input, 1, {});
}

Client::Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    throw std::system_error(error, std::generic_category(), "connect " + path);
  }
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::system_error(errno, std::generic_category(), "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::read_exactly(char* to, std::size_t size) {
  for (std::size_t have = 0; have < size;) {
    const auto got = ::recv(fd_, to + have, size - have, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw std::runtime_error("no answer in ten seconds");
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<Record> Client::read_record() {
  char header[RecordHeader::bytes];
  if (!read_exactly(header, sizeof header)) return std::nullopt;
  Record result{RecordHeader::read(header), {}};
  result.content.resize(std::size_t{result.header.content_length} + result.header.padding_length);
  if (!read_exactly(result.content.data(), result.content.size())) return std::nullopt;
  result.content.resize(result.header.content_length);
  return result;
}

std::optional<Reply> Client::read_reply() {
  Reply reply;
  for (;;) {
    const auto next = read_record();
    if (!next) return std::nullopt;
    if (next->header.type == RecordType::standard_output) {
      reply.out += next->content;
    } else if (next->header.type == RecordType::standard_error) {
      reply.err += next->content;
    } else if (next->header.type == RecordType::end_request) {
      reply.protocol_status = static_cast<std::uint8_t>(next->content.at(4));
      return reply;
    }
  }
}

bool Client::closed_by_peer() {
  char byte = 0;
  while (read_exactly(&byte, 1)) {
  }
  return true;
}

}  // namespace fcgi_client
