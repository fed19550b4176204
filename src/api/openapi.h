// The OpenAPI 3.1 document, from the table of routes. docs/openapi.json is that of
// everything(); a test compares them.
#pragma once

#include <string>

#include "api/services.h"
#include "json/value.h"

namespace api {

/// The options with which every row of the table is there.
ApiOptions everything();

/// The rows that are there with these options.
json::Value openapi(const ApiOptions& options);
/// The same as text, one member a line.
std::string openapi_document(const ApiOptions& options);

}  // namespace api
