// GET /healthz: the process is up. GET /readyz: it can do its work, or what is missing.

#include "api/handlers.h"
#include "json/writer.h"

namespace api {
namespace {

http::Response status(int code, std::string_view word) {
  http::Response response;
  response.status = code;
  response.no_store = true;
  json::Object(response.body).field("status", word).close();
  return response;
}

}  // namespace

std::optional<http::Response> tell_health(Services&, const Context&) {
  return status(200, "ok");
}

std::optional<http::Response> tell_readiness(Services& services, const Context&) {
  const auto missing = services.not_ready();
  if (missing.empty()) return status(200, "ready");

  auto response = status(503, "not ready");
  response.body.clear();
  json::Object(response.body)
      .field("status", std::string_view("not ready"))
      .raw("missing", json::quoted_array(missing))
      .close();
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace api
