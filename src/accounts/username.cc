#include "accounts/username.h"

#include "util/unicode.h"

namespace accounts {

bool has_username_form(std::string_view username) noexcept {
  if (username.empty()) return false;
  for (std::size_t offset = 0; offset < username.size();) {
    const char32_t c = util::unicode::next(username, offset);
    const bool allowed = c == U'.' || c == U'@' || c == U'+' || c == U'-' || util::unicode::is_word(c);
    if (!allowed) return false;
  }
  return true;
}

std::string normalized_username(std::string_view username) {
  return util::unicode::nfkc(username);
}

}  // namespace accounts
