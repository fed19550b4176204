// The one key of an installation without a directory of keys.
#pragma once

#include "jwt/key.h"
#include "tokens/key_ring.h"
#include "util/error.h"

namespace tokens {

util::Result<jwt::Key> open_secret(KeyRingOptions& options);
util::Result<jwt::Key> open_pem(KeyRingOptions& options);

}  // namespace tokens
