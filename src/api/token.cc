// POST /api/token/refresh/, POST /api/token/verify/, POST /api/token/blacklist/

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "json/writer.h"

namespace api {
namespace {

/// The token in the body's one field; an answer to send when it cannot be had.
util::Result<std::string, http::Response> read_token(const Context& context, std::span<const Field> fields) {
  auto form = read_form(context.request, fields);
  if (!form) return util::unexpected(std::move(form.error()));
  form->refuse_odd_characters();
  if (!form->errors.empty()) return util::unexpected(field_errors(form->errors));
  return *form->take(fields.front().name);
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

}  // namespace

std::span<const Field> refresh_fields(const ApiOptions&) {
  static constexpr Field fields[] = {
      {"refresh", Field::Type::string, true, false, "Refresh", "", 0},
      {"access", Field::Type::string, false, true, "Access", "", 0},
  };
  return fields;
}

std::optional<http::Response> refresh_token(Services& services, const Context& context) {
  const auto token = read_token(context, refresh_fields(services.options));
  if (!token) return token.error();
  const auto outcome = services.refresh_tokens.refresh(
      *token, {std::string(context.request.client), {}, std::string(context.request.request_id)},
      context.on != Lane::token);
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  if (const auto* defect = std::get_if<tokens::TokenDefect>(&outcome)) {
    return bad_token(*defect, services.options.simplejwt_5_2);
  }
  if (const auto* refusal = std::get_if<tokens::RefreshRefusal>(&outcome)) return refused(*refusal);

  const auto& refreshed = std::get<tokens::Refreshed>(outcome);
  http::Response response;
  response.no_store = true;
  response.user_id = refreshed.user_id;
  json::Object object(response.body);
  object.field("access", refreshed.access);
  if (!refreshed.refresh.empty()) object.field("refresh", refreshed.refresh);
  object.close();
  return response;
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
      services.refresh_tokens.blacklist(
          *token, {std::string(context.request.client), {}, std::string(context.request.request_id)},
          context.on != Lane::token),
      services.options);
}

}  // namespace api
