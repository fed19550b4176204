#include "fastcgi/records.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <utility>

#include "util/secret.h"

namespace fastcgi {
namespace {

constexpr std::size_t max_params_bytes = 65535;    // nginx refuses to send more
constexpr std::size_t max_small_content = 512;     // a GET_VALUES of all three names has 51 bytes
constexpr std::size_t max_record_content = 65528;  // a multiple of eight
constexpr char role_responder = 1;
constexpr std::uint8_t request_complete = 0;
constexpr std::uint8_t cannot_multiplex = 1;
constexpr std::uint8_t unknown_role = 3;

std::uint8_t byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<std::uint8_t>(text[i]);
}

/// Reads one length of a name-value pair: a byte, or four with the top bit set.
std::optional<std::size_t> read_length(std::string_view content, std::size_t& offset) noexcept {
  if (offset >= content.size()) return std::nullopt;
  const std::size_t first = byte_at(content, offset);
  if (first < 0x80) {
    ++offset;
    return first;
  }
  if (content.size() - offset < 4) return std::nullopt;
  const std::size_t length = (first & 0x7f) << 24 | std::size_t{byte_at(content, offset + 1)} << 16 |
                             std::size_t{byte_at(content, offset + 2)} << 8 | byte_at(content, offset + 3);
  offset += 4;
  return length;
}

void append_stream(std::string& out, RecordType type, std::uint16_t id, std::string_view content) {
  for (std::size_t offset = 0; offset < content.size();) {
    const auto piece = content.substr(offset, max_record_content);
    RecordHeader{1, type, id, static_cast<std::uint16_t>(piece.size()), 0}.append_to(out);
    out += piece;
    offset += piece.size();
  }
  RecordHeader{1, type, id, 0, 0}.append_to(out);
}

/// Growing leaves no copy behind: a body may hold a password.
void append_wiping(std::string& text, std::string_view piece) {
  if (text.size() + piece.size() > text.capacity()) {
    std::string grown;
    grown.reserve(std::max(2 * text.capacity(), text.size() + piece.size()));
    grown += text;
    util::wipe(text.data(), text.size());
    text = std::move(grown);
  }
  text += piece;
}

}  // namespace

RecordHeader RecordHeader::read(const char* data) noexcept {
  const std::string_view b(data, bytes);
  const auto two = [&b](std::size_t i) {
    return static_cast<std::uint16_t>(byte_at(b, i) << 8 | byte_at(b, i + 1));
  };
  return {byte_at(b, 0), static_cast<RecordType>(byte_at(b, 1)), two(2), two(4), byte_at(b, 6)};
}

void RecordHeader::append_to(std::string& out) const {
  for (const int value : {int{version}, static_cast<int>(type), request_id >> 8, request_id & 0xff,
                          content_length >> 8, content_length & 0xff, int{padding_length}, 0}) {
    out += static_cast<char>(value);
  }
}

std::string_view goodbye_record() noexcept {
  return {"\x01\x07\x00\x01\x00\x00\x00\x00", 8};
}

bool well_formed_params(std::string_view content) noexcept {
  for (std::size_t offset = 0; offset < content.size();) {
    const auto name = read_length(content, offset);
    const auto value = name ? read_length(content, offset) : std::nullopt;
    if (!value || *name + *value > content.size() - offset) return false;
    offset += *name + *value;
  }
  return true;
}

bool is_plain_request(std::string_view bytes) noexcept {
  enum class Expect { begin, params, params_end, input } expect = Expect::begin;
  std::uint16_t id = 0;
  while (bytes.size() >= RecordHeader::bytes) {
    const auto header = RecordHeader::read(bytes.data());
    bytes.remove_prefix(RecordHeader::bytes);
    const std::size_t whole = std::size_t{header.content_length} + header.padding_length;
    if (header.version != 1 || bytes.size() < whole) return false;
    const auto content = bytes.substr(0, header.content_length);
    bytes.remove_prefix(whole);
    if (expect != Expect::begin && header.request_id != id) return false;
    switch (expect) {
      case Expect::begin:
        id = header.request_id;
        if (header.type != RecordType::begin_request || id == 0 || content.size() != 8 || content[0] != 0 ||
            content[1] != role_responder) {
          return false;
        }
        expect = Expect::params;
        break;
      case Expect::params:
        if (header.type != RecordType::params || !well_formed_params(content)) return false;
        expect = content.empty() ? Expect::input : Expect::params_end;
        break;
      case Expect::params_end:
        if (header.type != RecordType::params || !content.empty()) return false;
        expect = Expect::input;
        break;
      case Expect::input:
        if (header.type != RecordType::standard_input) return false;
        if (content.empty()) return bytes.empty();
        break;
    }
  }
  return false;
}

bool has_body(std::string_view plain_request) noexcept {
  constexpr std::size_t two_ends = 2 * RecordHeader::bytes;
  return plain_request.size() > two_ends &&
         RecordHeader::read(plain_request.data() + plain_request.size() - two_ends).type !=
             RecordType::params;
}

