// From an Authorization header to a user: the whole of simplejwt's JWTAuthentication.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/revocation_store.h"
#include "tokens/claims.h"
#include "tokens/credential_source.h"
#include "tokens/revocation_feed.h"
#include "tokens/token_users.h"
#include "tokens/user_directory.h"
#include "tokens/verifier.h"
#include "util/clock.h"

namespace tokens {

struct Principal {
  std::shared_ptr<const KnownUser> user;  // nullptr: a subject of another issuer, in the grant
  store::SessionId session{};             // of the token, or what stands for it
  bool has_sid = false;                   // the token names its session itself
  std::int64_t token_expires = 0;         // seconds since 1970
  std::int64_t issued = 0;                // its `iat`, seconds since 1970
  /// When its owner proved last who he is: the session's beginning, where the token names one of ours, else
  /// its `iat`, where no refresh renews that. Seconds since 1970; 0: not known.
  std::int64_t authenticated = 0;
  std::shared_ptr<const Grant> grant{};  // nullptr: a login of ours
};

/// Whose credentials a caller takes.
enum class Accepts {
  logins,       // access tokens of ours
  credentials,  // those, and what the sources vouch for
};

using BearerOutcome = std::variant<Principal, BearerDefect, TokenDefect, NeedsDatabase>;

struct BearerOptions {
  UserRules users;
  std::vector<std::string> header_types{"Bearer"};  // any of these words begins the header
  bool iat_is_login = true;                         // a refresh does not renew it
  std::size_t cached_tokens = 20000;                // verified tokens kept, by their exact bytes
};

/// Thread-safe. A token that was verified before costs one keyed hash, one comparison of its bytes and looks
/// at two clocks; one atomic load more while nothing is revoked.
class BearerAuthenticator {
 public:
  /// `feed`: nullptr when no token ends before its time. A stale one answers NeedsDatabase, and with
  /// may_ask_database is polled first.
  BearerAuthenticator(const Verifier& verifier, UserDirectory& directory, const util::Clock& clock,
                      BearerOptions options, RevocationFeed* feed = nullptr,
                      std::vector<CredentialSource*> sources = {});
  ~BearerAuthenticator();

  /// Throws util::Outage, with may_ask_database only.
  BearerOutcome authenticate(std::string_view authorization, bool may_ask_database,
                             Accepts accepts = Accepts::logins);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokens
