#include "tokens/personal_token_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tokens {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t random_length = 30;
constexpr std::size_t checksum_length = 6;  // 62^6 > 2^32
constexpr std::size_t checked_length = personal_token_prefix.size() + random_length;
constexpr std::size_t hint_length = 4;

/// As zlib's and IEEE 802.3: reflected, of the polynomial 0x04C11DB7.
std::uint32_t crc32(std::string_view text) noexcept {
  std::uint32_t crc = 0xffffffff;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::array<char, checksum_length> checksum(std::string_view text) noexcept {
  std::array<char, checksum_length> out{};
  std::size_t rest = crc32(text);
  for (std::size_t i = out.size(); i-- > 0; rest /= digits.size()) out[i] = digits[rest % digits.size()];
  return out;
}

/// scope-token of RFC 6749 section 3.3.
bool is_scope_character(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

}  // namespace

util::Secret new_personal_token(util::Random& random) {
  std::string text;
  text.reserve(checked_length + checksum_length);  // so that no part of it is left behind by growing
  text += personal_token_prefix;
  const auto drawn = util::Secret::take(random.alphanumeric(random_length));
  text += drawn.reveal();
  const auto check = checksum(text);
  text.append(check.data(), check.size());
  return util::Secret::take(std::move(text));
}

bool is_personal_token(std::string_view text) noexcept {
  if (text.size() != checked_length + checksum_length || !text.starts_with(personal_token_prefix))
    return false;
  const auto check = checksum(text.substr(0, checked_length));
  return text.substr(checked_length) == std::string_view(check.data(), check.size()) &&
         text.find_first_not_of(digits, personal_token_prefix.size()) == std::string_view::npos;
}

std::string hint_of(std::string_view personal_token) {
  return std::string(personal_token.substr(personal_token.size() - hint_length));
}

std::optional<std::string> scope_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::string scope;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty() || std::find(words.begin(), words.end(), word) != words.end()) continue;
    if (!std::all_of(word.begin(), word.end(), is_scope_character)) return std::nullopt;
    words.push_back(word);
    if (!scope.empty()) scope += ' ';
    scope += word;
  }
  return scope;
}

}  // namespace tokens
