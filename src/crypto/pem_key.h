// One key out of one PEM text (RFC 7468), refused with a sentence where it is not what we sign with.
#pragma once

#include <string_view>

#include "crypto/asymmetric_key.h"
#include "crypto/openssl_handles.h"
#include "util/error.h"

namespace crypto {

struct PemKey {
  EvpPkeyPtr pkey;
  KeyType type;
  bool has_private;
};

/// What kind of key that is; refuses kinds, curves and sizes that are not for us.
util::Result<KeyType> type_of(EVP_PKEY* pkey);

/// Text before the block is skipped, as `openssl pkey -text` writes it; nothing may follow it.
util::Result<PemKey> read_pem_key(std::string_view pem);

}  // namespace crypto
