#include "accounts/registration.h"

#include <utility>

#include "accounts/audit_event.h"
#include "accounts/email_address.h"
#include "accounts/field_rules.h"
#include "accounts/username.h"
#include "util/base_letters.h"
#include "util/secret.h"
#include "util/unicode.h"

namespace accounts {
namespace {

constexpr std::string_view kUsernameTaken = "A user with that username already exists.";

/// `stored` is what `typed` is kept as. Compatibility forms can grow (one ligature gives 18 characters) and
/// become punctuation that the rule forbids, so both must keep to it.
void check_username(FieldErrors& errors, std::string_view typed, std::string_view stored) {
  if (!has_username_form(typed) || !has_username_form(stored)) {
    errors.add("username", std::string(kUsernameRule));
  }
  check_text(errors, "username", util::unicode::length(stored) > kUsernameMaxLength ? stored : typed,
             kUsernameMaxLength);
}

}  // namespace

Registration::Registration(store::UserStore& users, const PasswordPolicy& policy,
                           const crypto::PasswordHashes& hashes, const util::Clock& clock,
                           RegistrationOptions options)
    : users_(users), policy_(policy), hashes_(hashes), clock_(clock), options_(options) {}

std::variant<store::User, FieldErrors> Registration::register_user(RegistrationForm form,
                                                                   const FieldErrors& found,
                                                                   const store::Origin& origin) {
  FieldErrors errors;
  const util::Secret password =
      form.password ? util::Secret::take(std::move(*form.password)) : util::Secret();
  store::User user;
  if (form.username) {
    user.username = normalized_username(*form.username);
    check_username(errors, *form.username, user.username);
    if (!errors.has("username") && users_.username_exists(user.username)) {
      errors.add("username", std::string(kUsernameTaken));
    }
  }
  const bool unique_email = options_.unique_email && form.email && !form.email->empty();
  if (form.email && !form.email->empty()) {
    user.email = normalized_email(*form.email);
    check_email(errors, *form.email, user.email);
    if (unique_email && !errors.has("email") && users_.email_exists(user.email)) {
      errors.add("email", std::string(kEmailTaken));
    }
  }
  if (form.password) check_text(errors, "password", password.reveal(), kPasswordMaxLength);
  errors.append(found);
  errors.arrange({"username", "email", "password"});
  if (!errors.empty()) return errors;

  // As typed, not as stored: what Django's serializer compares.
  const PasswordOwner owner{*form.username, {}, {}, form.email ? std::string_view(*form.email) : ""};
  for (std::string& complaint : policy_.complaints(password.reveal(), owner)) {
    errors.add("password", std::move(complaint));
  }
  if (!errors.empty()) return errors;

  user.password = hashes_.encode(password.reveal());
  user.date_joined = clock_.now();
  const store::AuditEvent event =
      audit_event(store::AuditKind::registered, user.date_joined, 0, origin);  // the store knows the id
  const Turnstile::Place named = names_.enter(util::unicode::base_letters(user.username));
  const Turnstile::Place addressed =
      unique_email ? addresses_.enter(util::unicode::base_letters(user.email)) : Turnstile::Place();
  switch (users_.insert(user, unique_email, &event)) {
    case store::Inserted::username_taken:  // by a request that overtook this one
      errors.add("username", std::string(kUsernameTaken));
      return errors;
    case store::Inserted::email_taken:
      errors.add("email", std::string(kEmailTaken));
      return errors;
    case store::Inserted::ok:
      break;
  }
  return user;
}

}  // namespace accounts
