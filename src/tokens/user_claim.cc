#include "tokens/user_claim.h"

#include <charconv>
#include <system_error>

#include "util/encoding.h"

namespace tokens {
namespace {

constexpr double past_every_id = 9'223'372'036'854'775'808.0;  // 2^63

std::int64_t from_digits(std::string_view text) {
  std::int64_t id = nobody;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, id);
  return error == std::errc{} && rest == end ? id : nobody;
}

std::int64_t read_id(const json::Value& value) {
  switch (value.type()) {
    case json::Type::integer:
      return value.as_integer();
    case json::Type::real:
      return value.as_real() < past_every_id && value.as_real() >= 1
                 ? static_cast<std::int64_t>(value.as_real())
                 : nobody;
    case json::Type::string:
      return from_digits(value.as_string());
    case json::Type::null:
    case json::Type::boolean:
    case json::Type::array:
    case json::Type::object:
      break;
  }
  return nobody;
}

}  // namespace

PasswordMark mark_of(std::string_view stored_hash) {
  return crypto::md5(stored_hash);
}

std::string claim_text(const PasswordMark& mark) {
  std::string text = util::to_hex(mark);
  for (char& c : text) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::optional<std::int64_t> named_user(const json::Value& claims, std::string_view claim) {
  const auto value = claims.get(claim);
  if (!value) return std::nullopt;
  const std::int64_t id = read_id(*value);
  return id > 0 ? id : nobody;
}

}  // namespace tokens
