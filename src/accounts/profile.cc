#include "accounts/profile.h"

#include <utility>

#include "accounts/audit_event.h"
#include "accounts/email_address.h"
#include "accounts/field_rules.h"

namespace accounts {

Profile::Profile(store::UserStore& users, store::SessionStore& sessions, Credentials& credentials,
                 const util::Clock& clock, ProfileOptions options)
    : users_(users), sessions_(sessions), credentials_(credentials), clock_(clock), options_(options) {}

std::optional<store::User> Profile::show(std::int64_t user_id) {
  return users_.find_by_id(user_id);
}

std::variant<store::User, FieldErrors, Profile::NoSuchUser> Profile::change(std::int64_t user_id,
                                                                            ProfileForm form,
                                                                            const FieldErrors& found,
                                                                            const store::Origin& origin) {
  FieldErrors errors;
  store::ProfileChange change{std::move(form.first_name), std::move(form.last_name), std::nullopt};
  if (form.email) {
    change.email = form.email->empty() ? std::string() : normalized_email(*form.email);
    if (!form.email->empty()) check_email(errors, *form.email, *change.email);
  }
  if (change.first_name) check_text(errors, "first_name", *change.first_name, kNameMaxLength);
  if (change.last_name) check_text(errors, "last_name", *change.last_name, kNameMaxLength);
  errors.append(found);
  errors.arrange({"email", "first_name", "last_name"});
  if (!errors.empty()) return errors;

  if (change.email || change.first_name || change.last_name) {
    const auto event = audit_event(store::AuditKind::profile_changed, clock_.now(), user_id, origin);
    switch (users_.update_profile(user_id, change, options_.unique_email, &event)) {
      case store::ProfileUpdate::no_such_user:
        return NoSuchUser{};
      case store::ProfileUpdate::email_taken:
        errors.add("email", std::string(kEmailTaken));
        return errors;
      case store::ProfileUpdate::ok:
        break;
    }
  }
  auto user = users_.find_by_id(user_id);
  if (!user) return NoSuchUser{};
  return std::move(*user);
}

std::variant<Profile::Deleted, Profile::ReferredTo, BadCredentials, Throttled> Profile::remove(
    const LoggedIn& who, std::string_view password, const store::Ending& ending,
    const store::Origin& origin) {
  const auto confirmed = credentials_.confirm(who, password, origin);
  if (const auto* throttled = std::get_if<Throttled>(&confirmed)) return *throttled;
  if (std::holds_alternative<BadCredentials>(confirmed)) return BadCredentials{};
  switch (sessions_.delete_user(who.user_id, ending)) {
    case store::SessionStore::Deleted::referred_to:
      return ReferredTo{};
    case store::SessionStore::Deleted::no_such_user:  // by a request that overtook this one
    case store::SessionStore::Deleted::done:
      break;
  }
  return Deleted{};
}

}  // namespace accounts
