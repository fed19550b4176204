#include "accounts/password_change.h"

#include <utility>

#include "accounts/field_rules.h"

namespace accounts {
namespace {

FieldErrors wrong_old_password() {
  FieldErrors errors;
  errors.add("old_password", "Your old password was entered incorrectly. Please enter it again.");
  return errors;
}

}  // namespace

PasswordChange::PasswordChange(Credentials& credentials, const PasswordPolicy& policy,
                               const crypto::PasswordHashes& hashes, store::SessionStore& sessions)
    : credentials_(credentials), policy_(policy), hashes_(hashes), sessions_(sessions) {}

PasswordChange::Outcome PasswordChange::change(const LoggedIn& who, const PasswordChangeForm& form,
                                               const std::optional<store::SessionId>& except,
                                               const store::Ending& ending, const store::Origin& origin) {
  FieldErrors errors;
  check_text(errors, "new_password", form.new_password, kPasswordMaxLength);
  if (!errors.empty()) return errors;  // free of charge, where the old one costs a hash

  auto confirmed = credentials_.confirm(who, form.old_password, origin);
  if (const auto* throttled = std::get_if<Throttled>(&confirmed)) return *throttled;
  auto* const user = std::get_if<store::User>(&confirmed);
  if (user == nullptr) return wrong_old_password();

  const PasswordOwner owner{user->username, user->first_name, user->last_name, user->email};
  for (std::string& complaint : policy_.complaints(form.new_password, owner)) {
    errors.add("new_password", std::move(complaint));
  }
  if (!errors.empty()) return errors;

  const std::string encoded = hashes_.encode(form.new_password);
  auto ended = sessions_.change_password(who.user_id, encoded, user->password, except, ending);
  if (!ended && credentials_.read_again(*user, form.old_password)) {  // a login has upgraded the hash
    ended = sessions_.change_password(who.user_id, encoded, user->password, except, ending);
  }
  if (!ended) return wrong_old_password();  // somebody has changed it since
  return PasswordChanged{std::move(*ended)};
}

}  // namespace accounts
