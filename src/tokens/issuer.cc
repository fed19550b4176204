#include "tokens/issuer.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "json/writer.h"
#include "tokens/jti.h"
#include "tokens/session_id.h"
#include "tokens/user_claim.h"

namespace tokens {
namespace {

constexpr std::size_t typical_claims_bytes = 256;

}  // namespace

Issuer::Issuer(const KeyRing& keys, const util::Clock& clock, util::Random& random, IssuerOptions options)
    : keys_(keys), clock_(clock), random_(random), options_(std::move(options)) {}

bool Issuer::tells_of_user() const noexcept {
  return options_.custom != nullptr && options_.custom->tell_of_user();
}

bool Issuer::is_custom(std::string_view claim) const noexcept {
  return options_.custom != nullptr && options_.custom->own(claim);
}

void Issuer::append_custom(json::Object& object, const KnownUser* known) const {
  if (options_.custom != nullptr) options_.custom->append(object, known);
}

TokenPair Issuer::issue_pair(const store::User& user, const KnownUser* known) const {
  const std::int64_t now = clock_.unix_now();
  TokenPair pair;
  pair.refresh_jti = random_jti(random_);
  pair.refresh_expires = now + options_.refresh_lifetime.count();
  pair.refresh =
      issue(TokenType::refresh, user, {now, pair.refresh_expires, pair.refresh_jti, nullptr}, nullptr);
  const std::string access_jti = random_jti(random_);
  pair.access = issue(TokenType::access, user,
                      {now, now + options_.access_lifetime.count(), access_jti, nullptr}, known);
  return pair;
}

TokenPair Issuer::issue_pair(const store::User& user, const SessionPair& chosen,
                             const KnownUser* known) const {
  return {issue(TokenType::refresh, user, stamp(TokenType::refresh, chosen), nullptr),
          issue(TokenType::access, user, stamp(TokenType::access, chosen), known), chosen.refresh_jti,
          chosen.refresh_expires, chosen.session};
}

Issuer::Stamp Issuer::stamp(TokenType type, const SessionPair& chosen) const {
  if (type == TokenType::refresh) {
    return {chosen.issued, chosen.refresh_expires, chosen.refresh_jti, &chosen.session};
  }
  const std::int64_t expires = chosen.issued + options_.access_lifetime.count();
  return {chosen.issued, std::min(expires, chosen.refresh_expires), chosen.access_jti, &chosen.session};
}

std::string Issuer::issue(TokenType type, const store::User& user, const Stamp& stamp,
                          const KnownUser* known) const {
  std::string claims;
  claims.reserve(typical_claims_bytes);
  json::Object object(claims);
  object.field(options_.token_type_claim, name(type))
      .field("exp", stamp.expires)
      .field("iat", stamp.issued)
      .field(options_.jti_claim, stamp.jti);
  if (options_.username_as_id) {
    object.field(options_.user_id_claim, std::string_view(user.username));
  } else if (options_.user_id_as_string) {
    object.field(options_.user_id_claim, std::string_view(std::to_string(user.id)));
  } else {
    object.field(options_.user_id_claim, user.id);
  }
  if (stamp.session != nullptr) object.field(sid_claim, std::string_view(sid_text(*stamp.session)));
  if (!options_.revoke_claim.empty()) {
    object.field(options_.revoke_claim, std::string_view(claim_text(mark_of(user.password))));
  }
  if (type == TokenType::access) append_custom(object, known);
  if (!options_.audience.empty()) object.field("aud", std::string_view(options_.audience));
  if (!options_.issuer.empty()) object.field("iss", std::string_view(options_.issuer));
  object.close();
  return keys_.signing_key()->sign(claims);
}

std::string Issuer::access_from(const json::Value& refresh_claims, const KnownUser* known) const {
  const std::int64_t now = clock_.unix_now();
  const std::string jti = random_jti(random_);
  return access(refresh_claims, {now, now + options_.access_lifetime.count(), jti, nullptr}, known);
}

std::string Issuer::access_from(const json::Value& refresh_claims, const store::SessionId& session,
                                std::int64_t end, const KnownUser* known) const {
  const std::int64_t now = clock_.unix_now();
  const std::string jti = random_jti(random_);
  return access(refresh_claims, {now, std::min(now + options_.access_lifetime.count(), end), jti, &session},
                known);
}

// The order is that of a Python dict: a claim that is there already keeps its place. So `iat` stays
// fourth with the refresh token's value, and a copied `aud` stays where the refresh token has it.
std::string Issuer::access(const json::Value& refresh_claims, const Stamp& stamp,
                           const KnownUser* known) const {
  std::string claims;
  claims.reserve(typical_claims_bytes);
  json::Object object(claims);
  object.field(options_.token_type_claim, name(TokenType::access)).field("exp", stamp.expires);
  if (const auto issued = refresh_claims.get("iat")) {
    object.raw("iat", issued->dump());
  } else {
    object.field("iat", stamp.issued);
  }
  object.field(options_.jti_claim, stamp.jti);

  bool custom_due = true;
  bool audience_due = !options_.audience.empty();
  bool issuer_due = !options_.issuer.empty();
  with_sid(refresh_claims, stamp.session).each([&](std::string_view claim, const json::Value& value) {
    if (claim == options_.token_type_claim || claim == options_.jti_claim) return;
    if (claim == "exp" || claim == "iat" || claim == "jti" || is_custom(claim)) return;
    if (custom_due && (claim == "aud" || claim == "iss")) {
      append_custom(object, known);
      custom_due = false;
    }
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
  if (custom_due) append_custom(object, known);
  if (audience_due) object.field("aud", std::string_view(options_.audience));
  if (issuer_due) object.field("iss", std::string_view(options_.issuer));
  object.close();
  return keys_.signing_key()->sign(claims);
}

/// The claims, with this session's id where it belongs: in its place, or behind the user's id.
json::Value Issuer::with_sid(const json::Value& claims, const store::SessionId* session) const {
  if (session == nullptr) return claims;
  const std::string text = sid_text(*session);
  const auto there = claims.get(sid_claim);
  if (there && there->is(json::Type::string) && there->as_string() == text) return claims;
  const json::Value sid = json::Value::string(text);
  const bool keeps_place = there || !claims.has(options_.user_id_claim);
  json::Value out = json::Value::object();
  claims.each([&](std::string_view claim, const json::Value& value) {
    out.set(claim, value);
    if (!keeps_place && claim == options_.user_id_claim) out.set(sid_claim, sid);
  });
  if (keeps_place) out.set(sid_claim, sid);
  return out;
}

TokenPair Issuer::rotate(const json::Value& refresh_claims, const KnownUser* known) const {
  const std::int64_t now = clock_.unix_now();
  TokenPair pair;
  pair.access = access_from(refresh_claims, known);
  pair.refresh_jti = random_jti(random_);
  pair.refresh_expires = now + options_.refresh_lifetime.count();
  pair.refresh = successor(refresh_claims, {now, pair.refresh_expires, pair.refresh_jti, nullptr});
  return pair;
}

TokenPair Issuer::rotate(const json::Value& refresh_claims, const SessionPair& chosen,
                         const KnownUser* known) const {
  return {successor(refresh_claims, stamp(TokenType::refresh, chosen)),
          access(refresh_claims, stamp(TokenType::access, chosen), known), chosen.refresh_jti,
          chosen.refresh_expires, chosen.session};
}

std::string Issuer::successor(const json::Value& claims, const Stamp& stamp) const {
  json::Value next = json::Value::object();
  with_sid(claims, stamp.session).each([&](std::string_view claim, const json::Value& value) {
    next.set(claim, value);
  });
  next.set(options_.jti_claim, json::Value::string(stamp.jti));
  next.set("exp", json::Value::integer(stamp.expires));
  next.set("iat", json::Value::integer(stamp.issued));
  if (!options_.audience.empty()) next.set("aud", json::Value::string(options_.audience));
  if (!options_.issuer.empty()) next.set("iss", json::Value::string(options_.issuer));
  return keys_.signing_key()->sign(next.dump());
}

}  // namespace tokens
