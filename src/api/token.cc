// POST /api/token/refresh/, POST /api/token/verify/, POST /api/token/blacklist/

#include "api/cookies.h"
#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "json/writer.h"
#include "metrics/cells.h"
#include "tokens/session_id.h"

namespace api {
namespace {

/// The token in the body's one field; an answer to send when it cannot be had.
util::Result<std::string, http::Response> read_token(const Context& context, std::span<const Field> fields,
                                                     Absent absent = Absent::is_an_error) {
  auto form = read_form(context.request, fields, absent);
  if (!form) return util::unexpected(std::move(form.error()));
  form->refuse_odd_characters();
  if (!form->errors.empty()) return util::unexpected(field_errors(form->errors));
  return form->take(fields.front().name).value_or("");
}

std::optional<http::Response> answer(const tokens::CheckOutcome& outcome, const ApiOptions& options) {
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  if (const auto* defect = std::get_if<tokens::TokenDefect>(&outcome)) {
    return bad_token(*defect, options.simplejwt_5_2);
  }
  http::Response response;
  response.body = "{}";
  return response;
}

std::optional<http::Response> answer(const tokens::RefreshOutcome& outcome, const Services& services,
                                     bool by_cookie) {
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  metrics::count(std::holds_alternative<tokens::Refreshed>(outcome) ? metrics::Count::refresh_ok
                                                                    : metrics::Count::refresh_refused);
  if (const auto* defect = std::get_if<tokens::TokenDefect>(&outcome)) {
    return bad_token(*defect, services.options.simplejwt_5_2);
  }
  if (const auto* refusal = std::get_if<tokens::RefreshRefusal>(&outcome)) return refused(*refusal);

  const auto& refreshed = std::get<tokens::Refreshed>(outcome);
  http::Response response;
  response.no_store = true;
  response.user_id = refreshed.user_id;
  response.session = refreshed.session;
  json::Object object(response.body);
  object.field("access", refreshed.access);
  if (!refreshed.refresh.empty()) object.field("refresh", refreshed.refresh);
  object.close();
  if (by_cookie)
    set_login_cookies(response, services, {refreshed.refresh, refreshed.access, refreshed.session});
  return response;
}

/// Nothing: it waits for the others.
std::optional<tokens::RefreshOutcome> begin(tokens::SessionTokens& tokens, auto&& token,
                                            JointRefresh& joint) {
  auto step = tokens.begin(std::forward<decltype(token)>(token), joint.origin);
  if (auto* outcome = std::get_if<tokens::RefreshOutcome>(&step)) return std::move(*outcome);
  joint.begun = std::move(std::get<tokens::BegunRefresh>(step));
  return std::nullopt;
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
  JointRefresh* const joint = context.joint;
  if (joint != nullptr && joint->begun) {
    if (!joint->begun->settled()) return std::nullopt;
    return answer(services.rotating->finish(std::move(*joint->begun), joint->origin), services,
                  joint->by_cookie);
  }
  const auto cookie = refresh_cookie(context.request, services.options);
  auto token =
      read_token(context, refresh_fields(services.options), cookie ? Absent::stays : Absent::is_an_error);
  if (!token) return token.error();
  const bool by_cookie = cookie && token->empty();
  std::optional<tokens::Verified> verified;
  if (by_cookie) {
    token = std::string(*cookie);
    auto checked = services.verifier.verify(*token, tokens::TokenType::refresh);
    if (!checked) return answer(tokens::RefreshOutcome(checked.error()), services, by_cookie);
    const auto session = tokens::session_of(checked->claims, services.options.jti_claim).id;
    if (auto refusal = csrf_refusal(context.request, services, session)) return refusal;
    verified = std::move(*checked);
  }
  if (joint == nullptr) {
    return answer(
        services.refresh_tokens.refresh(*token, origin_of(context.request), context.on != Lane::token),
        services, by_cookie);
  }
  *joint = {{}, origin_of(context.request), by_cookie};
  const auto outcome = verified ? begin(*services.rotating, std::move(*verified), *joint)
                                : begin(*services.rotating, std::string_view(*token), *joint);
  return outcome ? answer(*outcome, services, by_cookie) : std::nullopt;
}

std::span<const Field> verify_fields(const ApiOptions&) {
  static constexpr Field fields[] = {{"token", Field::Type::string, true, false, "Token", "", 0}};
  return fields;
}

std::optional<http::Response> verify_token(Services& services, const Context& context) {
  const auto token = read_token(context, verify_fields(services.options));
  if (!token) return token.error();
  return answer(services.refresh_tokens.verify(*token, context.on != Lane::token), services.options);
}

std::span<const Field> blacklist_fields(const ApiOptions&) {
  static constexpr Field fields[] = {{"refresh", Field::Type::string, true, false, "Refresh", "", 0}};
  return fields;
}

std::optional<http::Response> blacklist_token(Services& services, const Context& context) {
  const auto token = read_token(context, blacklist_fields(services.options));
  if (!token) return token.error();
  return answer(
      services.refresh_tokens.blacklist(*token, origin_of(context.request), context.on != Lane::token),
      services.options);
}

}  // namespace api
