// GET /api/dashboard/

#include "api/handlers.h"
#include "json/writer.h"

namespace api {

std::optional<http::Response> show_dashboard(Services&, const Context& context) {
  http::Response response;
  response.body.reserve(256);
  json::Object(response.body)
      .field("message", std::string_view("Welcome to your dashboard"))
      .field("username", std::string_view(context.principal->user->username))
      .close();
  return response;
}

}  // namespace api
