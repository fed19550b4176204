// POST /api/token/refresh/, POST /api/token/verify/

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "json/writer.h"

namespace api {
namespace {

http::Response no_account() {
  return http::detail(401, "No active account found for the given token.");
}

}  // namespace

std::span<const Field> refresh_fields(const ApiOptions&) {
  static constexpr Field fields[] = {
      {"refresh", Field::Type::string, true, false, "Refresh", "", 0},
      {"access", Field::Type::string, false, true, "Access", "", 0},
  };
  return fields;
}

std::optional<http::Response> refresh_token(Services& services, const Context& context) {
  const bool simplejwt_5_2 = services.options.simplejwt_5_2;
  auto form = read_form(context.request, refresh_fields(services.options));
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  if (!form->errors.empty()) return field_errors(form->errors);

  const auto verified = services.verifier.verify(*form->take("refresh"), tokens::TokenType::refresh);
  if (!verified) return bad_token(verified.error(), simplejwt_5_2);

  const auto user_id = services.bearer.user_id(verified->claims);
  if (!user_id) return no_account();
  if (!simplejwt_5_2) {  // 5.2 refreshes without looking at the user
    auto user = services.directory.cached(*user_id);
    if (!user && context.on == Lane::token) return std::nullopt;
    if (!user) user = services.directory.fetch(*user_id);
    if (!user || !user->is_active) return no_account();
  }

  http::Response response;
  response.no_store = true;
  response.user_id = *user_id;
  json::Object(response.body).field("access", services.issuer.access_from(verified->claims)).close();
  return response;
}

std::span<const Field> verify_fields(const ApiOptions&) {
  static constexpr Field fields[] = {{"token", Field::Type::string, true, false, "Token", "", 0}};
  return fields;
}

std::optional<http::Response> verify_token(Services& services, const Context& context) {
  auto form = read_form(context.request, verify_fields(services.options));
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  if (!form->errors.empty()) return field_errors(form->errors);

  const auto verified = services.verifier.verify(*form->take("token"), std::nullopt);
  if (!verified) return bad_token(verified.error(), services.options.simplejwt_5_2);
  http::Response response;
  response.body = "{}";
  return response;
}

}  // namespace api
