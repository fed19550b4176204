// The endpoints: one file per resource, each function a row of routes.cc.
#pragma once

#include <optional>
#include <span>

#include "api/route.h"
#include "api/services.h"

namespace api {

std::optional<http::Response> register_account(Services& services, const Context& context);
std::span<const Field> registration_fields(const ApiOptions& options);

std::optional<http::Response> obtain_token_pair(Services& services, const Context& context);
std::span<const Field> login_fields(const ApiOptions& options);

/// A refresh between its two calls of refresh_token().
struct JointRefresh {
  std::optional<tokens::BegunRefresh> begun{};
  store::Origin origin{};
  bool by_cookie = false;
};
std::optional<http::Response> refresh_token(Services& services, const Context& context);
std::span<const Field> refresh_fields(const ApiOptions& options);
std::optional<http::Response> verify_token(Services& services, const Context& context);
std::span<const Field> verify_fields(const ApiOptions& options);

std::optional<http::Response> blacklist_token(Services& services, const Context& context);
std::span<const Field> blacklist_fields(const ApiOptions& options);

std::optional<http::Response> log_out(Services& services, const Context& context);
std::span<const Field> logout_fields(const ApiOptions& options);
std::optional<http::Response> log_out_all(Services& services, const Context& context);

std::optional<http::Response> list_sessions(Services& services, const Context& context);
std::optional<http::Response> end_session(Services& services, const Context& context);

std::optional<http::Response> list_personal_tokens(Services& services, const Context& context);
std::optional<http::Response> create_personal_token(Services& services, const Context& context);
std::span<const Field> personal_token_fields(const ApiOptions& options);
std::optional<http::Response> delete_personal_token(Services& services, const Context& context);

std::optional<http::Response> change_password(Services& services, const Context& context);
std::span<const Field> password_fields(const ApiOptions& options);

std::optional<http::Response> show_me(Services& services, const Context& context);
std::optional<http::Response> change_me(Services& services, const Context& context);
std::span<const Field> profile_fields(const ApiOptions& options);
std::optional<http::Response> delete_me(Services& services, const Context& context);
std::span<const Field> deletion_fields(const ApiOptions& options);

std::optional<http::Response> revoke_token(Services& services, const Context& context);
std::optional<http::Response> introspect_token(Services& services, const Context& context);
std::span<const Field> client_fields(const ApiOptions& options);

std::optional<http::Response> show_dashboard(Services& services, const Context& context);

std::optional<http::Response> show_key_set(Services& services, const Context& context);
std::optional<http::Response> show_discovery(Services& services, const Context& context);
std::optional<http::Response> judge_access(Services& services, const Context& context);

std::optional<http::Response> show_schema(Services& services, const Context& context);
std::optional<http::Response> show_docs(Services& services, const Context& context);
std::optional<http::Response> show_docs_style(Services& services, const Context& context);

std::optional<http::Response> show_metrics(Services& services, const Context& context);
std::optional<http::Response> tell_health(Services& services, const Context& context);
std::optional<http::Response> tell_readiness(Services& services, const Context& context);

std::span<const Field> no_fields(const ApiOptions& options);

}  // namespace api
