#include "fastcgi/listener.h"

#include <algorithm>
#include <utility>

#include "fastcgi/core.h"

namespace fastcgi {

Call::Call(Core& core, Connection& connection) noexcept
    : core_(core), connection_(&connection), began_(std::chrono::steady_clock::now()) {}

Call::~Call() {
  if (connection_ == nullptr) return;
  connection_->forget_request();
  core_.finish(*connection_, false);
}

char** Call::params() const noexcept {
  return connection_->request.envp;
}

std::string_view Call::param(std::string_view name) const noexcept {
  for (char** p = params(); *p != nullptr; ++p) {
    const std::string_view pair(*p);
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

Call::Body Call::read_body(std::size_t limit) {
  Body body;
  // CONTENT_LENGTH is the peer's word: good enough to size a buffer, within the limit.
  std::size_t expected = 0;
  for (const char digit : param("CONTENT_LENGTH").substr(0, 9)) {
    if (digit < '0' || digit > '9') break;
    expected = expected * 10 + static_cast<std::size_t>(digit - '0');
  }
  if (expected == 0 && connection_->request.in->isClosed != 0) return body;
  // One byte more than the limit tells "too large".
  std::size_t have = 0;
  body.bytes.resize(std::min(expected, limit) + 1);
  FCGX_Stream* in = connection_->request.in;
  for (;;) {
    const std::size_t want = body.bytes.size() - have;
    const std::size_t got = connection_->take_body(body.bytes.data() + have, want);
    have += got;
    if (got < want || have > limit) break;
    body.bytes.resize(std::min(body.bytes.size() * 2, limit + 1));
  }
  body.broken = FCGX_GetError(in) != 0;
  body.too_large = have > limit || connection_->body_cut;
  if (body.too_large) have = 0;
  body.bytes.resize(have);
  return body;
}

bool Call::answer(std::string_view cgi_response) noexcept {
  if (connection_ == nullptr) return false;
  Connection& connection = *std::exchange(connection_, nullptr);
  connection.begin_answer();
  FCGX_PutStr(cgi_response.data(), static_cast<int>(cgi_response.size()), connection.request.out);
  const auto ended = connection.end_request();
  core_.finish(connection, ended.keep);
  return ended.sent;
}

void Listener::Release::operator()(Core* core) const noexcept {
  core->drop();
}

Listener::Listener(Options options, Handler handler)
    : core_(new Core(std::move(options), std::move(handler))) {}

Listener::~Listener() {
  core_->drain(std::chrono::milliseconds(0));
}

void Listener::start() {
  core_->start();
}
void Listener::stop_accepting() noexcept {
  core_->stop_accepting();
}
bool Listener::drain(std::chrono::milliseconds grace) {
  return core_->drain(grace);
}
bool Listener::alive(std::chrono::milliseconds patience) noexcept {
  return core_->alive(patience);
}
Listener::Counters Listener::counters() const noexcept {
  return core_->counters();
}

}  // namespace fastcgi
