// The log as the configuration wants it.
#pragma once

#include "config/config.h"
#include "util/log.h"

namespace jwtauthd {

util::log::Options log_options(const config::Config::Log& log);

}  // namespace jwtauthd
