// A key and the one algorithm that it is for (RFC 8725 section 3.1).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/asymmetric_key.h"
#include "crypto/digest.h"
#include "util/error.h"
#include "util/secret.h"

namespace jwt {

/// RFC 7518 section 3.1 and RFC 8037.
enum class Algorithm {
  hs256,
  hs384,
  hs512,
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  eddsa
};

/// "HS256", "EdDSA", …
std::string_view name(Algorithm algorithm) noexcept;
/// By exact name; nothing for `none`, other case or unknown ones.
std::optional<Algorithm> algorithm_of(std::string_view name) noexcept;
bool is_hmac(Algorithm algorithm) noexcept;

/// Immutable and shareable between threads.
class Key {
 public:
  /// HS*. Any length: the caller (configuration) decides how short is too short.
  static util::Result<Key> from_secret(Algorithm algorithm, util::Secret secret, std::string kid = {});
  /// RS*, PS*, ES*, EdDSA from PEM; the key must fit the algorithm. A public key verifies only.
  static util::Result<Key> from_pem(Algorithm algorithm, std::string_view pem, std::string kid = {});

  /// The same from a key that was read already.
  static util::Result<Key> from_pair(Algorithm algorithm, crypto::AsymmetricKey pair, std::string kid = {});

  Key(Key&&) noexcept;
  Key& operator=(Key&&) noexcept;
  ~Key();

  Algorithm algorithm() const noexcept;
  bool can_sign() const noexcept;
  /// Empty for a secret without one: then the header has no `kid`.
  const std::string& kid() const noexcept;

  /// header.payload.signature over `claims_json`, which is written as it stands (order kept).
  std::string sign(std::string_view claims_json) const;

  /// RFC 7517: the public members, `use`, `alg` and `kid`, as JSON. Empty: a secret, which is nobody's to
  /// see.
  std::string public_jwk() const;

  /// A MAC under a secret that is derived from this key and from nothing else, so that every host that has
  /// the key agrees, and nobody else can tell it. `purpose` separates one use from another; no signature is
  /// ever made with the derived secret. Needs can_sign().
  crypto::Sha256 keyed_digest(std::string_view purpose, std::string_view data) const;

 private:
  friend class Verification;
  struct Impl;
  explicit Key(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// RFC 7517 section 5. Secrets are left out.
std::string public_jwk_set(std::span<const std::shared_ptr<const Key>> keys);

}  // namespace jwt
