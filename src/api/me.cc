// GET, PATCH and DELETE /api/me/

#include <array>

#include "api/cookies.h"
#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/session_end.h"
#include "api/time_text.h"
#include "json/writer.h"

namespace api {
namespace {

constexpr std::array<Field, 7> fields_of_profile(bool email_required) {
  return {{
      {"id", Field::Type::integer, false, true, "ID", "", 0},
      {"username", Field::Type::string, false, true, "Username", "", 0},
      {"email", Field::Type::email, email_required, false, "Email address", "", 254},
      {"first_name", Field::Type::string, false, false, "First name", "", 150},
      {"last_name", Field::Type::string, false, false, "Last name", "", 150},
      {"date_joined", Field::Type::string, false, true, "Date joined", "", 0},
      {"last_login", Field::Type::string, false, true, "Last login", "", 0},
  }};
}

constexpr auto kFields = fields_of_profile(true);
constexpr auto kFieldsEmailOptional = fields_of_profile(false);

http::Response shown(const store::User& user) {
  http::Response response;
  response.no_store = true;
  json::Object object(response.body);
  object.field("id", user.id)
      .field("username", user.username)
      .field("email", user.email)
      .field("first_name", user.first_name)
      .field("last_name", user.last_name)
      .field("date_joined", time_text(user.date_joined));
  if (user.last_login) {
    object.field("last_login", time_text(*user.last_login));
  } else {
    object.raw("last_login", "null");
  }
  object.close();
  return response;
}

http::Response gone() {
  return bad_bearer(tokens::BearerDefect::user_not_found);
}

}  // namespace

std::span<const Field> profile_fields(const ApiOptions& options) {
  return options.require_email ? kFields : kFieldsEmailOptional;
}

std::optional<http::Response> show_me(Services& services, const Context& context) {
  const auto user = services.profile.show(context.principal->user->id);
  return user ? shown(*user) : gone();
}

std::optional<http::Response> change_me(Services& services, const Context& context) {
  auto form = read_form(context.request, profile_fields(services.options), Absent::stays);
  if (!form) return std::move(form.error());
  accounts::ProfileForm fields;
  fields.email = form->take("email");
  fields.first_name = form->take("first_name");
  fields.last_name = form->take("last_name");
  form->refuse_lone_surrogates();

  const std::int64_t user_id = context.principal->user->id;
  const auto outcome =
      services.profile.change(user_id, std::move(fields), form->errors, origin_of(context.request));
  if (const auto* errors = std::get_if<accounts::FieldErrors>(&outcome)) return field_errors(*errors);
  const auto* user = std::get_if<store::User>(&outcome);
  if (user == nullptr) return gone();
  services.directory.forget(user_id);
  return shown(*user);
}

std::span<const Field> deletion_fields(const ApiOptions&) {
  static constexpr Field fields[] = {{"password", Field::Type::string, true, false, "Password", "", 0}};
  return fields;
}

std::optional<http::Response> delete_me(Services& services, const Context& context) {
  auto form = read_form(context.request, deletion_fields(services.options));
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  if (!form->errors.empty()) return field_errors(form->errors);
  const auto password = util::Secret::take(*form->take("password"));

  const std::int64_t user_id = context.principal->user->id;
  const store::Origin origin = origin_of(context.request);
  const store::Ending ending = services.sessions.ending(user_id, store::SessionEnd::account_deleted,
                                                        store::AuditKind::account_deleted, origin);
  const auto outcome =
      services.profile.remove(logged_in(*context.principal), password.reveal(), ending, origin);
  if (const auto* throttled = std::get_if<accounts::Throttled>(&outcome)) return too_many(*throttled);
  if (std::holds_alternative<accounts::BadCredentials>(outcome)) {
    form->errors.add("password", "Invalid password.");
    return field_errors(form->errors);
  }
  if (std::holds_alternative<accounts::Profile::ReferredTo>(outcome)) {
    return http::detail(409, "This account is referred to by other data and cannot be deleted.",
                        "account_in_use");
  }
  services.sessions.told(user_id, {context.principal->session}, ending);
  services.directory.forget(user_id);
  http::Response response = no_content();
  clear_login_cookies(response, services.options);
  return response;
}

}  // namespace api
