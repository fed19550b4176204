// The table of routes.
#pragma once

#include <span>

#include "api/route.h"
#include "metrics/table.h"

namespace api {

/// Every endpoint, in the order of the manual.
std::span<const Route> routes();
/// How the rows are called where requests are counted, in the same order.
std::span<const metrics::RouteLabel> route_labels();

}  // namespace api
