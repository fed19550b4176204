// What OPTIONS tells of a view: DRF's SimpleMetadata.
#pragma once

#include "api/router.h"
#include "api/services.h"
#include "http/response.h"

namespace api {

http::Response describe(const Resource& resource, const ApiOptions& options);

}  // namespace api
