#include "api/app.h"

#include <algorithm>
#include <string>
#include <vector>

#include "api/cookies.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "http/accept.h"
#include "json/parse.h"
#include "util/error.h"
#include "util/log.h"

namespace api {
namespace {

/// A moved path keeps its query; GET and HEAD only, because a moved POST loses its body.
http::Response moved(std::string_view path, std::string_view query) {
  std::string location(path);
  location += '/';
  if (!query.empty()) location.append("?").append(query);
  return http::moved_permanently(std::move(location));
}

void log_failure(const char* what, const http::Request& request) {
  util::log::error("failed: " + util::log::quoted(what, 1024),
                   {request.request_id, request.trace, request.span});
}

bool has_challenge(const http::Response& response) noexcept {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return header.first == "WWW-Authenticate"; });
}

http::Response indented(http::Response response, int spaces) {
  if (auto value = json::parse(response.body)) response.body = value->dump_indented(spaces);
  return response;
}

}  // namespace

App::App(Services& services) : services_(services), router_(routes(), services.options) {}

App::Place App::place(const http::Request& request) const noexcept {
  const auto match = router_.match(request.path);
  const Route* row = match.resource != nullptr ? match.resource->row(request.method) : nullptr;
  if (row == nullptr) return {Lane::token, routes().size()};
  const bool alone = row->lane == Lane::refresh && services_.rotating == nullptr;
  return {alone ? Lane::token : row->lane, static_cast<std::size_t>(row - routes().data())};
}

void App::handle_together(std::span<const http::Request* const> requests, const Reply& reply) {
  std::vector<JointRefresh> joint(requests.size());
  std::vector<std::size_t> begun;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (const auto response = handle(*requests[i], Lane::refresh, &joint[i])) {
      reply(i, *response);
    } else {
      begun.push_back(i);
    }
  }
  while (!begun.empty()) {
    std::vector<tokens::BegunRefresh*> next;
    for (const std::size_t i : begun) next.push_back(&joint[i].begun.value());
    services_.rotating->rotate(next);  // at least the first
    std::erase_if(begun, [&](std::size_t i) {
      const auto response = handle(*requests[i], Lane::refresh, &joint[i]);
      if (response) reply(i, *response);
      return response.has_value();
    });
  }
}

std::optional<http::Response> App::handle(const http::Request& request, Lane on, JointRefresh* joint) {
  try {
    auto response = dispatch(request, on, joint);
    if (response && response->status == 401 && !services_.options.challenge.empty() &&
        !has_challenge(*response)) {
      response->headers.emplace_back("WWW-Authenticate", services_.options.challenge);
    }
    return response;
  } catch (const util::Outage& outage) {
    log_failure(outage.what(), request);
    return http::unavailable(static_cast<int>(outage.retry_after().count()));
  } catch (const std::exception& error) {
    log_failure(error.what(), request);
    return http::detail(500, "Internal server error.");
  }
}

std::optional<http::Response> App::dispatch(const http::Request& request, Lane on, JointRefresh* joint) {
  const auto match = router_.match(request.path);
  if (match.resource == nullptr) return not_found();
  const Resource& resource = *match.resource;
  if (match.slash_missing && (request.method == "GET" || request.method == "HEAD")) {
    return moved(request.path, request.query);
  }

  int indent = 0;
  if (resource.kind == Kind::view) {
    auto negotiation = http::negotiate(request);
    if (negotiation.refused) {
      negotiation.refused->allow = resource.allow;
      return std::move(*negotiation.refused);
    }
    indent = negotiation.accepted.indent;
  }

  bool by_cookie = false;
  auto response = answer(match, request, on, joint, by_cookie);
  if (!response) return std::nullopt;
  response->allow = resource.allow;
  if (resource.access == Access::bearer && services_.options.access_cookie) {
    // Shared caches keep off answers to an Authorization header (RFC 9111 section 3.5), and not to a cookie.
    response->vary_cookie = true;
    response->no_store |= by_cookie;
  }
  return indent > 0 ? indented(std::move(*response), indent) : std::move(*response);
}

std::optional<http::Response> App::answer(const Router::Match& match, const http::Request& request, Lane on,
                                          JointRefresh* joint, bool& by_cookie) {
  const Resource& resource = *match.resource;
  tokens::Principal principal;
  if (resource.access == Access::bearer) {
    auto authenticated = authenticate(services_, request, on != Lane::token);
    by_cookie = authenticated.by_cookie;
    if (std::holds_alternative<tokens::NeedsDatabase>(authenticated.outcome)) return std::nullopt;
    if (!std::holds_alternative<tokens::Principal>(authenticated.outcome)) {
      return refused_bearer(authenticated.outcome, services_.options.simplejwt_5_2);
    }
    principal = std::move(std::get<tokens::Principal>(authenticated.outcome));
    if (by_cookie && !is_safe(request.method)) {
      if (auto refusal = csrf_refusal(request, services_, principal.session)) return refusal;
    }
  }
  const std::int64_t user_id = principal.user ? principal.user->id : 0;

  const Route* row = resource.row(request.method);
  std::optional<http::Response> response;
  if (row != nullptr) {
    response =
        row->handler(services_, {request, on, principal.user ? &principal : nullptr, match.parameter, joint});
  } else if (request.method == "OPTIONS" && resource.kind == Kind::view) {
    response = describe(resource, services_.options);
  } else {
    response = method_not_allowed(request.method);
  }
  if (response && response->user_id == 0) {
    response->user_id = user_id;
    response->session = principal.session;
  }
  return response;
}

}  // namespace api
