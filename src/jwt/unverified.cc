#include "jwt/unverified.h"

#include <charconv>
#include <optional>

#include "util/encoding.h"

namespace jwt {
namespace {

/// A reader of one JSON object's own members, whatever lies within them.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text) {}

  /// The raw text, escapes included, of the string that this member has.
  std::optional<std::string_view> string_member(std::string_view name) {
    if (!take('{')) return std::nullopt;
    do {
      const auto key = string();
      if (!key || !take(':')) return std::nullopt;
      if (*key == name) return string();
      skip_value();
    } while (take(','));
    return std::nullopt;
  }

 private:
  bool take(char c) {
    at_ = text_.find_first_not_of(" \t\r\n", at_);
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<std::string_view> string() {
    if (!take('"')) return std::nullopt;
    const std::size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    if (at_ >= text_.size()) return std::nullopt;
    return text_.substr(begin, at_++ - begin);
  }

  void skip_value() {
    for (std::size_t depth = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        if (!string()) return;
        --at_;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (depth > 0 && (c == '}' || c == ']')) {
        --depth;
      } else if (depth == 0 && (c == ',' || c == '}')) {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// What `\` and the characters behind it stand for; of \u the ASCII part, which is what issuers are made of.
std::optional<char> escaped(std::string_view behind, std::size_t& used) {
  if (behind.empty()) return std::nullopt;
  used = 1;
  if (behind[0] == '"' || behind[0] == '\\' || behind[0] == '/') return behind[0];
  if (behind[0] != 'u' || behind.size() < 5) return std::nullopt;
  unsigned code = 0;
  const auto [end, error] = std::from_chars(behind.data() + 1, behind.data() + 5, code, 16);
  if (error != std::errc{} || end != behind.data() + 5 || code >= 0x80) return std::nullopt;
  used = 5;
  return static_cast<char>(code);
}

/// In place: what is read is never shorter than what is written. Empty: an escape of another kind.
std::string_view unescape(std::string_view raw, ClaimsRoom& room) {
  char* out = room.data() + (raw.data() - room.data());
  std::size_t size = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '\\') {
      std::size_t used = 0;
      const auto meant = escaped(raw.substr(i + 1), used);
      if (!meant) return {};
      c = *meant;
      i += used;
    }
    out[size++] = c;
  }
  return {out, size};
}

}  // namespace

std::string_view unverified_issuer(std::string_view token, ClaimsRoom& room) noexcept {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos || token.size() > max_token_bytes) return {};
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  const auto claims = util::from_base64url(token.substr(first + 1, second - first - 1), room);
  if (!claims) return {};
  const auto issuer = Members(*claims).string_member("iss");
  return issuer ? unescape(*issuer, room) : std::string_view{};
}

}  // namespace jwt
