// jwtauthctl status: whether the service does its work, for people and for monitoring.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "ctl/doctor.h"
#include "json/value.h"
#include "metrics/scoreboard.h"
#include "util/error.h"

namespace jwtauthd {

enum class Health { ok, degraded, down };
std::string_view name(Health health);

struct StatusPart {
  Health health;
  std::string what;  // "workers", "database", …
  std::string text;
};

struct Status {
  std::vector<StatusPart> parts;

  Health health() const;  // of the part that fares worst
};

/// Of the scoreboard's reading, or why there is none, and of what the checks of database and keys found.
Status judge(const config::Config& config, const util::Result<metrics::Reading>& reading,
             const doctor::Report& report);

}  // namespace jwtauthd
