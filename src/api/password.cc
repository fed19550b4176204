// POST /api/password/change/

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/session_end.h"

namespace api {

std::span<const Field> password_fields(const ApiOptions&) {
  static constexpr Field fields[] = {
      {"old_password", Field::Type::string, true, false, "Old password", "", 0},
      {"new_password", Field::Type::string, true, false, "New password", "", 128},
  };
  return fields;
}

std::optional<http::Response> change_password(Services& services, const Context& context) {
  auto form = read_form(context.request, password_fields(services.options));
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  if (!form->errors.empty()) return field_errors(form->errors);
  const auto old_password = util::Secret::take(*form->take("old_password"));
  const auto new_password = util::Secret::take(*form->take("new_password"));

  const std::int64_t user_id = context.principal->user->id;
  const store::Origin origin = origin_of(context.request);
  const store::Ending ending = services.sessions.ending(user_id, store::SessionEnd::password_changed,
                                                        store::AuditKind::password_changed, origin);
  const auto outcome = services.password_change.change(logged_in(*context.principal),
                                                       {old_password.reveal(), new_password.reveal()},
                                                       context.principal->session, ending, origin);
  if (const auto* throttled = std::get_if<accounts::Throttled>(&outcome)) return too_many(*throttled);
  if (const auto* errors = std::get_if<accounts::FieldErrors>(&outcome)) return field_errors(*errors);

  services.sessions.told(user_id, std::get<accounts::PasswordChanged>(outcome).ended, ending);
  services.directory.forget(user_id);
  return http::detail(200, "New password has been saved.");
}

}  // namespace api
