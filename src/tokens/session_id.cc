#include "tokens/session_id.h"

#include <algorithm>
#include <chrono>

#include "crypto/digest.h"
#include "util/encoding.h"

namespace tokens {
namespace {

using store::SessionId;

constexpr std::size_t time_bytes = 6;

void mark(SessionId& id, unsigned version) {
  id[6] = static_cast<unsigned char>((id[6] & 0x0f) | (version << 4));
  id[8] = static_cast<unsigned char>((id[8] & 0x3f) | 0x80);
}

SessionId standing_for(std::string_view whose, std::string_view name) {
  const crypto::Sha256 digest = crypto::sha256(std::string(whose).append(name));
  SessionId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  mark(id, 8);
  return id;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

SessionId new_session_id(util::TimePoint now, util::Random& random) {
  SessionId id;
  random.fill(id);
  auto millis = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
  for (std::size_t i = time_bytes; i-- > 0; millis >>= 8) id[i] = static_cast<unsigned char>(millis);
  mark(id, 7);
  return id;
}

std::optional<util::TimePoint> began(const SessionId& id) {
  if (id[6] >> 4 != 7) return std::nullopt;
  std::int64_t millis = 0;
  for (std::size_t i = 0; i < time_bytes; ++i) millis = millis << 8 | id[i];
  return util::TimePoint(std::chrono::milliseconds(millis));
}

std::string sid_text(const SessionId& id) {
  return util::to_hex(id);
}

std::optional<SessionId> read_sid(std::string_view text) {
  SessionId id;
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return id;
}

SessionOfToken session_of(const json::Value& claims, std::string_view jti_claim) {
  const auto sid = claims.get(sid_claim);
  if (sid && sid->is(json::Type::string)) {
    if (const auto id = read_sid(sid->as_string())) return {*id, true};
  }
  const auto jti = claims.get(jti_claim);
  return {standing_for("jti:", jti && jti->is(json::Type::string) ? jti->as_string() : std::string_view{}),
          false};
}

SessionOfToken session_of_foreign(std::string_view issuer, std::string_view subject, std::string_view jti) {
  // Its length first, so that where an issuer ends is plain.
  std::string whose = "iss:" + std::to_string(issuer.size()) + ":";
  whose.append(issuer).append(jti.empty() ? "sub:" : "jti:");
  return {standing_for(whose, jti.empty() ? subject : jti), false};
}

}  // namespace tokens
