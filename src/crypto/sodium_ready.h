// libsodium picks its fastest code for this processor in sodium_init(), which must come before any use.
#pragma once

#include <sodium.h>

#include "util/error.h"

namespace crypto {

/// Any number of times, from any thread.
inline void sodium_ready() {
  if (sodium_init() < 0) throw util::Outage("libsodium cannot be initialised");
}

}  // namespace crypto
