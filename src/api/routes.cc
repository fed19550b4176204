#include "api/routes.h"

#include <array>
#include <iterator>

#include "api/handlers.h"
#include "api/well_known.h"

namespace api {
namespace {

constexpr std::string_view kObtainDescription =
    "Takes a set of user credentials and returns an access and refresh JSON web\n"
    "token pair to prove the authentication of those credentials.";
constexpr std::string_view kRefreshDescription =
    "Takes a refresh type JSON web token and returns an access type JSON web\n"
    "token if the refresh token is valid.";
constexpr std::string_view kVerifyDescription =
    "Takes a token and indicates if it is valid.  This view provides no\n"
    "information about a token's fitness for a particular use.";

constexpr std::string_view kBlacklistDescription =
    "Takes a token and blacklists it. Must be used with the\n"
    "`rest_framework_simplejwt.token_blacklist` app installed.";

constexpr std::string_view kLogoutDescription =
    "Ends the session of the refresh token in the body (or cookie), of the access\n"
    "token in the Authorization header, or of both.";
constexpr std::string_view kLogoutAllDescription = "Ends all sessions of the user, this one included.";
constexpr std::string_view kSessionsDescription =
    "The user's sessions, the one that was used last first; at most 1,000.";
constexpr std::string_view kEndSessionDescription = "Ends one session of the user.";
constexpr std::string_view kTokensDescription =
    "Personal access tokens, for scripts and services; the newest first. The answer to POST has\n"
    "the token itself, this once.";
constexpr std::string_view kEndTokenDescription = "Ends one personal access token of the user.";
constexpr std::string_view kPasswordDescription =
    "Sets a new password and ends the user's other sessions; where tokens carry a\n"
    "digest of the password, this one as well.";
constexpr std::string_view kMeDescription = "The user's own account. Deleting it takes the password.";
constexpr std::string_view kRevokeDescription = "RFC 7009, for services with client credentials.";
constexpr std::string_view kIntrospectDescription = "RFC 7662, for services with client credentials.";

constexpr std::string_view kKeySetDescription = "The public keys that verify tokens: RFC 7517.";
constexpr std::string_view kDiscoveryDescription =
    "What there is of OpenID Connect Discovery 1.0: issuer, keys, endpoints for services.";
constexpr std::string_view kGatewayDescription =
    "For nginx's auth_request, and for nobody else: whose credential it is, and\n"
    "whether the location's rule lets him pass.";

constexpr std::string_view kMetricsDescription =
    "For Prometheus, text format 0.0.4, of all workers of the host. nginx answers this host alone.";

constexpr std::string_view kDocsDescription = "These endpoints, for people.";
constexpr std::string_view kSchemaDescription =
    "These endpoints, for programs: an OpenAPI 3.1 document of those that are there.";

// How they are grouped there.
constexpr std::string_view kAccounts = "Accounts";
constexpr std::string_view kLogins = "Logins and tokens";
constexpr std::string_view kSessions = "Sessions";
constexpr std::string_view kPersonal = "Personal access tokens";
constexpr std::string_view kServices = "Services";
constexpr std::string_view kOperation = "Operation";

using enum Access;
using enum Kind;

constexpr bool always(const ApiOptions&) {
  return true;
}
constexpr bool with_registration(const ApiOptions& options) {
  return options.registration;
}
/// Sessions end by way of it, too: a client that logs out by simplejwt's blacklist does log out.
constexpr bool with_blacklist(const ApiOptions& options) {
  return options.blacklist || options.sessions;
}
constexpr bool with_sessions(const ApiOptions& options) {
  return options.sessions;
}
constexpr bool with_personal_tokens(const ApiOptions& options) {
  return options.personal_tokens;
}
constexpr bool with_clients(const ApiOptions& options) {
  return options.oauth;
}
constexpr bool with_docs(const ApiOptions& options) {
  return options.docs;
}
constexpr bool with_issuer_url(const ApiOptions& options) {
  return is_issuer_url(options.issuer);
}

// clang-format off
constexpr Route kRoutes[] = {
    // method, path,                 kind,  access, lane,           handler,           enabled,           ok,  fields,              tag,        name, description
    {"POST", "/api/register/",       view,  open,   Lane::password, register_account,  with_registration, 201, registration_fields, kAccounts,  "Register", ""},
    {"POST", "/api/login/",          view,  open,   Lane::password, obtain_token_pair, always,            200, login_fields,        kLogins,    "Token Obtain Pair", kObtainDescription},
    {"POST", "/api/token/",          view,  open,   Lane::password, obtain_token_pair, always,            200, login_fields,        kLogins,    "Token Obtain Pair", kObtainDescription},
    {"POST", "/api/token/refresh/",  view,  refresh, Lane::refresh, refresh_token,     always,            200, refresh_fields,      kLogins,    "Token Refresh", kRefreshDescription},
    {"POST", "/api/token/verify/",   view,  open,   Lane::token,    verify_token,      always,            200, verify_fields,       kLogins,    "Token Verify", kVerifyDescription},
    {"POST", "/api/token/blacklist/", view, open,   Lane::token,    blacklist_token,   with_blacklist,    200, blacklist_fields,    kLogins,    "Token Blacklist", kBlacklistDescription},
    {"POST", "/api/logout/",         view,  refresh, Lane::token,   log_out,           with_sessions,     200, logout_fields,       kSessions,  "Logout", kLogoutDescription},
    {"POST", "/api/logout/all/",     view,  bearer, Lane::database, log_out_all,       with_sessions,     200, no_fields,           kSessions,  "Logout Everywhere", kLogoutAllDescription},
    {"GET",  "/api/sessions/",       view,  bearer, Lane::database, list_sessions,     with_sessions,     200, no_fields,           kSessions,  "Sessions", kSessionsDescription},
    {"DELETE", "/api/sessions/{id}/", view, bearer, Lane::database, end_session,       with_sessions,     204, no_fields,           kSessions,  "Session", kEndSessionDescription},
    {"GET",  "/api/tokens/",         view,  bearer, Lane::database, list_personal_tokens, with_personal_tokens, 200, no_fields,     kPersonal,  "Personal Access Tokens", kTokensDescription},
    {"POST", "/api/tokens/",         view,  bearer, Lane::database, create_personal_token, with_personal_tokens, 201, personal_token_fields, kPersonal,  "Personal Access Tokens", kTokensDescription},
    {"DELETE", "/api/tokens/{id}/",  view,  bearer, Lane::database, delete_personal_token, with_personal_tokens, 204, no_fields,    kPersonal,  "Personal Access Token", kEndTokenDescription},
    {"POST", "/api/password/change/", view, bearer, Lane::password, change_password,   always,            200, password_fields,     kAccounts,  "Password Change", kPasswordDescription},
    {"GET",  "/api/me/",             view,  bearer, Lane::database, show_me,           always,            200, no_fields,           kAccounts,  "Me", kMeDescription},
    {"PATCH", "/api/me/",            view,  bearer, Lane::database, change_me,         always,            200, profile_fields,      kAccounts,  "Me", kMeDescription},
    {"DELETE", "/api/me/",           view,  bearer, Lane::password, delete_me,         always,            204, deletion_fields,     kAccounts,  "Me", kMeDescription},
    {"POST", "/api/oauth/revoke/",   view,  open,   Lane::token,    revoke_token,      with_clients,      200, client_fields,       kServices,  "Token Revocation", kRevokeDescription},
    {"POST", "/api/oauth/introspect/", view, open,  Lane::token,    introspect_token,  with_clients,      200, client_fields,       kServices,  "Token Introspection", kIntrospectDescription},
    {"GET",  "/api/dashboard/",      view,  bearer, Lane::token,    show_dashboard,    always,            200, no_fields,           kAccounts,  "Dashboard", ""},
    {"GET",  "/.well-known/jwks.json", probe, open, Lane::token,    show_key_set,      always,            200, no_fields,           kServices,  "Key Set", kKeySetDescription},
    {"GET",  "/.well-known/openid-configuration", probe, open, Lane::token, show_discovery, with_issuer_url, 200, no_fields,       kServices,  "Discovery", kDiscoveryDescription},
    {"GET",  "/gateway/",            probe, open,   Lane::token,    judge_access,      always,            204, no_fields,           kServices,  "Gateway", kGatewayDescription},
    {"GET",  "/api/docs/",           probe, open,   Lane::token,    show_docs,         with_docs,         200, no_fields,           kOperation, "Documentation", kDocsDescription},
    {"GET",  "/api/docs/docs.css",   probe, open,   Lane::token,    show_docs_style,   with_docs,         200, no_fields,           kOperation, "Documentation's Style", ""},
    {"GET",  "/api/schema/",         probe, open,   Lane::token,    show_schema,       with_docs,         200, no_fields,           kOperation, "Schema", kSchemaDescription},
    {"GET",  "/healthz",             probe, open,   Lane::token,    tell_health,       always,            200, no_fields,           kOperation, "Health", ""},
    {"GET",  "/metrics",             probe, open,   Lane::token,    show_metrics,      always,            200, no_fields,           kOperation, "Metrics", kMetricsDescription},
    {"GET",  "/readyz",              probe, open,   Lane::database, tell_readiness,    always,            200, no_fields,           kOperation, "Readiness", ""},
};
// clang-format on

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

std::span<const metrics::RouteLabel> route_labels() {
  static_assert(std::size(kRoutes) < metrics::kRoutes);
  static constexpr auto labels = [] {
    std::array<metrics::RouteLabel, std::size(kRoutes)> made{};
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = {kRoutes[i].method, kRoutes[i].path};
    return made;
  }();
  return labels;
}

std::span<const Field> no_fields(const ApiOptions&) {
  return {};
}

}  // namespace api
