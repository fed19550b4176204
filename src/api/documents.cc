// GET /api/schema/, GET /api/docs/ and its style.

#include "api/documents.h"

#include "api/docs_page.h"
#include "api/handlers.h"
#include "api/openapi.h"
#include "api/services.h"
#include "json/value.h"

namespace api {
namespace {

constexpr std::chrono::seconds kMaxAge{300};

// The page is text and its style: it runs nothing, loads nothing, sends nothing and stands in no frame.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

Documents documents_of(const ApiOptions& options) {
  if (!options.docs) return {};
  const json::Value schema = openapi(options);
  return {Document(schema.dump()), Document(docs_page(schema)), Document(std::string(docs_style()))};
}

std::optional<http::Response> show_schema(Services& services, const Context& context) {
  return cacheable(services.documents.schema, "application/json", kMaxAge, context.request);
}

std::optional<http::Response> show_docs(Services& services, const Context& context) {
  auto response = cacheable(services.documents.page, "text/html; charset=utf-8", kMaxAge, context.request);
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  return response;
}

std::optional<http::Response> show_docs_style(Services& services, const Context& context) {
  return cacheable(services.documents.style, "text/css; charset=utf-8", kMaxAge, context.request);
}

}  // namespace api