std::size_t Gatherer::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (status_ == Status::more && taken < bytes.size()) {
    const auto rest = bytes.substr(taken);
    std::size_t used = 0;
    if (content_left_ > 0) {
      used = std::min(content_left_, rest.size());
      content_left_ -= used;
      take_content(rest.substr(0, used));
    } else if (padding_left_ > 0) {
      used = std::min(padding_left_, rest.size());
      padding_left_ -= used;
    } else {
      used = std::min(RecordHeader::bytes - header_have_, rest.size());
      std::memcpy(header_bytes_.data() + header_have_, rest.data(), used);
      header_have_ += used;
      if (header_have_ < RecordHeader::bytes) return taken + used;
      begin_record();
    }
    taken += used;
    // A record without content and padding ends with its header.
    if (status_ == Status::more && content_left_ == 0 && padding_left_ == 0) end_record();
  }
  return taken;
}

void Gatherer::begin_record() {
  header_ = RecordHeader::read(header_bytes_.data());
  content_left_ = header_.content_length;
  padding_left_ = header_.padding_length;
  small_content_.clear();
  if (header_.version != 1) status_ = Status::refused;
}

void Gatherer::take_content(std::string_view piece) {
  const bool ours = active_ && header_.request_id == id_;
  if (ours && header_.type == RecordType::params) {
    params_ += piece;
    if (params_.size() > max_params_bytes) status_ = Status::refused;
  } else if (ours && header_.type == RecordType::standard_input) {
    const auto kept = piece.substr(0, body_limit_ - std::min(body_limit_, body_.size()));
    append_wiping(body_, kept);
    if (kept.size() < piece.size()) body_too_large_ = true;
  } else {  // as far as it counts, in whatever pieces it comes
    small_content_ += piece.substr(0, max_small_content - small_content_.size());
  }
}

void Gatherer::end_record() {
  header_have_ = 0;
  if (header_.request_id == 0) return reply_to_management();
  if (header_.type == RecordType::begin_request) return end_begin_request();
  if (!active_ || header_.request_id != id_) return;  // of a request that is over, or that was refused
  switch (header_.type) {
    case RecordType::abort_request:
      reply_end_request(id_, request_complete);
      active_ = params_done_ = body_too_large_ = false;
      params_.clear();
      wipe_body();
      break;
    case RecordType::params:
      if (params_done_) {
        status_ = Status::refused;
      } else if (header_.content_length == 0) {
        params_done_ = true;
        if (!well_formed_params(params_)) status_ = Status::refused;
      }
      break;
    case RecordType::standard_input:
      if (!params_done_)
        status_ = Status::refused;
      else if (header_.content_length == 0)
        status_ = Status::complete;
      break;
    default:
      status_ = Status::refused;
  }
}

void Gatherer::end_begin_request() {
  if (header_.content_length != 8 || (active_ && header_.request_id == id_)) {
    status_ = Status::refused;
  } else if (active_) {
    reply_end_request(header_.request_id, cannot_multiplex);
  } else if (small_content_[0] != 0 || small_content_[1] != role_responder) {
    reply_end_request(header_.request_id, unknown_role);
  } else {
    active_ = true;
    id_ = header_.request_id;
    flags_ = small_content_[2];
  }
}

void Gatherer::reply_to_management() {
  if (header_.type != RecordType::get_values) {
    RecordHeader{1, RecordType::unknown_type, 0, 8, 0}.append_to(replies_);
    replies_ += static_cast<char>(header_.type);
    replies_.append(7, '\0');
    return;
  }
  if (!well_formed_params(small_content_)) {
    status_ = Status::refused;
    return;
  }
  // Connections and requests are bounded by configuration, which is no business of the peer's: the one
  // value that changes what a web server does is that a connection carries one request at a time.
  std::string values;
  for (std::size_t offset = 0; offset < small_content_.size();) {
    const std::size_t name_length = *read_length(small_content_, offset);
    const std::size_t value_length = *read_length(small_content_, offset);
    const auto name = std::string_view(small_content_).substr(offset, name_length);
    offset += name_length + value_length;
    if (name != "FCGI_MPXS_CONNS") continue;
    values += static_cast<char>(name.size());
    values += '\x01';
    values += name;
    values += '0';
  }
  RecordHeader{1, RecordType::get_values_result, 0, static_cast<std::uint16_t>(values.size()), 0}.append_to(
      replies_);
  replies_ += values;
}

void Gatherer::reply_end_request(std::uint16_t id, std::uint8_t protocol_status) {
  RecordHeader{1, RecordType::end_request, id, 8, 0}.append_to(replies_);
  replies_.append(4, '\0');
  replies_ += static_cast<char>(protocol_status);
  replies_.append(3, '\0');
}

std::string Gatherer::take_replies() {
  return std::exchange(replies_, {});
}

/// clear() would leave the bytes.
void Gatherer::wipe_body() noexcept {
  util::wipe(body_.data(), body_.size());
  body_.clear();
}

std::string Gatherer::plain() const {
  std::string out;
  out.reserve(params_.size() + body_.size() + 64);
  RecordHeader{1, RecordType::begin_request, id_, 8, 0}.append_to(out);
  out += '\0';
  out += role_responder;
  out += flags_;
  out.append(5, '\0');
  append_stream(out, RecordType::params, id_, params_);
  append_stream(out, RecordType::standard_input, id_, body_);
  return out;
}

}  // namespace fastcgi
