// What the interface tells of itself, made when it starts or is configured anew.
#pragma once

#include "api/cacheable.h"

namespace api {

struct ApiOptions;

struct Documents {
  Document schema;  // OpenAPI
  Document page;    // HTML
  Document style;   // CSS
};

/// Empty without options.docs.
Documents documents_of(const ApiOptions& options);

}  // namespace api
