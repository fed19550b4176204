// The keys that sign and verify. Read without a lock through an immutable snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jwt/key.h"
#include "util/error.h"
#include "util/secret.h"

namespace tokens {

struct KeyRingOptions {
  jwt::Algorithm algorithm = jwt::Algorithm::es256;
  util::Secret secret;      // HS*
  std::string private_pem;  // the rest; wiped by the ring after parsing
  /// Takes a secret under 32 bytes, or one that Django's startproject wrote, as a Django site may have
  /// it; a warning is logged.
  bool allow_short_secret = false;
};

class KeyRing {
 public:
  /// Refuses HS* secrets under 32 bytes, published examples and PEM text, and keys that do not fit or
  /// cannot sign. The `kid` of a key pair is its RFC 7638 thumbprint; a secret has none.
  static util::Result<KeyRing> open(KeyRingOptions options);

  const jwt::Key& signing_key() const noexcept { return *keys_.front(); }
  const std::vector<const jwt::Key*>& verifying_keys() const noexcept { return verifying_; }

 private:
  explicit KeyRing(jwt::Key key);

  std::vector<std::unique_ptr<jwt::Key>> keys_;
  std::vector<const jwt::Key*> verifying_;
};

}  // namespace tokens
