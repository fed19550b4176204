#include "json/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <new>
#include <system_error>

#include "util/secret.h"
#include "util/unicode.h"

namespace json {
namespace {

constexpr char32_t kReplacement = 0xfffd;
/// sys.get_int_max_str_digits() of Python 3.11.
constexpr std::size_t kMaxIntegerDigits = 4300;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_high_surrogate(char16_t c) noexcept {
  return c >= 0xd800 && c <= 0xdbff;
}
bool is_low_surrogate(char16_t c) noexcept {
  return c >= 0xdc00 && c <= 0xdfff;
}

JsonPtr make_string(std::string_view text) {
  return or_throw(json_stringn_nocheck(text.data(), text.size()));
}

/// Whether a decimal that double cannot hold is too large rather than too small for it: the place of
/// its first digit other than zero, counted from the point, plus the exponent.
bool is_huge(std::string_view real) {
  constexpr long long kBeyondAnyText = 1LL << 60;  // no text has that many digits to set against it
  if (real.front() == '-') real.remove_prefix(1);
  const std::size_t e = real.find_first_of("eE");
  const std::string_view mantissa = real.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  long long exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = real.substr(e + 1);
    const bool negative = digits.front() == '-';
    if (negative || digits.front() == '+') digits.remove_prefix(1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (parsed.ec != std::errc() || exponent > kBeyondAnyText) return !negative;
    if (negative) exponent = -exponent;
  }
  return static_cast<long long>(point) - static_cast<long long>(first) + exponent > 0;
}

}  // namespace

Reader::~Reader() {
  unescaped_.resize(unescaped_.capacity());
  util::wipe(unescaped_.data(), unescaped_.size());
}

JsonPtr Reader::read() {
  if (text_.starts_with("\xef\xbb\xbf")) return fail("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0);
  skip_space();
  JsonPtr json = value();
  if (!json) return nullptr;
  skip_space();
  if (offset_ != text_.size()) return fail("Extra data", offset_);
  return json;
}

JsonPtr Reader::value() {
  if (offset_ == text_.size()) return fail("Expecting value", offset_);
  switch (text_[offset_]) {
    case '"':
      return string_value();
    case '{':
      return object();
    case '[':
      return array();
    case 'n':
      if (!at("null")) break;
      offset_ += 4;
      return JsonPtr(json_null());
    case 't':
      if (!at("true")) break;
      offset_ += 4;
      return JsonPtr(json_true());
    case 'f':
      if (!at("false")) break;
      offset_ += 5;
      return JsonPtr(json_false());
    case 'N':
      if (!at("NaN")) break;
      return constant("NaN");
    case 'I':
      if (!at("Infinity")) break;
      return constant("Infinity");
    case '-':
      if (at("-Infinity")) return constant("-Infinity");
      return number();
    default:
      return number();
  }
  return fail("Expecting value", offset_);
}

JsonPtr Reader::constant(std::string_view name) {
  error_ = "Out of range float values are not JSON compliant: '";
  error_ += name;
  error_ += '\'';
  return nullptr;
}

bool Reader::enter(std::size_t bracket) {
  if (depth_ == 0) {
    fail("Nesting too deep", bracket);
    return false;
  }
  --depth_;
  return true;
}

JsonPtr Reader::array() {
  if (!enter(offset_)) return nullptr;
  JsonPtr json = or_throw(json_array());
  ++offset_;
  skip_space();
  if (!at(']')) {
    while (true) {
      JsonPtr member = value();
      if (!member) return nullptr;
      if (json_array_append_new(json.get(), member.release()) != 0) throw std::bad_alloc();
      skip_space();
      if (at(']')) break;
      if (!at(',')) return fail("Expecting ',' delimiter", offset_);
      ++offset_;
      skip_space();
    }
  }
  ++offset_;
  ++depth_;
  return json;
}

JsonPtr Reader::object() {
  if (!enter(offset_)) return nullptr;
  JsonPtr json = or_throw(json_object());
  ++offset_;
  skip_space();
  if (!at('}')) {
    while (true) {
      if (!at('"')) return fail("Expecting property name enclosed in double quotes", offset_);
      const std::optional<std::string_view> text = string();
      if (!text) return nullptr;
      const std::string key(*text);
      skip_space();
      if (!at(':')) return fail("Expecting ':' delimiter", offset_);
      ++offset_;
      skip_space();
      JsonPtr member = value();
      if (!member) return nullptr;
      if (json_object_setn_new_nocheck(json.get(), key.data(), key.size(), member.release()) != 0) {
        throw std::bad_alloc();
      }
      skip_space();
      if (at('}')) break;
      if (!at(',')) return fail("Expecting ',' delimiter", offset_);
      ++offset_;
      skip_space();
    }
  }
  ++offset_;
  ++depth_;
  return json;
}

JsonPtr Reader::number() {
  const std::size_t start = offset_;
  std::size_t i = start;
  const auto digit_at = [this](std::size_t k) { return k < text_.size() && is_digit(text_[k]); };
  if (text_[i] == '-') ++i;
  if (!digit_at(i)) return fail("Expecting value", start);
  const std::size_t first_digit = i;
  if (text_[i] == '0') {
    ++i;
  } else {
    while (digit_at(i)) ++i;
  }
  const std::size_t digits = i - first_digit;
  bool real = false;
  if (i < text_.size() && text_[i] == '.' && digit_at(i + 1)) {
    real = true;
    ++i;
    while (digit_at(i)) ++i;
  }
  if (i < text_.size() && (text_[i] == 'e' || text_[i] == 'E')) {
    std::size_t k = i + 1;
    if (k < text_.size() && (text_[k] == '+' || text_[k] == '-')) ++k;
    if (digit_at(k)) {
      real = true;
      i = k;
      while (digit_at(i)) ++i;
    }
  }
  offset_ = i;
  const std::string_view token = text_.substr(start, i - start);
  const char* const end = token.data() + token.size();

  if (real) {
    double value = 0;
    const auto parsed = std::from_chars(token.data(), end, value);
    if (parsed.ec == std::errc::result_out_of_range || std::isinf(value)) {
      const bool negative = token.front() == '-';
      if (is_huge(token)) return make_string(negative ? "-inf" : "inf");
      value = negative ? -0.0 : 0.0;
    }
    return or_throw(json_real(value));
  }
  std::int64_t value = 0;
  if (std::from_chars(token.data(), end, value).ec == std::errc()) return or_throw(json_integer(value));
  if (digits > kMaxIntegerDigits) {
    error_ = "Exceeds the limit (" + std::to_string(kMaxIntegerDigits) +
             " digits) for integer string conversion: value has " + std::to_string(digits) +
             " digits; use sys.set_int_max_str_digits() to increase the limit";
    return nullptr;
  }
  return make_string(token);
}

JsonPtr Reader::string_value() {
  std::optional<std::string_view> text = string();
  if (!text) return nullptr;
  if (!lone_surrogate_) return make_string(*text);
  // A lone surrogate was an escape, so the text is in unescaped_.
  unescaped_ += kSurrogateMark;
  unescaped_ += static_cast<char>(*lone_surrogate_ >> 8);
  unescaped_ += static_cast<char>(*lone_surrogate_ & 0xff);
  return make_string(unescaped_);
}

std::optional<std::string_view> Reader::string() {
  const std::size_t opening_quote = offset_++;
  unescaped_.clear();
  lone_surrogate_.reset();
  bool escaped = false;
  while (true) {
    const std::size_t start = offset_;
    while (offset_ < text_.size() && text_[offset_] != '"' && text_[offset_] != '\\') {
      if (static_cast<unsigned char>(text_[offset_]) < 0x20) {
        fail("Invalid control character at", offset_);
        return std::nullopt;
      }
      ++offset_;
    }
    if (offset_ == text_.size()) {
      fail("Unterminated string starting at", opening_quote);
      return std::nullopt;
    }
    const std::string_view plain = text_.substr(start, offset_ - start);
    if (text_[offset_] == '"') {
      ++offset_;
      if (!escaped) return plain;
      unescaped_ += plain;
      return unescaped_;
    }
    escaped = true;
    unescaped_ += plain;
    if (!escape(opening_quote)) return std::nullopt;
  }
}

/// At a backslash; appends what it stands for.
bool Reader::escape(std::size_t opening_quote) {
  const std::size_t backslash = offset_;
  if (backslash + 1 == text_.size()) {
    fail("Unterminated string starting at", opening_quote);
    return false;
  }
  const char letter = text_[backslash + 1];
  offset_ += 2;
  if (letter != 'u') {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t which = kLetters.find(letter);
    if (which == std::string_view::npos) {
      fail("Invalid \\escape", backslash);
      return false;
    }
    unescaped_ += kMeanings[which];
    return true;
  }

  const std::optional<char16_t> unit = hex4(offset_);
  if (!unit) {
    fail("Invalid \\uXXXX escape", offset_ - 1);
    return false;
  }
  offset_ += 4;
  char32_t c = *unit;
  if (is_high_surrogate(*unit) && at("\\u")) {
    const std::optional<char16_t> second = hex4(offset_ + 2);
    if (!second) {
      fail("Invalid \\uXXXX escape", offset_ + 1);
      return false;
    }
    if (is_low_surrogate(*second)) {
      offset_ += 6;
      c = 0x10000 + ((char32_t{*unit} - 0xd800) << 10) + (char32_t{*second} - 0xdc00);
    }
  }
  if (c >= 0xd800 && c <= 0xdfff) {
    if (!lone_surrogate_) lone_surrogate_ = *unit;
    c = kReplacement;
  }
  util::unicode::append(unescaped_, c);
  return true;
}

/// Python wants a character behind the four digits too, be it only the closing quote.
std::optional<char16_t> Reader::hex4(std::size_t offset) const {
  if (offset + 4 >= text_.size()) return std::nullopt;
  unsigned unit = 0;
  const char* const first = text_.data() + offset;
  const auto parsed = std::from_chars(first, first + 4, unit, 16);
  if (parsed.ec != std::errc() || parsed.ptr != first + 4) return std::nullopt;
  return static_cast<char16_t>(unit);
}

void Reader::skip_space() noexcept {
  while (offset_ < text_.size()) {
    const char c = text_[offset_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++offset_;
  }
}

std::nullptr_t Reader::fail(std::string_view sentence, std::size_t offset) {
  const std::string_view before = text_.substr(0, offset);
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = before.find('\n'); i != std::string_view::npos; i = before.find('\n', i + 1)) {
    ++line;
    line_start = i + 1;
  }
  error_ = sentence;
  error_ += ": line " + std::to_string(line);
  error_ += " column " + std::to_string(util::unicode::length(before.substr(line_start)) + 1);
  error_ += " (char " + std::to_string(util::unicode::length(before)) + ")";
  return nullptr;
}

}  // namespace json
