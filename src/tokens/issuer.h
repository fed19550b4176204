// New tokens, claims in simplejwt's order: token_type, exp, iat, jti, user_id, ours, aud, iss. Those of a
// session have `sid` right behind the user's id. Access tokens have the configured claims before aud and iss.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/revocation_store.h"
#include "store/user_store.h"
#include "tokens/access_claims.h"
#include "tokens/claims.h"
#include "tokens/key_ring.h"
#include "util/clock.h"
#include "util/random.h"

namespace tokens {

struct IssuerOptions {
  std::chrono::seconds access_lifetime{300};
  std::chrono::seconds refresh_lifetime{86400};
  std::string issuer{};
  std::string audience{};
  std::string user_id_claim = "user_id";
  std::string jti_claim = "jti";
  std::string token_type_claim = "token_type";
  bool user_id_as_string = true;         // simplejwt 5.5; 5.2 writes a number
  bool username_as_id = false;           // the username in place of the id
  std::string revoke_claim{};            // where the digest of the stored password hash goes; empty: not told
  const AccessClaims* custom = nullptr;  // of access tokens; nullptr: none
};

struct TokenPair {
  std::string refresh;
  std::string access;
  std::string refresh_jti;
  std::int64_t refresh_expires = 0;  // seconds since 1970
  store::SessionId session{};        // all zero: none
};

/// What a session chooses of a pair in the issuer's place, so that the same pair can be issued again. Neither
/// token outlives refresh_expires: that is when the session is over.
struct SessionPair {
  store::SessionId session{};
  std::int64_t issued = 0;  // `iat` of the refresh token, from which the access token's life counts
  std::int64_t refresh_expires = 0;
  std::string refresh_jti;
  std::string access_jti;
};

class Issuer {
 public:
  Issuer(const KeyRing& keys, const util::Clock& clock, util::Random& random, IssuerOptions options);

  /// Whether the claims of access tokens tell of the user: `known` is not wanted else. Without it (he is not
  /// known) they are left out.
  bool tells_of_user() const noexcept;

  TokenPair issue_pair(const store::User& user, const KnownUser* known = nullptr) const;
  TokenPair issue_pair(const store::User& user, const SessionPair& chosen,
                       const KnownUser* known = nullptr) const;
  /// Copies every claim of the refresh token but token_type, exp, jti and the configured ones, as simplejwt
  /// does.
  std::string access_from(const json::Value& refresh_claims, const KnownUser* known = nullptr) const;
  /// The same with a claim `sid`, added or in the place of one that names no session, and over at its `end`.
  std::string access_from(const json::Value& refresh_claims, const store::SessionId& session,
                          std::int64_t end, const KnownUser* known = nullptr) const;
  /// simplejwt's rotation: that access token, and a refresh token of the same claims with an id and
  /// times of its own.
  TokenPair rotate(const json::Value& refresh_claims, const KnownUser* known = nullptr) const;
  /// The same for a session.
  TokenPair rotate(const json::Value& refresh_claims, const SessionPair& chosen,
                   const KnownUser* known = nullptr) const;

 private:
  struct Stamp {
    std::int64_t issued;
    std::int64_t expires;
    std::string_view jti;
    const store::SessionId* session;
  };
  Stamp stamp(TokenType type, const SessionPair& chosen) const;
  json::Value with_sid(const json::Value& claims, const store::SessionId* session) const;
  std::string issue(TokenType type, const store::User& user, const Stamp& stamp,
                    const KnownUser* known) const;
  std::string access(const json::Value& refresh_claims, const Stamp& stamp, const KnownUser* known) const;
  bool is_custom(std::string_view claim) const noexcept;
  void append_custom(json::Object& object, const KnownUser* known) const;
  std::string successor(const json::Value& claims, const Stamp& stamp) const;

  const KeyRing& keys_;
  const util::Clock& clock_;
  util::Random& random_;
  IssuerOptions options_;
};

}  // namespace tokens
