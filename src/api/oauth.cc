// POST /api/oauth/revoke/ (RFC 7009), POST /api/oauth/introspect/ (RFC 7662), for services with client
// credentials (RFC 6749 section 2.3.1: Basic, or in the body).

#include "api/errors.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/session_end.h"
#include "http/header_value.h"
#include "http/percent.h"
#include "json/writer.h"
#include "tokens/session_id.h"
#include "tokens/unix_time.h"
#include "util/encoding.h"

namespace api {
namespace {

constexpr Field kFields[] = {
    {"token", Field::Type::string, true, false, "Token", "", 0},
    {"token_type_hint", Field::Type::string, false, false, "Token type hint", "access_token, refresh_token",
     0},
    {"client_id", Field::Type::string, false, false, "Client id", "Or by HTTP Basic authentication.", 0},
    {"client_secret", Field::Type::string, false, false, "Client secret", "", 0},
};

/// RFC 6749 section 5.2.
http::Response oauth_error(int status, std::string_view code) {
  http::Response response;
  response.status = status;
  response.no_store = true;
  json::Object(response.body).field("error", code).close();
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"oauth\"");
  return response;
}

/// The client whose credentials these are; nothing when they are nobody's.
std::optional<std::string> client_of_basic(const accounts::ServiceClients& clients,
                                           std::string_view authorization) {
  constexpr std::string_view scheme = "basic ";
  if (authorization.size() < scheme.size() ||
      !http::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  auto decoded = util::from_base64(http::trim(authorization.substr(scheme.size())));
  if (!decoded) return std::nullopt;
  const auto pair = util::Secret::take(std::move(*decoded));
  const std::string_view text = pair.reveal();
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto secret = util::Secret::take(http::percent_decoded(text.substr(colon + 1), http::Plus::is_space));
  std::string id = http::percent_decoded(text.substr(0, colon), http::Plus::is_space);
  if (!clients.knows(id, secret.reveal())) return std::nullopt;
  return id;
}

struct Asked {
  std::string token;
  std::string client;
};

/// What a known client sent, or the answer to send.
util::Result<Asked, http::Response> read_token(const Services& services, const Context& context) {
  auto form = read_form(context.request, kFields);
  if (!form) return util::unexpected(std::move(form.error()));
  std::optional<std::string> client = form->take("client_id").value_or("");
  const auto secret = util::Secret::take(form->take("client_secret").value_or(""));
  if (!context.request.authorization.empty()) {
    client = client_of_basic(services.clients, context.request.authorization);
  } else if (!services.clients.knows(*client, secret.reveal())) {
    client.reset();
  }
  if (!client) return util::unexpected(oauth_error(401, "invalid_client"));
  form->refuse_odd_characters();
  if (!form->errors.empty()) return util::unexpected(oauth_error(400, "invalid_request"));
  return Asked{*form->take("token"), std::move(*client)};
}

/// The audit has the service, and not the user, as who ended this.
store::Origin origin_of(const Context& context, const Asked& asked) {
  store::Origin origin = api::origin_of(context.request);
  origin.client = asked.client;
  return origin;
}

http::Response answer(std::string body) {
  http::Response response;
  response.no_store = true;
  response.body = std::move(body);
  return response;
}

http::Response inactive() {
  return answer(R"({"active":false})");
}

/// Ends an access token's session.
std::optional<http::Response> revoke_access(Services& services, const Context& context, const Asked& asked) {
  if (!services.options.sessions) return oauth_error(400, "unsupported_token_type");
  const auto outcome = services.refresh_tokens.verify(asked.token, context.on != Lane::token);
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  const auto* good = std::get_if<tokens::Good>(&outcome);
  if (good == nullptr) return answer("{}");
  if (context.on == Lane::token) return std::nullopt;
  services.sessions.end_token(good->user_id, good->session, store::AuditKind::session_ended,
                              origin_of(context, asked), good->token.expires);
  return answer("{}");
}

using PersonalOutcome = tokens::PersonalTokens::ReadOutcome;

/// Nothing: it is none.
std::optional<PersonalOutcome> read_personal(const Services& services, const Context& context,
                                             std::string_view token) {
  if (!services.personal_tokens.takes(token)) return std::nullopt;
  return services.personal_tokens.read(token, context.on != Lane::token);
}

std::optional<http::Response> revoke_personal(Services& services, const Context& context, const Asked& asked,
                                              const PersonalOutcome& read) {
  if (std::holds_alternative<tokens::NeedsDatabase>(read)) return std::nullopt;
  if (const auto* token = std::get_if<store::PersonalToken>(&read))
    services.personal_tokens.revoke(token->user_id, token->id, asked.client, origin_of(context, asked));
  return answer("{}");
}

std::optional<http::Response> describe_personal(const Services& services, const PersonalOutcome& read) {
  if (std::holds_alternative<tokens::NeedsDatabase>(read)) return std::nullopt;
  const auto* token = std::get_if<store::PersonalToken>(&read);
  if (token == nullptr) return inactive();
  const auto found = services.token_users.find(token->user_id, true);
  const auto* user = std::get_if<std::shared_ptr<const tokens::KnownUser>>(&found);
  if (user == nullptr) return inactive();

  std::string body;
  json::Object object(body);
  object.field("active", true)
      .field("sub", std::to_string(token->user_id))
      .field("username", (*user)->username)
      .field("token_type", "Bearer")
      .field("token_use", "personal")
      .field("scope", token->scope);
  if (token->expires_at) object.field("exp", tokens::seconds_of(*token->expires_at));
  object.field("iat", tokens::seconds_of(token->created_at)).field("jti", tokens::sid_text(token->id)).close();
  return answer(std::move(body));
}

void copy_claim(json::Object& object, std::string_view name, const json::Value& claims,
                std::string_view claim) {
  if (const auto value = claims.get(claim)) object.raw(name, value->dump());
}

http::Response described(const tokens::Good& good, const tokens::KnownUser& user, const ApiOptions& options) {
  const json::Value& claims = good.token.claims;
  std::string body;
  json::Object object(body);
  object.field("active", true).field("sub", std::to_string(user.id)).field("username", user.username);
  const auto type = claims.get(options.token_type_claim);
  if (type && type->is(json::Type::string)) {
    if (type->as_string() == tokens::name(tokens::TokenType::access)) object.field("token_type", "Bearer");
    object.field("token_use", type->as_string());
  }
  object.field("exp", good.token.expires);
  copy_claim(object, "iat", claims, "iat");
  copy_claim(object, "jti", claims, options.jti_claim);
  if (good.has_sid) object.field("sid", tokens::sid_text(good.session));
  copy_claim(object, "iss", claims, "iss");
  copy_claim(object, "aud", claims, "aud");
  object.close();
  return answer(std::move(body));
}

}  // namespace

std::span<const Field> client_fields(const ApiOptions&) {
  return kFields;
}

std::optional<http::Response> revoke_token(Services& services, const Context& context) {
  const auto asked = read_token(services, context);
  if (!asked) return asked.error();
  if (const auto personal = read_personal(services, context, asked->token))
    return revoke_personal(services, context, *asked, *personal);
  // What is wrong with a token is no error here (RFC 7009 section 2.2): it is not good any more.
  const auto type = services.verifier.verify(asked->token, tokens::TokenType::refresh);
  if (!type) {
    return type.error() == tokens::TokenDefect::wrong_type ? revoke_access(services, context, *asked)
                                                           : answer("{}");
  }
  if (!services.options.sessions && !services.options.blacklist) {
    return oauth_error(400, "unsupported_token_type");
  }
  const auto outcome =
      services.refresh_tokens.blacklist(asked->token, origin_of(context, *asked), context.on != Lane::token);
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  return answer("{}");
}

std::optional<http::Response> introspect_token(Services& services, const Context& context) {
  const auto asked = read_token(services, context);
  if (!asked) return asked.error();
  if (const auto personal = read_personal(services, context, asked->token))
    return describe_personal(services, *personal);
  const bool may_ask_database = context.on != Lane::token;
  const auto outcome = services.refresh_tokens.verify(asked->token, may_ask_database);
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return std::nullopt;
  const auto* good = std::get_if<tokens::Good>(&outcome);
  if (good == nullptr) return inactive();

  const auto named = services.token_users.read(good->token.claims, may_ask_database);
  if (std::holds_alternative<tokens::NeedsDatabase>(named)) return std::nullopt;
  const auto* who = std::get_if<tokens::TokenUsers::Named>(&named);
  if (who == nullptr) return inactive();
  const auto found = services.token_users.find(who->id, who->said, may_ask_database);
  if (std::holds_alternative<tokens::NeedsDatabase>(found)) return std::nullopt;
  const auto* user = std::get_if<std::shared_ptr<const tokens::KnownUser>>(&found);
  if (user == nullptr) return inactive();
  return described(*good, **user, services.options);
}

}  // namespace api
