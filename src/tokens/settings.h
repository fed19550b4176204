// From the configuration to what this floor works with: one place, so that what `config check` and `doctor`
// find good is what the daemon opens.
#pragma once

#include "config/config.h"
#include "tokens/key_manifest.h"
#include "tokens/key_ring.h"
#include "tokens/sessions.h"
#include "util/clock.h"
#include "util/error.h"

namespace tokens {

/// Reads the files of keys. The error names the key of the configuration. `clock` outlives the ring.
util::Result<KeyRing> open_ring(const config::Config& config, const util::Clock& clock);

KeyPacing key_pacing(const config::Config& config);

SessionLifetimes lifetimes(const config::Config::Tokens& tokens);

}  // namespace tokens
