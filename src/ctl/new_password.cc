#include "ctl/new_password.h"

#include "util/unicode.h"

namespace jwtauthd {

std::string unusable_because(std::string_view password) {
  if (!util::unicode::is_utf8(password)) return "Error: The password is not UTF-8 text.";
  if (util::unicode::strip(password) != password) {
    return "Error: The password begins or ends with white space, which a login leaves out.";
  }
  if (password.find('\0') != std::string_view::npos) return "Error: The password contains a NUL.";
  return {};
}

}  // namespace jwtauthd
