// The text that Prometheus reads, format 0.0.4.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "metrics/scoreboard.h"

namespace metrics {

inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

/// Routes without a request are left out; everything else has a line from the beginning.
std::string exposition(const Reading& reading, std::span<const RouteLabel> routes, std::string_view version);

}  // namespace metrics
