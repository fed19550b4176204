// POST /api/register/

#include <array>

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "json/writer.h"
#include "metrics/cells.h"

namespace api {
namespace {

constexpr std::array<Field, 4> form_fields(bool email_required) {
  return {{
      {"id", Field::Type::integer, false, true, "ID", "", 0},
      {"username", Field::Type::string, true, false, "Username",
       "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.", 150},
      {"email", Field::Type::email, email_required, false, "Email address", "", 254},
      {"password", Field::Type::string, true, false, "Password", "", 128},
  }};
}

constexpr auto kFields = form_fields(true);
constexpr auto kFieldsEmailOptional = form_fields(false);

}  // namespace

std::span<const Field> registration_fields(const ApiOptions& options) {
  return options.require_email ? kFields : kFieldsEmailOptional;
}

std::optional<http::Response> register_account(Services& services, const Context& context) {
  auto form = read_form(context.request, registration_fields(services.options));
  if (!form) return std::move(form.error());

  accounts::RegistrationForm fields;
  fields.username = form->take("username");
  fields.email = form->take("email");
  fields.password = form->take("password");
  form->refuse_lone_surrogates();
  auto outcome =
      services.registration.register_user(std::move(fields), form->errors, origin_of(context.request));
  const auto* errors = std::get_if<accounts::FieldErrors>(&outcome);
  metrics::count(errors == nullptr ? metrics::Count::registration_ok : metrics::Count::registration_refused);
  if (errors != nullptr) return field_errors(*errors);

  const auto& user = std::get<store::User>(outcome);
  http::Response response;
  response.status = 201;
  response.user_id = user.id;
  json::Object(response.body)
      .field("id", user.id)
      .field("username", user.username)
      .field("email", user.email)
      .close();
  return response;
}

}  // namespace api
