#include "json/writer.h"

#include <array>
#include <cstring>

#include "json/number.h"

namespace json {
namespace {

// 0: goes out as it is. Otherwise the letter behind the backslash, `u` for a \u00XX escape, or 0xE2: the
// first byte of U+2028 and U+2029, which older JavaScript takes for line ends within a string.
constexpr std::array<unsigned char, 256> kEscape = [] {
  std::array<unsigned char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  table[0xe2] = 0xe2;
  return table;
}();

/// Length of the start of `text` that needs no escape; eight bytes a step.
std::size_t plain_length(const char* text, std::size_t size) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  // Exact in the lowest byte that it marks, which is all that is asked: zero or not.
  const auto has_zero = [](std::uint64_t x) { return (x - kOnes) & ~x & kHigh; };
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t chunk;
    std::memcpy(&chunk, text + i, 8);
    const std::uint64_t control = (chunk - kOnes * 0x20) & ~chunk & kHigh;
    if ((control | has_zero(chunk ^ (kOnes * '"')) | has_zero(chunk ^ (kOnes * '\\')) |
         has_zero(chunk ^ (kOnes * 0xe2))) != 0) {
      break;
    }
  }
  while (i < size && kEscape[static_cast<unsigned char>(text[i])] == 0) ++i;
  return i;
}

void append_u00(std::string& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const char escape[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
  out.append(escape, sizeof escape);
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_length(text.data(), text.size());
    out.append(text, 0, plain);
    if (plain == text.size()) break;
    text.remove_prefix(plain);
    const auto c = static_cast<unsigned char>(text.front());
    std::size_t used = 1;
    if (kEscape[c] == 'u') {
      append_u00(out, c);
    } else if (kEscape[c] != 0xe2) {
      out += '\\';
      out += static_cast<char>(kEscape[c]);
    } else if (text.substr(0, 3) == "\u2028" || text.substr(0, 3) == "\u2029") {
      out += text[2] == '\xa8' ? "\\u2028" : "\\u2029";
      used = 3;
    } else {
      out += text.front();
    }
    text.remove_prefix(used);
  }
  out += '"';
}

void Object::key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  append_quoted(out_, key);
  out_ += ':';
}

std::string array_of(std::span<const std::string> texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    append_quoted(out, text);
  }
  return out += ']';
}

Object& Object::field(std::string_view name, std::string_view text) {
  key(name);
  append_quoted(out_, text);
  return *this;
}

Object& Object::integer(std::string_view name, std::int64_t number) {
  key(name);
  append_integer(out_, number);
  return *this;
}

Object& Object::raw(std::string_view name, std::string_view raw) {
  key(name);
  out_ += raw;
  return *this;
}

}  // namespace json
