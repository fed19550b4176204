// RSA, EC and Ed25519 keys, parsed once from PEM and used from any thread. Signatures are in JOSE
// form (RFC 7518 section 3): R||S for ECDSA, not DER.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "util/error.h"
#include "util/secret.h"

namespace crypto {

enum class KeyType { rsa, p256, p384, p521, ed25519 };
enum class SignatureAlg { rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa };

class AsymmetricKey {
 public:
  /// A private or a public key. Refuses encrypted PEM, RSA under 2048 bits, other curves and types.
  static util::Result<AsymmetricKey> from_pem(std::string_view pem);
  /// A public key by its numbers, big-endian: RSA n and e, EC x and y, Ed25519 x and nothing. Refuses what
  /// from_pem() refuses, superfluous bytes, and points that are not on the curve.
  static util::Result<AsymmetricKey> from_public(KeyType type, std::string_view first,
                                                 std::string_view second = {});
  /// A new private key as PKCS #8 PEM.
  static util::Secret generate_pem(KeyType type, int rsa_bits = 3072);

  AsymmetricKey(AsymmetricKey&&) noexcept;
  AsymmetricKey& operator=(AsymmetricKey&&) noexcept;
  ~AsymmetricKey();

  KeyType type() const noexcept;
  bool has_private() const noexcept;
  /// True when `alg` is one that this key is for.
  bool fits(SignatureAlg alg) const noexcept;

  std::string sign(SignatureAlg alg, std::string_view data) const;  // needs has_private() and fits()
  bool verify(SignatureAlg alg, std::string_view data, std::string_view signature) const;

  std::string public_pem() const;
  /// The public JWK's members that RFC 7638 hashes, in its canonical form (`{"crv":…,"kty":…,…}`).
  std::string public_jwk() const;
  /// RFC 7638 thumbprint, base64url of SHA-256.
  std::string thumbprint() const;
  /// SHA-256 of the private part, the same in whatever form the PEM holds it. Needs has_private().
  Sha256 private_digest() const;

 private:
  struct Impl;
  explicit AsymmetricKey(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crypto
