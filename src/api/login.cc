// POST /api/login/, POST /api/token/

#include "api/cookies.h"
#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "json/writer.h"
#include "metrics/cells.h"

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
  const store::Origin origin = origin_of(context.request);
  // Once more when the stored hash was changed meanwhile: another login may have upgraded it.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto outcome = services.credentials.check(username, password.reveal(), origin);
    if (const auto* throttled = std::get_if<accounts::Throttled>(&outcome)) {
      metrics::count(metrics::Count::login_throttled);
      return too_many(*throttled);
    }
    const auto* user = std::get_if<store::User>(&outcome);
    if (user == nullptr) break;
    const auto pair = services.refresh_tokens.grant(*user, origin);
    if (!pair) continue;
    http::Response response;
    response.no_store = true;
    response.user_id = user->id;
    response.session = pair->session;
    metrics::count(metrics::Count::login_ok);
    json::Object(response.body).field("refresh", pair->refresh).field("access", pair->access).close();
    if (is_same_origin(context.request)) {
      set_login_cookies(response, services, {pair->refresh, pair->access, pair->session});
    }
    return response;
  }
  metrics::count(metrics::Count::login_refused);
  return http::detail(401, "No active account found with the given credentials");
}

}  // namespace api
