// GET /metrics: for Prometheus, in its own format. nginx lets only this host ask.

#include "api/handlers.h"
#include "metrics/exposition.h"

namespace api {

std::optional<http::Response> show_metrics(Services& services, const Context&) {
  http::Response response;
  response.content_type = metrics::kContentType;
  response.no_store = true;
  response.body = services.metrics_text();
  return response;
}

}  // namespace api
