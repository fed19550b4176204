// Whom a verified token means, and whether he may still use it: simplejwt's JWTAuthentication.get_user.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "json/value.h"
#include "tokens/user_claim.h"
#include "tokens/user_directory.h"
#include "util/clock.h"

namespace tokens {

enum class BearerDefect {
  absent,      // no header, empty, another scheme, lower-case `bearer`
  bad_header,  // `Bearer` alone, or three parts
  no_user_claim,
  user_not_found,
  user_inactive,
  password_changed,
};

/// Nothing could be decided without the database; call again with may_ask_database.
struct NeedsDatabase {};

struct UserRules {
  std::string user_id_claim = "user_id";
  bool by_username = false;     // the claim holds auth_user.username instead of its id
  bool check_active = true;     // an inactive user's tokens are refused
  bool check_password = false;  // tokens of before a change of password are refused, by revoke_claim
  std::string revoke_claim = "hash_password";
};

/// Thread-safe. Throws util::Outage, with may_ask_database only.
class TokenUsers {
 public:
  TokenUsers(UserDirectory& directory, const util::Clock& clock, UserRules rules)
      : directory_(directory), clock_(clock), rules_(std::move(rules)) {}

  struct Named {
    std::int64_t id;  // nobody: none that can exist
    UserClaims said;
  };
  using NamedOutcome = std::variant<Named, BearerDefect, NeedsDatabase>;
  NamedOutcome read(const json::Value& claims, bool may_ask_database) const;

  /// The user had another name when the token was read, or is gone: read it again.
  struct Renamed {};
  using Found = std::variant<std::shared_ptr<const KnownUser>, BearerDefect, NeedsDatabase, Renamed>;
  /// By by_username: as of the name that the token was read with.
  Found find(std::int64_t id, const UserClaims& said, bool may_ask_database) const;

  /// A credential that is bound to the user's row: his name and password may have changed since.
  Found find(std::int64_t id, bool may_ask_database) const;

  /// With the database; waits for a transaction that is about to change the stored hash.
  bool has_password(std::int64_t id, std::string_view encoded) const {
    return directory_.has_password(id, encoded);
  }
  /// As he is, whatever the rules say of him. Nothing: not known without the database. nullptr: no such user.
  std::optional<std::shared_ptr<const KnownUser>> known(std::int64_t id, bool may_ask_database) const;

  const UserRules& rules() const noexcept { return rules_; }

 private:
  bool may_be_newer_than_known(const UserClaims& said) const;

  UserDirectory& directory_;
  const util::Clock& clock_;
  const UserRules rules_;
};

}  // namespace tokens
