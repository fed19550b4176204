#include "json/ill_formed.h"

namespace json {
namespace {

/// The bytes that may follow a lead byte (Unicode, table 3-7): how many, and the range of the first.
struct Lead {
  std::size_t continuations = 0;  // 0: no lead byte
  unsigned char first_low = 0x80;
  unsigned char first_high = 0xbf;
};

Lead lead(unsigned char byte) noexcept {
  if (byte >= 0xc2 && byte <= 0xdf) return {1};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {2};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {3};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {};
}

unsigned char byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

std::string_view reason(IllFormed::Kind kind) noexcept {
  switch (kind) {
    case IllFormed::Kind::start_byte:
      return ": invalid start byte";
    case IllFormed::Kind::continuation_byte:
      return ": invalid continuation byte";
    case IllFormed::Kind::end_of_data:
      break;
  }
  return ": unexpected end of data";
}

}  // namespace

IllFormed ill_formed(std::string_view text, std::size_t offset) noexcept {
  const Lead expected = lead(byte_at(text, offset));
  if (expected.continuations == 0) return {IllFormed::Kind::start_byte, 1};
  std::size_t good = 1;  // bytes of the sequence that are as they should be
  for (; good <= expected.continuations && offset + good < text.size(); ++good) {
    const unsigned char low = good == 1 ? expected.first_low : 0x80;
    const unsigned char high = good == 1 ? expected.first_high : 0xbf;
    const unsigned char byte = byte_at(text, offset + good);
    if (byte < low || byte > high) return {IllFormed::Kind::continuation_byte, good};
  }
  return {IllFormed::Kind::end_of_data, good};
}

std::string sentence(std::string_view text, std::size_t offset, const IllFormed& fault) {
  std::string out = "'utf-8' codec can't decode byte";
  if (fault.length == 1) {
    constexpr char kHex[] = "0123456789abcdef";
    const unsigned char byte = byte_at(text, offset);
    out += " 0x";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
    out += " in position " + std::to_string(offset);
  } else {
    out += "s in position " + std::to_string(offset) + "-" + std::to_string(offset + fault.length - 1);
  }
  out += reason(fault.kind);
  return out;
}

}  // namespace json
