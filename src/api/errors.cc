#include "api/errors.h"

#include "http/charset.h"
#include "json/writer.h"

namespace api {

using tokens::BearerDefect;
using tokens::TokenDefect;

namespace {

constexpr std::string_view kPasswordChanged = "The user's password has been changed.";

}  // namespace

http::Response field_errors(const accounts::FieldErrors& errors) {
  http::Response response;
  response.status = 400;
  json::Object object(response.body);
  for (const auto& [field, messages] : errors.all()) object.raw(field, json::quoted_array(messages));
  object.close();
  return response;
}

std::string_view sentence(TokenDefect defect, bool simplejwt_5_2) noexcept {
  switch (defect) {
    case TokenDefect::invalid:
      return simplejwt_5_2 ? "Token is invalid or expired" : "Token is invalid";
    case TokenDefect::expired:
      return simplejwt_5_2 ? "Token is invalid or expired" : "Token is expired";
    case TokenDefect::no_type:
      return "Token has no type";
    case TokenDefect::wrong_type:
      return "Token has wrong type";
    case TokenDefect::no_id:
      return "Token has no id";
    case TokenDefect::no_expiry:
      return "Token has no 'exp' claim";
    case TokenDefect::blacklisted:
      return "Token is blacklisted";
  }
  return "Token is invalid";
}

http::Response bad_token(TokenDefect defect, bool simplejwt_5_2) {
  return http::detail(401, sentence(defect, simplejwt_5_2), "token_not_valid");
}

http::Response bad_bearer(TokenDefect defect, bool simplejwt_5_2) {
  std::string message;
  json::Object(message)
      .field("token_class", "AccessToken")
      .field("token_type", "access")
      .field("message", sentence(defect, simplejwt_5_2))
      .close();
  http::Response response;
  response.status = 401;
  json::Object(response.body)
      .field("detail", "Given token not valid for any token type")
      .field("code", "token_not_valid")
      .raw("messages", "[" + message + "]")
      .close();
  return response;
}

http::Response bad_bearer(BearerDefect defect) {
  switch (defect) {
    case BearerDefect::absent:
      break;
    case BearerDefect::bad_header:
      return http::detail(401, "Authorization header must contain two space-delimited values",
                          "bad_authorization_header");
    case BearerDefect::no_user_claim:
      return http::detail(401, "Token contained no recognizable user identification", "token_not_valid");
    case BearerDefect::user_not_found:
      return http::detail(401, "User not found", "user_not_found");
    case BearerDefect::user_inactive:
      return http::detail(401, "User is inactive", "user_inactive");
    case BearerDefect::password_changed:
      return http::detail(401, kPasswordChanged, "password_changed");
  }
  return http::detail(401, "Authentication credentials were not provided.");
}

http::Response refused(tokens::RefreshRefusal refusal) {
  return http::detail(401, refusal == tokens::RefreshRefusal::password_changed
                               ? kPasswordChanged
                               : "No active account found for the given token.");
}

http::Response refused_bearer(const tokens::BearerOutcome& outcome, bool simplejwt_5_2) {
  if (const auto* defect = std::get_if<TokenDefect>(&outcome)) return bad_bearer(*defect, simplejwt_5_2);
  const auto* defect = std::get_if<BearerDefect>(&outcome);
  return bad_bearer(defect != nullptr ? *defect : BearerDefect::absent);
}

http::Response too_many(const accounts::Throttled& throttled) {
  return http::throttled(static_cast<int>(throttled.wait.count()));
}

http::Response no_content() {
  http::Response response;
  response.status = 204;
  response.content_type = {};
  return response;
}

http::Response not_found() {
  return http::detail(404, "Not found.");
}

http::Response method_not_allowed(std::string_view method) {
  // nginx lets letters through alone; as WSGI does, other bytes are taken for ISO 8859-1.
  return http::detail(405, "Method \"" + http::to_text(method, http::Charset::latin1) + "\" not allowed.");
}

}  // namespace api
