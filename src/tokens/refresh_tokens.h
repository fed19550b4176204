// What a refresh token is good for, from its first day to its last: handed out at login, exchanged, verified,
// ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "store/origin.h"
#include "store/revocation_store.h"
#include "store/user_store.h"
#include "tokens/claims.h"
#include "tokens/issuer.h"
#include "tokens/token_users.h"

namespace tokens {

struct Refreshed {
  std::string access;
  std::string refresh;  // empty without rotation
  std::int64_t user_id = 0;
  store::SessionId session{};        // as in TokenPair
  std::int64_t refresh_expires = 0;  // of `refresh`, or of the token that was presented; seconds since 1970
};
enum class RefreshRefusal { no_account, password_changed };

/// A token that holds.
struct Good {
  Verified token;
  std::int64_t user_id = nobody;  // by_username: only with may_ask_database
  store::SessionId session{};     // of the token, or what stands for it
  bool has_sid = false;
};

using RefreshOutcome = std::variant<Refreshed, TokenDefect, RefreshRefusal, NeedsDatabase>;
using CheckOutcome = std::variant<Good, TokenDefect, NeedsDatabase>;

/// Thread-safe. What writes has been committed when the call returns. Throws util::Outage; with
/// may_ask_database only, where there is that choice.
class RefreshTokens {
 public:
  virtual ~RefreshTokens() = default;

  /// `user`: as his password was checked. Nothing: he has another one by now, or is gone or inactive.
  virtual std::optional<TokenPair> grant(const store::User& user, const store::Origin& origin) = 0;
  virtual RefreshOutcome refresh(std::string_view token, const store::Origin& origin,
                                 bool may_ask_database) = 0;
  /// A token of either type.
  virtual CheckOutcome verify(std::string_view token, bool may_ask_database) = 0;
  /// A refresh token is not good any more, nor what came of it, as far as that is kept.
  virtual CheckOutcome blacklist(std::string_view token, const store::Origin& origin,
                                 bool may_ask_database) = 0;
};

// For those who implement it.

Good good(Verified token, const TokenUsers& users, std::string_view jti_claim, bool may_ask_database);

/// Whom the claims of an access token tell of; nullptr: of nobody. Nothing: not known without the database.
std::optional<std::shared_ptr<const KnownUser>> told_user(const Issuer& issuer, const TokenUsers& users,
                                                          std::int64_t id, bool may_ask_database);

struct UserCheck {
  bool looks;  // else only a change of password counts, where tokens tell of it
  bool may_ask_database;
};
/// std::monostate: the user may go on.
std::variant<std::monostate, RefreshRefusal, NeedsDatabase> check_user(const TokenUsers& users,
                                                                       std::int64_t id,
                                                                       const UserClaims& said,
                                                                       const UserCheck& how);

}  // namespace tokens
