#include "tokens/issuer.h"

#include <array>
#include <string_view>
#include <utility>

#include "json/writer.h"
#include "tokens/user_claim.h"
#include "util/encoding.h"

namespace tokens {
namespace {

/// A random UUID (RFC 9562 section 5.4) without its hyphens.
std::string uuid4_hex(util::Random& random) {
  std::array<unsigned char, 16> bytes;
  random.fill(bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  return util::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

constexpr std::size_t typical_claims_bytes = 256;

}  // namespace

Issuer::Issuer(const KeyRing& keys, const util::Clock& clock, util::Random& random, IssuerOptions options)
    : keys_(keys), clock_(clock), random_(random), options_(std::move(options)) {}

TokenPair Issuer::issue_pair(const store::User& user) const {
  const std::int64_t now = clock_.unix_now();
  TokenPair pair;
  pair.refresh_jti = uuid4_hex(random_);
  pair.refresh_expires = now + options_.refresh_lifetime.count();
  pair.refresh = issue(TokenType::refresh, user, now, pair.refresh_jti);
  pair.access = issue(TokenType::access, user, now, uuid4_hex(random_));
  return pair;
}

std::string Issuer::issue(TokenType type, const store::User& user, std::int64_t now,
                          std::string_view jti) const {
  std::string claims;
  claims.reserve(typical_claims_bytes);
  json::Object object(claims);
  const auto lifetime = type == TokenType::access ? options_.access_lifetime : options_.refresh_lifetime;
  object.field(options_.token_type_claim, name(type))
      .field("exp", std::int64_t{now + lifetime.count()})
      .field("iat", now)
      .field(options_.jti_claim, jti);
  if (options_.username_as_id) {
    object.field(options_.user_id_claim, std::string_view(user.username));
  } else if (options_.user_id_as_string) {
    object.field(options_.user_id_claim, std::string_view(std::to_string(user.id)));
  } else {
    object.field(options_.user_id_claim, user.id);
  }
  if (!options_.revoke_claim.empty()) {
    object.field(options_.revoke_claim, std::string_view(claim_text(mark_of(user.password))));
  }
  if (!options_.audience.empty()) object.field("aud", std::string_view(options_.audience));
  if (!options_.issuer.empty()) object.field("iss", std::string_view(options_.issuer));
  object.close();
  return keys_.signing_key().sign(claims);
}

// The order is that of a Python dict: a claim that is there already keeps its place. So `iat` stays
// fourth with the refresh token's value, and a copied `aud` stays where the refresh token has it.
std::string Issuer::access_from(const json::Value& refresh_claims) const {
  const std::int64_t now = clock_.unix_now();
  std::string claims;
  claims.reserve(typical_claims_bytes);
  json::Object object(claims);
  object.field(options_.token_type_claim, name(TokenType::access))
      .field("exp", std::int64_t{now + options_.access_lifetime.count()});
  if (const auto issued = refresh_claims.get("iat")) {
    object.raw("iat", issued->dump());
  } else {
    object.field("iat", now);
  }
  object.field(options_.jti_claim, std::string_view(uuid4_hex(random_)));

  bool audience_due = !options_.audience.empty();
  bool issuer_due = !options_.issuer.empty();
  refresh_claims.each([&](std::string_view claim, const json::Value& value) {
    if (claim == options_.token_type_claim || claim == options_.jti_claim) return;
    if (claim == "exp" || claim == "iat" || claim == "jti") return;
    if (claim == "aud" && audience_due) {
      object.field("aud", std::string_view(options_.audience));
      audience_due = false;
    } else if (claim == "iss" && issuer_due) {
      object.field("iss", std::string_view(options_.issuer));
      issuer_due = false;
    } else {
      object.raw(claim, value.dump());
    }
  });
  if (audience_due) object.field("aud", std::string_view(options_.audience));
  if (issuer_due) object.field("iss", std::string_view(options_.issuer));
  object.close();
  return keys_.signing_key().sign(claims);
}

TokenPair Issuer::rotate(const json::Value& refresh_claims) const {
  const std::int64_t now = clock_.unix_now();
  TokenPair pair;
  pair.access = access_from(refresh_claims);
  pair.refresh_jti = uuid4_hex(random_);
  pair.refresh_expires = now + options_.refresh_lifetime.count();
  pair.refresh = successor(refresh_claims, now, pair.refresh_jti);
  return pair;
}

std::string Issuer::successor(const json::Value& claims, std::int64_t now, std::string_view jti) const {
  json::Value next = json::Value::object();
  claims.each([&](std::string_view claim, const json::Value& value) { next.set(claim, value); });
  next.set(options_.jti_claim, json::Value::string(jti));
  next.set("exp", json::Value::integer(now + options_.refresh_lifetime.count()));
  next.set("iat", json::Value::integer(now));
  if (!options_.audience.empty()) next.set("aud", json::Value::string(options_.audience));
  if (!options_.issuer.empty()) next.set("iss", json::Value::string(options_.issuer));
  return keys_.signing_key().sign(next.dump());
}

}  // namespace tokens
