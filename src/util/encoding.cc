#include "util/encoding.h"

#include <array>
#include <cstdint>

namespace util {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kForeign = 0xff;

constexpr std::array<std::uint8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr auto kBase64Values = reverse(kBase64);
constexpr auto kBase64UrlValues = reverse(kBase64Url);

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) text += alphabet[bits >> (held - 6) & 63];
  }
  if (held != 0) text += alphabet[bits << (6 - held) & 63];
  return text;
}

/// False when the text is not canonical; the bytes before that are put.
template <typename Put>
bool decode(std::string_view text, const std::array<std::uint8_t, 256>& values, Put&& put) {
  if (text.size() % 4 == 1) return false;  // six bits make no byte
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == kForeign) return false;
    bits = bits << 6 | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      put(static_cast<char>(bits >> held & 0xff));
    }
  }
  // Left-over bits that are not zero would make a second text for the same bytes.
  return (bits & ((1U << held) - 1)) == 0;
}

std::optional<std::string> decode(std::string_view text, const std::array<std::uint8_t, 256>& values) {
  std::string bytes(text.size() / 4 * 3 + 2, '\0');
  char* end = bytes.data();
  if (!decode(text, values, [&](char byte) { *end++ = byte; })) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  return bytes;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  char* at = text.data();
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 15];
  }
  return text;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string to_base64(std::string_view bytes) {
  std::string text = encode(bytes, kBase64);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode(text, kBase64Values);
}

std::string to_base64url(std::string_view bytes) {
  return encode(bytes, kBase64Url);
}

std::optional<std::string> from_base64url(std::string_view text) {
  return decode(text, kBase64UrlValues);
}

std::optional<std::string_view> from_base64url(std::string_view text, std::span<char> room) noexcept {
  if (text.size() / 4 * 3 + 2 > room.size()) return std::nullopt;
  std::size_t size = 0;
  if (!decode(text, kBase64UrlValues, [&](char byte) { room[size++] = byte; })) return std::nullopt;
  return std::string_view(room.data(), size);
}

}  // namespace util
