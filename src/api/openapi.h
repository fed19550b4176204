// The OpenAPI 3.1 document, from the table of routes. docs/openapi.json is exactly this; a test
// compares them.
#pragma once

#include <string>

#include "api/services.h"

namespace api {

std::string openapi_document(const ApiOptions& options);

}  // namespace api
