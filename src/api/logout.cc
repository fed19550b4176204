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

/// What came to log out with.
struct Presented {
  std::string refresh;             // may be empty
  bool refresh_by_cookie = false;  // and not by the body
  bool is_cookies_refresh = false;
  bool access_by_cookie = false;
  bool by_our_script = false;  // it brought the CSRF token
};

Presented presented_by(const Context& context, const ApiOptions& options, Form& form) {
  Presented presented;
  presented.refresh = form.take("refresh").value_or("");
  const auto cookie = refresh_cookie(context.request, options);
  if (cookie && presented.refresh.empty()) {
    presented.refresh = *cookie;
    presented.refresh_by_cookie = true;
  }
  presented.is_cookies_refresh = cookie && presented.refresh == *cookie;
  return presented;
}

/// Whether the cookies are good for nothing now. Another site can have a browser come here, with a token of
/// its choice: what it may not do is take away the cookies of a session that lives on.
bool ends_cookies(const Presented& presented, int status) noexcept {
  if (status == 200) return presented.is_cookies_refresh || presented.by_our_script;
  return status == 401 &&
         (presented.is_cookies_refresh || (presented.refresh.empty() && presented.access_by_cookie));
}

/// Ends what both tokens stand for, since each can have a session of its own. Good when one of them did.
std::optional<http::Response> end(Services& services, const Context& context, Presented& presented) {
  const bool may_ask_database = context.on != Lane::token;
  const bool has_refresh = !presented.refresh.empty();
  auto [bearer, by_cookie] = authenticate(services, context.request, may_ask_database);
  presented.access_by_cookie = by_cookie;
  if (std::holds_alternative<tokens::NeedsDatabase>(bearer)) return std::nullopt;
  auto* const principal = std::get_if<tokens::Principal>(&bearer);
  if (principal != nullptr && by_cookie) {
    if (auto refusal = csrf_refusal(context.request, services, principal->session)) return refusal;
    presented.by_our_script = true;
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
  Presented presented = presented_by(context, services.options, *form);
  auto response = end(services, context, presented);
  if (response && ends_cookies(presented, response->status)) clear_login_cookies(*response, services.options);
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
