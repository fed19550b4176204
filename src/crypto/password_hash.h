// Django's password encodings (django.contrib.auth.hashers): a table of schemes, one row each, that
// verifies what a database holds and writes what the configuration names.
#pragma once

#include <string>
#include <string_view>

#include "util/random.h"

namespace crypto {

enum class Hasher { argon2id, scrypt, pbkdf2_sha256 };

struct PasswordParams {
  Hasher hasher = Hasher::argon2id;
  unsigned argon2_memory_kib = 19456;
  unsigned argon2_iterations = 2;
  unsigned argon2_parallelism = 1;  // libsodium writes 1 only; others can be verified
  unsigned pbkdf2_iterations = 1'000'000;
  unsigned scrypt_n = 16384;
  unsigned scrypt_r = 8;
  unsigned scrypt_p = 5;
};

struct Verdict {
  bool matched = false;
  /// The stored hash is weaker than what `params` would write: encode anew and store.
  bool upgrade = false;
};

/// Thread-safe; holds no state but its parameters.
class PasswordHashes {
 public:
  PasswordHashes(const PasswordParams& params, util::Random& random);

  /// A new encoding with a fresh salt, as Django writes it (at most 128 characters).
  std::string encode(std::string_view password) const;

  /// Verifies against any scheme of the table. An unusable (`!…`), unknown or malformed encoding
  /// matches nothing and costs what decoy() costs. A wrong password against a scheme cheaper than the
  /// configured one spends the difference where that can be done (Django's harden_runtime).
  Verdict verify(std::string_view password, std::string_view encoded) const;

  /// What a verification with the configured hasher costs: for an account that does not exist.
  void decoy(std::string_view password) const;

 private:
  PasswordParams params_;
  util::Random& random_;
};

}  // namespace crypto
