// The FastCGI 1.0 framing, as much of it as stands guard in front of libfcgi. libfcgi blocks on a
// half-sent request and aborts the process on a name or value length that is a lie (CVE-2025-23016 is
// one of several), so it is only ever given a request that is complete and whose lengths add up. All of
// this is pure: bytes in, decisions out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fastcgi {

/// FastCGI specification, section 8.
enum class RecordType : std::uint8_t {
  begin_request = 1,
  abort_request = 2,
  end_request = 3,
  params = 4,
  standard_input = 5,
  standard_output = 6,
  standard_error = 7,
  get_values = 9,
  get_values_result = 10,
  unknown_type = 11,
};

struct RecordHeader {
  static constexpr std::size_t bytes = 8;
  std::uint8_t version = 1;
  RecordType type{};
  std::uint16_t request_id = 0;
  std::uint16_t content_length = 0;
  std::uint8_t padding_length = 0;

  /// `data` holds at least eight bytes.
  static RecordHeader read(const char* data) noexcept;
  void append_to(std::string& out) const;
};

/// An empty FCGI_STDERR record of request 1. nginx closes an idle kept connection on which a byte
/// arrives, and passes over this record where it had just sent a request: so a worker that stops can
/// say goodbye without losing that request.
std::string_view goodbye_record() noexcept;

/// True when every name-value pair of a whole PARAMS stream ends inside it (section 3.4).
bool well_formed_params(std::string_view content) noexcept;

/// True when `bytes` are one request of a responder and nothing else: BEGIN_REQUEST, at most
/// one PARAMS record, the end of PARAMS, any STDIN records, the end of STDIN. It is what web servers send.
bool is_plain_request(std::string_view bytes) noexcept;

/// Whether such a request has a body: before the end of STDIN stands another record than the end of PARAMS.
bool has_body(std::string_view plain_request) noexcept;

/// Collects a request that comes in pieces, or in a form that is_plain_request() does not cover, and
/// answers what is not a request (management records, aborts, other requests on the same connection).
class Gatherer {
 public:
  /// Of the body at most `body_limit` bytes are kept.
  explicit Gatherer(std::size_t body_limit) : body_limit_(body_limit) {}
  ~Gatherer() { wipe_body(); }
  Gatherer(const Gatherer&) = delete;
  Gatherer& operator=(const Gatherer&) = delete;

  enum class Status { more, complete, refused };

  /// Takes bytes up to the end of the request; returns how many it took: all, unless it completed (or
  /// was refused) before their end.
  std::size_t take(std::string_view bytes);
  Status status() const noexcept { return status_; }
  /// Nothing of a request was seen yet.
  bool empty() const noexcept { return !active_ && header_have_ == 0; }
  /// Records to send to the peer now; forgotten by the call.
  std::string take_replies();
  bool body_too_large() const noexcept { return body_too_large_; }
  /// The complete request in the form that is_plain_request() accepts, the body cut at the limit.
  std::string plain() const;

 private:
  void wipe_body() noexcept;
  void begin_record();
  void take_content(std::string_view piece);
  void end_record();
  void end_begin_request();
  void reply_to_management();
  void reply_end_request(std::uint16_t id, std::uint8_t protocol_status);

  std::size_t body_limit_;
  Status status_ = Status::more;
  std::array<char, RecordHeader::bytes> header_bytes_{};
  std::size_t header_have_ = 0;
  RecordHeader header_;
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  std::string small_content_;  // of BEGIN_REQUEST and management records
  bool active_ = false;        // BEGIN_REQUEST seen
  bool params_done_ = false;
  bool body_too_large_ = false;
  std::uint16_t id_ = 0;
  char flags_ = 0;
  std::string params_;
  std::string body_;
  std::string replies_;
};

}  // namespace fastcgi
