// POST /api/logout/, POST /api/logout/all/

#include <utility>

#include "api/cookies.h"
#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/session_end.h"
#include "json/writer.h"

namespace api {
namespace {

/// The refresh token to log out with, and whether a cookie brought it; both may be absent.
struct Presented {
  std::string refresh;
  std::string authorization;
  bool refresh_by_cookie = false;
  bool access_by_cookie = false;
};

Presented presented_by(const Context& context, const ApiOptions& options, Form& form) {
  Presented presented;
  presented.refresh = form.take("refresh").value_or("");
  presented.authorization = context.request.authorization;
  if (presented.refresh.empty()) {
    if (const auto cookie = refresh_cookie(context.request, options)) {
      presented.refresh = *cookie;
      presented.refresh_by_cookie = true;
    }
  }
  if (presented.authorization.empty()) {
    presented.authorization = authorization_of_cookie(context.request, options);
    presented.access_by_cookie = !presented.authorization.empty();
  }
  return presented;
}

/// Ends what both tokens stand for, since each can have a session of its own. Good when one of them did.
std::optional<http::Response> end(Services& services, const Context& context, const Presented& presented) {
  const bool may_ask_database = context.on != Lane::token;
  const bool has_refresh = !presented.refresh.empty();
  auto bearer = services.bearer.authenticate(presented.authorization, may_ask_database);
  if (std::holds_alternative<tokens::NeedsDatabase>(bearer)) return std::nullopt;
  auto* const principal = std::get_if<tokens::Principal>(&bearer);
  if (principal != nullptr && presented.access_by_cookie) {
    if (auto refusal = csrf_refusal(context.request, services, principal->session)) return refusal;
  }
  if (has_refresh && presented.refresh_by_cookie) {
    const auto session = session_of_refresh(services, presented.refresh);
    if (!session && principal == nullptr) return bad_token(session.error(), services.options.simplejwt_5_2);
    if (session) {
      if (auto refusal = csrf_refusal(context.request, services, *session)) return refusal;
    }
  }
  if (!has_refresh && principal == nullptr) return refused_bearer(bearer, services.options.simplejwt_5_2);
  if (principal != nullptr && !may_ask_database) return std::nullopt;

  const store::Origin origin = origin_of(context.request);
  http::Response response;
  response.body = "{}";
  if (has_refresh) {
    const auto outcome = services.refresh_tokens.blacklist(presented.refresh, origin, may_ask_database);
    if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
    if (const auto* good = std::get_if<tokens::Good>(&outcome)) {
      response.user_id = good->user_id;
      if (principal != nullptr && principal->session == good->session) return response;
    } else if (principal == nullptr) {
      return bad_token(std::get<tokens::TokenDefect>(outcome), services.options.simplejwt_5_2);
    }
  }
  if (principal != nullptr) {
    response.user_id = principal->user->id;
    end_session_of(services, *principal, store::AuditKind::logout, origin);
  }
  return response;
}

}  // namespace

std::span<const Field> logout_fields(const ApiOptions&) {
  static constexpr Field fields[] = {{"refresh", Field::Type::string, false, false, "Refresh", "", 0}};
  return fields;
}

std::optional<http::Response> log_out(Services& services, const Context& context) {
  auto form = read_form(context.request, logout_fields(services.options));
  if (!form) return std::move(form.error());
  form->refuse_odd_characters();
  if (!form->errors.empty()) return field_errors(form->errors);
  auto response = end(services, context, presented_by(context, services.options, *form));
  // Whoever is told that his token is good for nothing need not keep it.
  if (response && (response->status == 200 || response->status == 401)) {
    clear_login_cookies(*response, services.options);
  }
  return response;
}

std::optional<http::Response> log_out_all(Services& services, const Context& context) {
  const auto ended =
      services.sessions.end_all(context.principal->user->id, std::nullopt, store::SessionEnd::logout_all,
                                store::AuditKind::logout_all, origin_of(context.request));
  http::Response response;
  json::Object(response.body).field("ended", static_cast<std::int64_t>(ended)).close();
  clear_login_cookies(response, services.options);
  return response;
}

}  // namespace api
