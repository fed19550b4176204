// What a refresh token is good for, from its first day to its last: handed out at login, exchanged,
// verified, blacklisted. With Django's blacklist each step reads and writes the rows that simplejwt does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/blacklist_store.h"
#include "store/user_store.h"
#include "tokens/claims.h"
#include "tokens/issuer.h"
#include "tokens/token_users.h"
#include "tokens/verifier.h"
#include "util/clock.h"

namespace tokens {

struct RefreshOptions {
  bool rotate = false;                    // a refresh gives a new refresh token, too
  bool blacklist_after_rotation = false;  // and the old one is not good any more
  bool simplejwt_5_2 = false;             // neither looks at the user nor records what a rotation gives
  std::string jti_claim = "jti";
};

struct Refreshed {
  std::string access;
  std::string refresh;  // empty without rotation
  std::int64_t user_id = 0;
};
enum class RefreshRefusal { no_account, password_changed };
struct Good {};

using RefreshOutcome = std::variant<Refreshed, TokenDefect, RefreshRefusal, NeedsDatabase>;
using CheckOutcome = std::variant<Good, TokenDefect, NeedsDatabase>;

/// Thread-safe. What writes has been committed when the call returns. Throws util::Outage; with
/// may_ask_database only, where there is that choice.
class RefreshTokens {
 public:
  /// `blacklist`: nullptr when there is none.
  RefreshTokens(const Verifier& verifier, const Issuer& issuer, TokenUsers users,
                store::BlacklistStore* blacklist, const util::Clock& clock, RefreshOptions options);

  TokenPair grant(const store::User& user);
  /// Of two rotations of one token at the same time one succeeds, where it is blacklisted.
  RefreshOutcome refresh(std::string_view token, bool may_ask_database);
  /// A token of either type.
  CheckOutcome verify(std::string_view token, bool may_ask_database);
  /// A refresh token of either release's making is not good any more. Needs the blacklist.
  CheckOutcome blacklist(std::string_view token, bool may_ask_database);

 private:
  struct Presented;

  std::optional<TokenDefect> check_id(const Presented& presented) const;
  std::variant<Good, RefreshRefusal, NeedsDatabase> check_user(const Presented& presented,
                                                               bool may_ask_database) const;
  RefreshOutcome rotate(const Presented& presented);
  store::Blacklisting retire(const Presented& presented, const TokenPair* successor);
  store::OutstandingToken row(const TokenPair& pair, std::int64_t user_id) const;

  const Verifier& verifier_;
  const Issuer& issuer_;
  const TokenUsers users_;
  store::BlacklistStore* blacklist_;
  const util::Clock& clock_;
  const RefreshOptions options_;
};

}  // namespace tokens
