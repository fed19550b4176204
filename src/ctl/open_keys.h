// The daemon's signing keys, opened to see whether it could.
#pragma once

#include "config/config.h"
#include "tokens/key_ring.h"
#include "util/error.h"

namespace jwtauthd {

/// As the daemon opens its keys at the start.
util::Result<tokens::KeyRing> open_keys(const config::Config::Tokens& settings);

}  // namespace jwtauthd
