// Username and password: the one place where a login is decided.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "accounts/throttle.h"
#include "crypto/password_hash.h"
#include "store/origin.h"
#include "store/user_store.h"
#include "util/clock.h"

namespace accounts {

struct CredentialsOptions {
  bool update_last_login = false;
};

struct BadCredentials {};
using LoginOutcome = std::variant<store::User, BadCredentials, Throttled>;

class Credentials {
 public:
  /// `throttle`: nullptr when failures are not counted; it records them, too.
  Credentials(store::UserStore& users, const crypto::PasswordHashes& hashes, const util::Clock& clock,
              CredentialsOptions options, Throttle* throttle);

  /// The active user whose password this is. Unknown, inactive, unusable and wrong cost the same and
  /// give nothing; only a stored hash that is dearer than the configured one shows, by a slower refusal,
  /// that its account exists. The username is NFKC-normalised first. A weaker hash is upgraded (a failure to
  /// do so is logged and does not fail the login), last_login written if configured.
  LoginOutcome check(std::string_view username, std::string_view password, const store::Origin& origin);

  /// The password of one who is logged in, asked again before what cannot be undone. Its failures count for
  /// his session alone. Throttled, or not an active user: as above.
  LoginOutcome confirm(const LoggedIn& who, std::string_view password, const store::Origin& origin);

  /// For who was refused by `user`'s row because it is another one by now: reads it again. False: it is not
  /// the password any more.
  bool read_again(store::User& user, std::string_view password);

 private:
  bool matches(const std::optional<store::User>& user, std::string_view password, bool& upgrade) const;
  template <typename Who, typename Find>
  LoginOutcome decide(const Who& who, std::string_view password, const store::Origin& origin, Find&& find,
                      bool& upgrade);

  store::UserStore& users_;
  const crypto::PasswordHashes& hashes_;
  const util::Clock& clock_;
  CredentialsOptions options_;
  Throttle* throttle_;
};

}  // namespace accounts
