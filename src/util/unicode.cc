#include "util/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "util/ascii.h"

namespace util::unicode {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// UnicodeData.txt, field 7 set and field 6 empty (Numeric_Type=Digit): utf8proc does not carry it.
// Stable: the standard has added none since Unicode 6.0.
constexpr std::array kDigitsThatAreNotDecimal{
    Range{0xb2, 0xb3},       Range{0xb9, 0xb9},       Range{0x1369, 0x1371},   Range{0x19da, 0x19da},
    Range{0x2070, 0x2070},   Range{0x2074, 0x2079},   Range{0x2080, 0x2089},   Range{0x2460, 0x2468},
    Range{0x2474, 0x247c},   Range{0x2488, 0x2490},   Range{0x24ea, 0x24ea},   Range{0x24f5, 0x24fd},
    Range{0x24ff, 0x24ff},   Range{0x2776, 0x277e},   Range{0x2780, 0x2788},   Range{0x278a, 0x2792},
    Range{0x10a40, 0x10a43}, Range{0x10e60, 0x10e68}, Range{0x11052, 0x1105a}, Range{0x1f100, 0x1f10a},
};

// DerivedCoreProperties.txt: Case_Ignorable by Word_Break, beyond the categories Mn, Me, Cf, Lm, Sk.
constexpr std::array kIgnorablePunctuation{
    Range{0x27, 0x27},     Range{0x2e, 0x2e},     Range{0x3a, 0x3a},     Range{0xb7, 0xb7},
    Range{0x387, 0x387},   Range{0x55f, 0x55f},   Range{0x5f4, 0x5f4},   Range{0x2018, 0x2019},
    Range{0x2024, 0x2024}, Range{0x2027, 0x2027}, Range{0xfe13, 0xfe13}, Range{0xfe52, 0xfe52},
    Range{0xfe55, 0xfe55}, Range{0xff07, 0xff07}, Range{0xff0e, 0xff0e}, Range{0xff1a, 0xff1a},
};

// PropList.txt: Other_Uppercase and Other_Lowercase that are neither Lm nor Mn.
constexpr std::array kCasedSymbols{
    Range{0xaa, 0xaa},       Range{0xba, 0xba},       Range{0x2160, 0x217f},   Range{0x24b6, 0x24e9},
    Range{0x1f130, 0x1f149}, Range{0x1f150, 0x1f169}, Range{0x1f170, 0x1f189},
};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) noexcept {
  const auto* found = std::lower_bound(ranges.begin(), ranges.end(), c,
                                       [](const Range& range, char32_t value) { return range.last < value; });
  return found != ranges.end() && found->first <= c;
}

utf8proc_category_t category(char32_t c) noexcept {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_case_ignorable(char32_t c) noexcept {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return in(kIgnorablePunctuation, c);
  }
}

bool is_cased(char32_t c) noexcept {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      return in(kCasedSymbols, c);
  }
}

/// Offset of the code point before `offset`, which must not be 0.
std::size_t before(std::string_view text, std::size_t offset) noexcept {
  do {
    --offset;
  } while (offset > 0 && (static_cast<unsigned char>(text[offset]) & 0xc0) == 0x80);
  return offset;
}

/// Final_Sigma of SpecialCasing.txt for the sigma at [start, end).
bool is_final_sigma(std::string_view text, std::size_t start, std::size_t end) noexcept {
  bool follows_cased = false;
  while (start > 0) {
    start = before(text, start);
    std::size_t offset = start;
    const char32_t c = next(text, offset);
    if (is_case_ignorable(c)) continue;
    follows_cased = is_cased(c);
    break;
  }
  if (!follows_cased) return false;
  while (end < text.size()) {
    const char32_t c = next(text, end);
    if (!is_case_ignorable(c)) return !is_cased(c);
  }
  return true;
}

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

struct Free {
  void operator()(utf8proc_uint8_t* text) const noexcept { std::free(text); }
};

