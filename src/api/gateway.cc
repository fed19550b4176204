// GET /gateway/: nginx asks by auth_request whether a request may pass, and who sent it.

#include "api/cookies.h"
#include "api/errors.h"
#include "api/gateway_headers.h"
#include "api/gateway_rule.h"
#include "api/handlers.h"
#include "tokens/gateway_token.h"
#include "util/log.h"

namespace api {
namespace {

/// A mistake in nginx's configuration. nginx makes a 500 of it, too.
http::Response misconfigured(const http::Request& request, std::string_view what) {
  util::log::error("the gateway lets nobody pass: " + std::string(what) + ": " +
                       util::log::quoted(request.gateway_rule, 1024),
                   {request.request_id, request.trace, request.span});
  return http::detail(500, "Internal server error.");
}

http::Response pass(const tokens::Principal& principal) {
  http::Response response = no_content();
  response.vary_accept = false;
  response.header_lines = gateway_headers(principal);
  if (principal.user) response.user_id = principal.user->id;
  response.session = principal.session;
  return response;
}

}  // namespace

std::optional<http::Response> judge_access(Services& services, const Context& context) {
  const http::Request& request = context.request;
  if (request.gateway_method.empty()) return not_found();  // none of the gateway's location
  services.directory.want_groups();

  const auto [outcome, by_cookie] =
      authenticate(services, request, context.on != Lane::token, tokens::Accepts::credentials);
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  const auto* principal = std::get_if<tokens::Principal>(&outcome);
  if (principal == nullptr) return refused_bearer(outcome, services.options.simplejwt_5_2);
  if (by_cookie && !is_safe(request.gateway_method)) {
    if (auto refusal = csrf_refusal(request, services, principal->session)) return refusal;
  }

  const auto [verdict, audience] = judge(request.gateway_rule, *principal, services.clock.unix_now());
  if (verdict == Verdict::unreadable) return misconfigured(request, "its rule cannot be read");
  if (verdict == Verdict::unmet) return http::detail(403, "The rule of this location is not met.");
  http::Response response = pass(*principal);
  if (!audience.empty()) {
    const auto token = services.gateway_tokens.issue(*principal, audience);
    if (!token) return misconfigured(request, token.error().message);
    response.header_lines.append("X-Auth-Token: ").append(*token).append("\r\n");
  }
  return response;
}

}  // namespace api
