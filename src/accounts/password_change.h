// A user gives himself a new password; his other sessions end with the old one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "accounts/credentials.h"
#include "accounts/field_errors.h"
#include "accounts/password_policy.h"
#include "crypto/password_hash.h"
#include "store/origin.h"
#include "store/session_store.h"

namespace accounts {

struct PasswordChangeForm {
  std::string_view old_password;
  std::string_view new_password;
};

/// Committed, and which sessions ended.
struct PasswordChanged {
  std::vector<store::SessionId> ended;
};

class PasswordChange {
 public:
  PasswordChange(Credentials& credentials, const PasswordPolicy& policy, const crypto::PasswordHashes& hashes,
                 store::SessionStore& sessions);

  using Outcome = std::variant<PasswordChanged, FieldErrors, Throttled>;
  /// `ending` says how the sessions but `except` end. Throws util::Outage.
  Outcome change(const LoggedIn& who, const PasswordChangeForm& form,
                 const std::optional<store::SessionId>& except, const store::Ending& ending,
                 const store::Origin& origin);

 private:
  Credentials& credentials_;
  const PasswordPolicy& policy_;
  const crypto::PasswordHashes& hashes_;
  store::SessionStore& sessions_;
};

}  // namespace accounts
