// The ring of a configuration.
#pragma once

#include "config/config.h"
#include "tokens/key_manifest.h"
#include "tokens/key_ring.h"
#include "util/clock.h"
#include "util/error.h"

namespace tokens {

/// As the daemon opens its keys at the start. `clock` outlives the ring.
util::Result<KeyRing> open_ring(const config::Config& config, const util::Clock& clock);

KeyPacing key_pacing(const config::Config& config);

}  // namespace tokens
