#include "tokens/jti.h"

#include <algorithm>
#include <array>

#include "util/encoding.h"

namespace tokens {
namespace {

/// RFC 9562 section 5.4.
std::string uuid4_hex(std::array<unsigned char, 16> bytes) {
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  return util::to_hex(bytes);
}

}  // namespace

std::string random_jti(util::Random& random) {
  std::array<unsigned char, 16> bytes;
  random.fill(bytes);
  return uuid4_hex(bytes);
}

std::string succeeding_jti(const jwt::Key& key, TokenType type, const store::SessionId& session,
                           std::string_view presented) {
  std::string data(reinterpret_cast<const char*>(session.data()), session.size());
  data.append(presented);
  const crypto::Sha256 digest =
      key.keyed_digest(type == TokenType::refresh ? "jwtauthd refresh" : "jwtauthd access", data);
  std::array<unsigned char, 16> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return uuid4_hex(bytes);
}

}  // namespace tokens
