// The keys that sign and verify. With a directory they change while the service runs; each call works on one
// immutable snapshot, and a key lives as long as somebody uses it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "jwt/key.h"
#include "tokens/key_life.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/secret.h"

namespace tokens {

struct KeyRingOptions {
  jwt::Algorithm algorithm = jwt::Algorithm::es256;
  util::Secret secret;      // HS*
  std::string private_pem;  // the rest, without a directory; wiped by the ring after parsing
  /// Takes a secret under 32 bytes, or one that Django's startproject wrote, as a Django site may have
  /// it; a warning is logged.
  bool allow_short_secret = false;
  /// Of key files (tokens/key_directory.h); empty: one key that never changes. With HS* the secret verifies,
  /// too, and signs until a key of the directory does.
  std::string directory{};
  const util::Clock* clock = nullptr;  // outlives the ring; nullptr: the system's
};

/// What a key of the ring vouches for.
struct RingVerdict {
  json::Value claims;
  std::shared_ptr<const jwt::Key> key;
  const KeyLife* life = nullptr;  // nullptr: a secret, which ends with the process
};

/// Thread-safe.
class KeyRing {
 public:
  /// Refuses HS* secrets under 32 bytes, published examples and PEM text, and keys that do not fit or
  /// cannot sign. The `kid` of a key pair is its RFC 7638 thumbprint; a secret has none. Of a directory every
  /// file in use must be good, and one key must sign.
  static util::Result<KeyRing> open(KeyRingOptions options);
  KeyRing(KeyRing&&) noexcept;
  ~KeyRing();

  /// The one that signs now.
  std::shared_ptr<const jwt::Key> signing_key() const;
  /// Those that are published: the one that signs now, those before it whose tokens are not over, those to
  /// come.
  std::vector<std::shared_ptr<const jwt::Key>> verifying_keys() const;
  /// How many keys there are in each state, those that are over aside.
  struct Census {
    unsigned active = 0;
    unsigned next = 0;
    unsigned retiring = 0;
  };
  Census census() const;
  /// Nothing: no key of the ring vouches for it (jwt/verify.h). A `kid` that is not known has the directory
  /// looked at: another worker, or host, may have heard of a new key a moment earlier.
  std::optional<RingVerdict> verify(std::string_view token) const;

  /// Takes over a directory that has changed, or changed back. What is wrong with it is logged once, and the
  /// ring stays as it was.
  enum class Look { unchanged, taken_over, failed };
  Look look_again() const;

 private:
  struct Impl;
  explicit KeyRing(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokens
