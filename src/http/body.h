// A request's body as a JSON value, whatever its media type: DRF's JSONParser, FormParser and
// MultiPartParser. Form fields become strings; of a repeated key the last counts.
#pragma once

#include "http/request.h"
#include "http/response.h"
#include "json/value.h"
#include "util/error.h"

namespace http {

/// The value (an empty body of any type is `{}`), or the answer to send: 413, 415 with the header's
/// own text, 400 `JSON parse error - …`, 400 `Multipart form parse error - …`.
util::Result<json::Value, Response> read_body(const Request& request);

}  // namespace http
