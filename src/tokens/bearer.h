// From an Authorization header to a user: the whole of simplejwt's JWTAuthentication.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "json/value.h"
#include "tokens/claims.h"
#include "tokens/user_directory.h"
#include "tokens/verifier.h"
#include "util/clock.h"

namespace tokens {

struct Principal {
  std::shared_ptr<const KnownUser> user;
};

enum class BearerDefect {
  absent,      // no header, empty, another scheme, lower-case `bearer`
  bad_header,  // `Bearer` alone, or three parts
  no_user_claim,
  user_not_found,
  user_inactive,
};

/// Nothing could be decided without the database; call again with may_ask_database.
struct NeedsDatabase {};

using BearerOutcome = std::variant<Principal, BearerDefect, TokenDefect, NeedsDatabase>;

struct BearerOptions {
  std::string user_id_claim = "user_id";
  std::size_t cached_tokens = 20000;  // verified tokens kept, by their exact bytes
};

/// Thread-safe. A token that was verified before costs one keyed hash, one comparison of its bytes
/// and one look at the clock.
class BearerAuthenticator {
 public:
  BearerAuthenticator(const Verifier& verifier, UserDirectory& directory, const util::Clock& clock,
                      BearerOptions options);
  ~BearerAuthenticator();

  /// Throws util::Outage, with may_ask_database only.
  BearerOutcome authenticate(std::string_view authorization, bool may_ask_database);

  /// The user whom the claims of a verified token of either type name. Nothing: none that can exist.
  std::optional<std::int64_t> user_id(const json::Value& claims) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokens
