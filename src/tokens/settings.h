// From the configuration's section [tokens] to what this floor works with: one place, so that what
// `config check` and `doctor` find good is what the daemon opens.
#pragma once

#include "config/config.h"
#include "tokens/key_ring.h"
#include "tokens/sessions.h"
#include "util/error.h"

namespace tokens {

/// Reads the key's file where the algorithm has one. The error names the key of the configuration.
util::Result<KeyRing> open_keys(const config::Config::Tokens& tokens);

SessionLifetimes lifetimes(const config::Config::Tokens& tokens);

}  // namespace tokens
