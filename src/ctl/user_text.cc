#include "ctl/user_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "util/unicode.h"

namespace jwtauthd {
namespace {

namespace unicode = util::unicode;

std::string iso8601(util::TimePoint time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                                 utc.tm_sec, static_cast<int>((time - whole).count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string seconds_only(util::TimePoint time) {
  return iso8601(time).substr(0, 19) + "Z";
}

/// JSON holds UTF-8 only; a latin1 column read through utf8mb4 always is.
json::Value text(std::string_view value) {
  return json::Value::string(unicode::is_utf8(value) ? value : std::string_view("\ufffd"));
}

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
  out.set("username", text(user.username));
  out.set("email", text(user.email));
  out.set("first_name", text(user.first_name));
  out.set("last_name", text(user.last_name));
  out.set("is_active", json::Value::boolean(user.is_active));
  out.set("is_staff", json::Value::boolean(user.is_staff));
  out.set("is_superuser", json::Value::boolean(user.is_superuser));
  out.set("date_joined", text(iso8601(user.date_joined)));
  out.set("last_login", user.last_login ? text(iso8601(*user.last_login)) : json::Value());
  out.set("password_scheme", text(password_scheme(user.password)));
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
      {"joined        ", seconds_only(user.date_joined)},
      {"last login    ", user.last_login ? seconds_only(*user.last_login) : "never"},
      {"password      ", password_scheme(user.password)},
  }};
  std::vector<std::string> lines;
  for (const auto& [name, value] : fields) lines.push_back(name + value);
  return lines;
}

std::vector<std::string> user_table(const std::vector<store::User>& users) {
  using Row = std::array<std::string, 6>;
  std::vector<Row> rows{{"ID", "USERNAME", "EMAIL", "ACTIVE", "STAFF", "LAST LOGIN"}};
  for (const auto& user : users) {
    rows.push_back({std::to_string(user.id), printable(user.username), printable(user.email),
                    yes_no(user.is_active), yes_no(user.is_staff),
                    user.last_login ? seconds_only(*user.last_login) : "never"});
  }
  std::array<std::size_t, 6> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], unicode::length(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      line += row[i] + std::string(widths[i] + 2 - unicode::length(row[i]), ' ');
    }
    lines.push_back(line + row.back());
  }
  return lines;
}

}  // namespace jwtauthd
