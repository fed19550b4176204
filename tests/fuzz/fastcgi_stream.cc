// What may arrive on a connection from nginx: a stream of records, in pieces of any size. The reading of
// records is the same however the bytes are cut, and whatever comes, the listener answers in well-formed
// records, closes the connection and stays alive.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "daemon/received_request.h"
#include "fastcgi/listener.h"
#include "fastcgi/records.h"
#include "target.h"
#include "tests/util/temporary_directory.h"
#include "util/descriptor.h"
#include "util/random.h"

namespace {

using fastcgi::Gatherer;
using fastcgi::RecordHeader;
using fastcgi::RecordType;

constexpr std::size_t body_limit = 1024;

/// What was read, as text: requests, replies, and how it ended.
std::string gathered(std::string_view bytes, std::size_t piece) {
  std::string told;
  auto gatherer = std::make_unique<Gatherer>(body_limit);
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    const std::size_t taken = gatherer->take(part);
    fuzz::require(
        taken <= part.size() && (taken == part.size() || gatherer->status() != Gatherer::Status::more),
        "a Gatherer took too much or too little");
    bytes.remove_prefix(taken);
    told += gatherer->take_replies();
    if (gatherer->status() == Gatherer::Status::refused) return told + "refused";
    if (gatherer->status() != Gatherer::Status::complete) continue;
    const std::string plain = gatherer->plain();
    fuzz::require(fastcgi::is_plain_request(plain), "a complete request that is none");
    told += plain + (gatherer->body_too_large() ? "cut" : "whole");
    gatherer = std::make_unique<Gatherer>(body_limit);
  }
  return told + (gatherer->empty() ? "between requests" : "within one");
}

/// The listener as a worker has it, with an answer that needs no application.
class Worker {
 public:
  Worker() : listener_(options(), [this](std::unique_ptr<fastcgi::Call> call) { receive(std::move(call)); }) {
    listener_.start();
  }

  /// All that it sends until it closes.
  std::string exchange(std::string_view bytes) {
    const util::Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path_.copy(name.sun_path, sizeof name.sun_path - 1);
    const timeval patience{20, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    fuzz::require(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0,
                  "the listener takes no connection");
    while (!bytes.empty()) {
      const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) break;  // it has closed already
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(fd.get(), SHUT_WR);
    std::string all;
    char part[4096];
    ssize_t got = 0;
    do {  // libFuzzer's timer interrupts
      got = ::recv(fd.get(), part, sizeof part, 0);
      if (got > 0) all.append(part, static_cast<std::size_t>(got));
    } while (got > 0 || (got < 0 && errno == EINTR));
    fuzz::require(got == 0 || errno == ECONNRESET, "the listener does not close the connection");
    return all;
  }

  const char* fault() const { return fault_.load(); }

 private:
  fastcgi::Options options() const {
    fastcgi::Options made;
    made.listen_fd = fastcgi::open_socket(path_, 0600);
    made.threads = 1;
    made.max_body_bytes = body_limit;
    return made;
  }

  void receive(std::unique_ptr<fastcgi::Call> call) {
    jwtauthd::ReceivedRequest received(std::move(call), body_limit, random_);
    const auto& request = received.request();
    if (request.body.size() > body_limit) fault_ = "a body over the limit";
    if (request.body_too_large && !request.body.empty()) fault_ = "a part of a body that is too large";
    if (request.request_id.size() < 8 || request.request_id.size() > 64)
      fault_ = "a request id of odd length";
    received.call().answer("Status: 200\r\n\r\n" + std::string(request.path));
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "s";
  util::SystemRandom random_;
  std::atomic<const char*> fault_{nullptr};
  fastcgi::Listener listener_;
};

void check_records(std::string_view sent) {
  while (!sent.empty()) {
    // Whoever closes before it has read all makes the kernel drop what the other has not read either.
    if (sent.size() < RecordHeader::bytes) return;
    const auto header = RecordHeader::read(sent.data());
    fuzz::require(header.version == 1, "a record of another version", sent);
    switch (header.type) {
      case RecordType::end_request:
      case RecordType::standard_output:
      case RecordType::standard_error:
      case RecordType::get_values_result:
      case RecordType::unknown_type:
        break;
      default:
        fuzz::require(false, "a record that no responder sends", sent);
    }
    const std::size_t whole = RecordHeader::bytes + header.content_length + header.padding_length;
    sent.remove_prefix(std::min(whole, sent.size()));
  }
}

std::optional<Worker> kept;

void run(std::string_view input) {
  const std::string whole = gathered(input, input.size() + 1);
  const std::size_t piece = input.empty() ? 1 : 1 + static_cast<unsigned char>(input.back()) % 31;
  fuzz::require(gathered(input, piece) == whole, "other bytes are read in other pieces");
  // What is plain is what the Gatherer would have made of it.
  if (fastcgi::is_plain_request(input)) {
    fuzz::require(whole.ends_with("between requests"), "a plain request that is not complete");
  }

  if (!kept) kept.emplace();
  check_records(kept->exchange(input));
  fuzz::require(kept->fault() == nullptr, kept->fault() == nullptr ? "" : kept->fault());
}

const fuzz::Registered registered("fastcgi_stream", run, [] { kept.reset(); });

}  // namespace
