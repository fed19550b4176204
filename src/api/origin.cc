#include "api/origin.h"

#include "http/charset.h"
#include "util/unicode.h"

namespace api {
namespace {

constexpr std::size_t kLongestUserAgent = 255;  // characters of the column

/// Those that move a cursor, end a line, or turn the direction of writing.
constexpr bool is_control(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

std::string printable(std::string_view bytes) {
  const std::string text = http::to_text(bytes.substr(0, 4 * kLongestUserAgent), http::Charset::utf8);
  std::string out;
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size() && kept < kLongestUserAgent;) {
    const char32_t c = util::unicode::next(text, at);
    if (is_control(c)) continue;
    util::unicode::append(out, c);
    ++kept;
  }
  return out;
}

}  // namespace

store::Origin origin_of(const http::Request& request) {
  return {std::string(request.client), printable(request.user_agent), std::string(request.request_id)};
}

}  // namespace api
