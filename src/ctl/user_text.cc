#include "ctl/user_text.h"

#include <algorithm>
#include <array>

#include "ctl/plain_text.h"
#include "util/unicode.h"

namespace jwtauthd {
namespace {

namespace unicode = util::unicode;

std::string yes_no(bool value) {
  return value ? "yes" : "no";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t offset = 0; offset < text.size();) {
    const char32_t c = unicode::next(text, offset);
    unicode::append(out, c < 0x20 || (c >= 0x7f && c < 0xa0) ? U'\ufffd' : c);
  }
  return out;
}

std::string password_scheme(std::string_view encoded) {
  if (encoded.empty()) return "none";
  if (encoded.front() == '!') return "unusable";
  std::array<std::string_view, 3> part;
  for (auto& piece : part) {
    piece = encoded.substr(0, encoded.find('$'));
    encoded.remove_prefix(std::min(encoded.size(), piece.size() + 1));
  }
  if (part[0].starts_with("pbkdf2_")) return printable(part[0]) + ", " + printable(part[1]) + " iterations";
  if (part[0] == "argon2") return printable(part[1]);
  const bool known = part[0] == "scrypt" || part[0] == "bcrypt" || part[0] == "bcrypt_sha256" ||
                     part[0] == "md5" || part[0] == "sha1";
  return known ? std::string(part[0]) : "unknown";
}

json::Value user_json(const store::User& user) {
  json::Value out = json::Value::object();
  out.set("id", json::Value::integer(user.id));
  out.set("username", json_text(user.username));
  out.set("email", json_text(user.email));
  out.set("first_name", json_text(user.first_name));
  out.set("last_name", json_text(user.last_name));
  out.set("is_active", json::Value::boolean(user.is_active));
  out.set("is_staff", json::Value::boolean(user.is_staff));
  out.set("is_superuser", json::Value::boolean(user.is_superuser));
  out.set("date_joined", json_time(user.date_joined));
  out.set("last_login", json_time(user.last_login));
  out.set("password_scheme", json_text(password_scheme(user.password)));
  return out;
}

std::vector<std::string> user_lines(const store::User& user) {
  const std::array<std::pair<const char*, std::string>, 11> fields{{
      {"id            ", std::to_string(user.id)},
      {"username      ", printable(user.username)},
      {"email         ", printable(user.email)},
      {"first name    ", printable(user.first_name)},
      {"last name     ", printable(user.last_name)},
      {"active        ", yes_no(user.is_active)},
      {"staff         ", yes_no(user.is_staff)},
      {"superuser     ", yes_no(user.is_superuser)},
      {"joined        ", utc_seconds(user.date_joined)},
      {"last login    ", user.last_login ? utc_seconds(*user.last_login) : "never"},
      {"password      ", password_scheme(user.password)},
  }};
  std::vector<std::string> lines;
  for (const auto& [name, value] : fields) lines.push_back(name + value);
  return lines;
}

std::vector<std::string> user_table(const std::vector<store::User>& users) {
  std::vector<std::vector<std::string>> rows{{"ID", "USERNAME", "EMAIL", "ACTIVE", "STAFF", "LAST LOGIN"}};
  for (const auto& user : users) {
    rows.push_back({std::to_string(user.id), printable(user.username), printable(user.email),
                    yes_no(user.is_active), yes_no(user.is_staff),
                    user.last_login ? utc_seconds(*user.last_login) : "never"});
  }
  return columns(rows);
}

}  // namespace jwtauthd