/// Text that is not well-formed comes back as it is.
std::string map(std::string_view text, utf8proc_option_t options) {
  utf8proc_uint8_t* raw = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &raw, options);
  const std::unique_ptr<utf8proc_uint8_t, Free> mapped(raw);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return std::string(text);
  return std::string(reinterpret_cast<const char*>(mapped.get()), static_cast<std::size_t>(size));
}

/// Length of the well-formed sequence at `offset` by table 3-7 of the Unicode Standard, 0 if none.
std::size_t sequence(std::string_view text, std::size_t offset) noexcept {
  const auto byte = [&](std::size_t i) {
    return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0U;
  };
  const auto trails = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return trails(1) ? 2 : 0;
  if (lead < 0xf0) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;   // overlong
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;  // surrogates
    return trails(1, low, high) && trails(2) ? 3 : 0;
  }
  if (lead > 0xf4) return 0;
  const unsigned low = lead == 0xf0 ? 0x90 : 0x80;   // overlong
  const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;  // beyond U+10FFFF
  return trails(1, low, high) && trails(2) && trails(3) ? 4 : 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  return first_invalid_byte(text) == std::string_view::npos;
}

std::size_t first_invalid_byte(std::string_view text) noexcept {
  std::size_t offset = 0;
  while (offset < text.size()) {
    std::uint64_t eight = 0;
    if (text.size() - offset >= sizeof eight) {
      std::memcpy(&eight, text.data() + offset, sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        offset += sizeof eight;
        continue;
      }
    }
    const std::size_t size = sequence(text, offset);
    if (size == 0) return offset;
    offset += size;
  }
  return std::string_view::npos;
}

std::size_t length(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string nfkc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  return map(text, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
}

std::string lower(std::string_view text) {
  if (is_ascii(text)) return ascii::lower(text);
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t start = offset;
    const char32_t c = next(text, offset);
    if (c == U'\u0130') {
      out += "i\xcc\x87";  // the one unconditional rule of SpecialCasing.txt: i, combining dot above
    } else if (c == U'\u03a3') {
      append(out, is_final_sigma(text, start, offset) ? U'\u03c2' : U'\u03c3');
    } else {
      append(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
  }
  return out;
}

std::string casefold(std::string_view text) {
  if (is_ascii(text)) return ascii::lower(text);
  return map(text, UTF8PROC_CASEFOLD);
}

std::string_view strip(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t offset = 0;
    if (!is_space(next(text, offset))) break;
    text.remove_prefix(offset);
  }
  while (!text.empty()) {
    const std::size_t last = before(text, text.size());
    std::size_t offset = last;
    if (!is_space(next(text, offset))) break;
    text = text.substr(0, last);
  }
  return text;
}

bool is_word(char32_t c) noexcept {
  if (c == U'_') return true;
  const utf8proc_category_t found = category(c);
  return (found >= UTF8PROC_CATEGORY_LU && found <= UTF8PROC_CATEGORY_LO) ||
         (found >= UTF8PROC_CATEGORY_ND && found <= UTF8PROC_CATEGORY_NO);
}

bool is_digit(char32_t c) noexcept {
  return category(c) == UTF8PROC_CATEGORY_ND || in(kDigitsThatAreNotDecimal, c);
}

bool is_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

char32_t next(std::string_view text, std::size_t& offset) noexcept {
  if (offset >= text.size()) return 0;
  const std::size_t size = sequence(text, offset);
  const auto lead = static_cast<unsigned char>(text[offset]);
  ++offset;
  if (size == 0) return U'\ufffd';
  if (size == 1) return lead;
  char32_t c = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) c = c << 6 | (static_cast<unsigned char>(text[offset++]) & 0x3fU);
  return c;
}

void append(std::string& out, char32_t c) {
  const auto put = [&](unsigned value) { out += static_cast<char>(value); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

}  // namespace util::unicode
