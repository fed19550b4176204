// Content negotiation against the one thing that we serve, as DRF's DefaultContentNegotiation does.
#pragma once

#include <optional>
#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace http {

struct Negotiated {
  int indent = 0;  // `Accept: application/json; indent=2`; 0 to 8, 0: compact
};

/// Accept (absent: anything; text/html is answered with JSON) and `?format=`. On refusal `refused` is
/// 406 `Could not satisfy the request Accept header.`, or 404 for an unknown format. The usual
/// headers (none, `*/*`, `application/json`) are decided without allocation.
struct Negotiation {
  Negotiated accepted;
  std::optional<Response> refused;
};
Negotiation negotiate(const Request& request);

}  // namespace http
