// POST /api/login/, POST /api/token/

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "json/writer.h"

namespace api {

std::span<const Field> login_fields(const ApiOptions&) {
  static constexpr Field fields[] = {
      {"username", Field::Type::string, true, false, "Username", "", 0},
      {"password", Field::Type::string, true, false, "Password", "", 0},
  };
  return fields;
}

std::optional<http::Response> obtain_token_pair(Services& services, const Context& context) {
  auto form = read_form(context.request, login_fields(services.options));
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  if (!form->errors.empty()) return field_errors(form->errors);

  const std::string username = *form->take("username");
  const auto password = util::Secret::take(*form->take("password"));
  const auto user = services.credentials.check(username, password.reveal());
  if (!user) return http::detail(401, "No active account found with the given credentials");

  const auto pair = services.refresh_tokens.grant(
      *user, {std::string(context.request.client), {}, std::string(context.request.request_id)});
  http::Response response;
  response.no_store = true;
  response.user_id = user->id;
  json::Object(response.body).field("refresh", pair.refresh).field("access", pair.access).close();
  return response;
}

}  // namespace api
