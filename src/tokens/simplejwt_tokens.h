// Refresh tokens as simplejwt keeps them: nowhere, or in Django's blacklist, where each step reads and writes
// the rows that simplejwt does.
#pragma once

#include <optional>
#include <string>

#include "store/audit_store.h"
#include "store/blacklist_store.h"
#include "tokens/refresh_tokens.h"
#include "tokens/verifier.h"
#include "util/clock.h"

namespace tokens {

struct RefreshOptions {
  bool rotate = false;                    // a refresh gives a new refresh token, too
  bool blacklist_after_rotation = false;  // and the old one is not good any more
  bool simplejwt_5_2 = false;             // neither looks at the user nor records what a rotation gives
  std::string jti_claim = "jti";
};

class SimpleJwtTokens final : public RefreshTokens {
 public:
  /// `blacklist`, `audit`: nullptr when there is none.
  SimpleJwtTokens(const Verifier& verifier, const Issuer& issuer, TokenUsers users,
                  store::BlacklistStore* blacklist, store::AuditStore* audit, const util::Clock& clock,
                  RefreshOptions options);

  std::optional<TokenPair> grant(const store::User& user, const store::Origin& origin) override;
  /// Of two rotations of one token at the same time one succeeds, where it is blacklisted.
  RefreshOutcome refresh(std::string_view token, const store::Origin& origin, bool may_ask_database) override;
  CheckOutcome verify(std::string_view token, bool may_ask_database) override;
  /// A refresh token of either release's making. Needs the blacklist.
  CheckOutcome blacklist(std::string_view token, const store::Origin& origin, bool may_ask_database) override;

 private:
  struct Presented;

  std::optional<TokenDefect> check_id(const Presented& presented) const;
  void record(store::AuditKind kind, std::int64_t user_id, const store::Origin& origin);
  RefreshOutcome rotate(const Presented& presented);
  store::Blacklisting retire(const Presented& presented, const TokenPair* successor);
  store::OutstandingToken row(const TokenPair& pair, std::int64_t user_id) const;

  const Verifier& verifier_;
  const Issuer& issuer_;
  const TokenUsers users_;
  store::BlacklistStore* blacklist_;
  store::AuditStore* audit_;
  const util::Clock& clock_;
  const RefreshOptions options_;
};

}  // namespace tokens
