// Letters of ASCII, whatever the locale. The rest of Unicode is unicode.h's.
#pragma once

#include <string>
#include <string_view>

namespace util::ascii {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

}  // namespace util::ascii
