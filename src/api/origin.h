// Where a request came from, as sessions and audit keep it.
#pragma once

#include "http/request.h"
#include "store/origin.h"

namespace api {

/// The user agent without control characters, what is not UTF-8 replaced, cut at 255 characters.
store::Origin origin_of(const http::Request& request);

}  // namespace api
