#include "api/routes.h"

#include "api/handlers.h"

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

using enum Access;
using enum Kind;

// clang-format off
constexpr Route kRoutes[] = {
    // method, path,                 kind,  access, lane,           handler,           ok,  fields,              name, description
    {"POST", "/api/register/",       view,  open,   Lane::password, register_account,  201, registration_fields, "Register", ""},
    {"POST", "/api/login/",          view,  open,   Lane::password, obtain_token_pair, 200, login_fields,        "Token Obtain Pair", kObtainDescription},
    {"POST", "/api/token/",          view,  open,   Lane::password, obtain_token_pair, 200, login_fields,        "Token Obtain Pair", kObtainDescription},
    {"POST", "/api/token/refresh/",  view,  open,   Lane::token,    refresh_token,     200, refresh_fields,      "Token Refresh", kRefreshDescription},
    {"POST", "/api/token/verify/",   view,  open,   Lane::token,    verify_token,      200, verify_fields,       "Token Verify", kVerifyDescription},
    {"POST", "/api/token/blacklist/", view, open,   Lane::token,    blacklist_token,   200, blacklist_fields,    "Token Blacklist", kBlacklistDescription},
    {"GET",  "/api/dashboard/",      view,  bearer, Lane::token,    show_dashboard,    200, no_fields,           "Dashboard", ""},
    {"GET",  "/healthz",             probe, open,   Lane::token,    tell_health,       200, no_fields,           "Health", ""},
    {"GET",  "/readyz",              probe, open,   Lane::database, tell_readiness,    200, no_fields,           "Readiness", ""},
};
// clang-format on

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

std::span<const Field> no_fields(const ApiOptions&) {
  return {};
}

}  // namespace api
