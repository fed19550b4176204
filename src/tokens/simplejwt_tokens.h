// Refresh tokens as simplejwt keeps them: nowhere, or in Django's blacklist, where each step reads and writes
// the rows that simplejwt does.
//
// Tokens of sessions (a configuration that was changed back) are taken for what they are without: the rows of
// their sessions are not looked at, so a refresh token whose session was ended is good again once the feed
// has forgotten that; and one that is rotated here is unknown to its session, so that with sessions switched
// on again it is taken for a thief's.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "store/audit_store.h"
#include "store/blacklist_store.h"
#include "tokens/refresh_tokens.h"
#include "tokens/revocation_feed.h"
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
  using Pause = std::function<void(std::chrono::microseconds)>;
  /// `blacklist`, `audit`, `feed`: nullptr when there is none. By the feed a user's tokens end that were
  /// issued before a change of password; it knows the second, and a login that comes in that very one waits
  /// for the next. Where it may not have heard yet (a login, a rotation) the database is asked.
  SimpleJwtTokens(
      const Verifier& verifier, const Issuer& issuer, TokenUsers users, store::BlacklistStore* blacklist,
      store::AuditStore* audit, const util::Clock& clock, RefreshOptions options,
      RevocationFeed* feed = nullptr,
      Pause pause = [](std::chrono::microseconds time) { std::this_thread::sleep_for(time); });

  std::optional<TokenPair> grant(const store::User& user, const store::Origin& origin) override;
  /// Of two rotations of one token at the same time one succeeds, where it is blacklisted.
  RefreshOutcome refresh(std::string_view token, const store::Origin& origin, bool may_ask_database) override;
  CheckOutcome verify(std::string_view token, bool may_ask_database) override;
  /// A refresh token of either release's making. Needs the blacklist.
  CheckOutcome blacklist(std::string_view token, const store::Origin& origin, bool may_ask_database) override;

 private:
  struct Presented;

  void wait_for_a_good_second(std::int64_t user_id) const;
  std::optional<bool> ended(const Verified& token, const TokenUsers::NamedOutcome& named,
                            bool may_ask_database) const;
  Vouched vouched(const Verified& token, const TokenUsers::Named& user) const;
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
  RevocationFeed* feed_;
  const Pause pause_;
};

}  // namespace tokens
