// Username and password: the one place where a login is decided.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/password_hash.h"
#include "store/user_store.h"
#include "util/clock.h"

namespace accounts {

struct CredentialsOptions {
  bool update_last_login = false;
};

class Credentials {
 public:
  Credentials(store::UserStore& users, const crypto::PasswordHashes& hashes, const util::Clock& clock,
              CredentialsOptions options);

  /// The active user whose password this is. Unknown, inactive, unusable and wrong cost the same and
  /// give nothing; only a stored hash that is dearer than the configured one shows, by a slower refusal,
  /// that its account exists. The username is NFKC-normalised first. A weaker hash is upgraded (a failure to
  /// do so is logged and does not fail the login), last_login written if configured.
  std::optional<store::User> check(std::string_view username, std::string_view password);

 private:
  store::UserStore& users_;
  const crypto::PasswordHashes& hashes_;
  const util::Clock& clock_;
  CredentialsOptions options_;
};

}  // namespace accounts
