// The table of routes.
#pragma once

#include <span>

#include "api/route.h"

namespace api {

/// Every endpoint, in the order of the manual.
std::span<const Route> routes();

}  // namespace api
