#include "http/lenient_base64.h"

#include <cstdint>

namespace http {
namespace {

int digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

std::optional<std::string> from_lenient_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int digits = 0;  // of the group of four
  int padding = 0;
  for (const char c : text) {
    if (c == '=') {
      // Two digits want two of them, three want one; fewer digits, and it is a stray character.
      if (digits >= 2 && digits + ++padding >= 4) return out;
      continue;
    }
    const int value = digit(c);
    if (value < 0) continue;
    padding = 0;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    digits = (digits + 1) % 4;
    if (digits == 2) out += static_cast<char>(bits >> 4 & 0xff);
    if (digits == 3) out += static_cast<char>(bits >> 2 & 0xff);
    if (digits == 0) out += static_cast<char>(bits & 0xff);
  }
  if (digits != 0) return std::nullopt;
  return out;
}

}  // namespace http
