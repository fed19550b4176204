// A new account: the rules for username, e-mail and password, and the row.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "accounts/field_errors.h"
#include "accounts/password_policy.h"
#include "accounts/turnstile.h"
#include "crypto/password_hash.h"
#include "store/origin.h"
#include "store/user_store.h"
#include "util/clock.h"

namespace accounts {

/// Fields as the client sent them: present, of text type and stripped (DRF's CharField did that).
/// A field that failed there is nullopt.
struct RegistrationForm {
  std::optional<std::string> username;
  std::optional<std::string> email;  // empty when not required and not given
  std::optional<std::string> password;
};

struct RegistrationOptions {
  bool unique_email = true;
};

class Registration {
 public:
  Registration(store::UserStore& users, const PasswordPolicy& policy, const crypto::PasswordHashes& hashes,
               const util::Clock& clock, RegistrationOptions options);

  /// The new user, committed, or every complaint at once. Order as in Django: each field by itself
  /// (form, uniqueness, length, NUL, then what `found` has of it: the reader's complaints), and only
  /// when all fields are good the password validators.
  std::variant<store::User, FieldErrors> register_user(RegistrationForm form, const FieldErrors& found,
                                                       const store::Origin& origin);

 private:
  store::UserStore& users_;
  const PasswordPolicy& policy_;
  const crypto::PasswordHashes& hashes_;
  const util::Clock& clock_;
  RegistrationOptions options_;
  // Whoever writes a row holds up the others of its name or address, in the database and each on a
  // connection: in a process one of them at a time goes there. Entered in this order.
  Turnstile names_{1};
  Turnstile addresses_{1};
};

}  // namespace accounts
