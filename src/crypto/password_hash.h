// Django's password encodings (django.contrib.auth.hashers): a table of schemes, one row each, that
// verifies what a database holds and writes what the configuration names.
#pragma once

#include <cstddef>
#include <memory>
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

/// What a stored encoding tells without its password.
struct Inspection {
  /// `unusable`: Django's `!…`, which nobody can log in with. `unreadable`: not one of Django's schemes,
  /// malformed, or beyond what is computed; nobody can log in with that either.
  enum class Kind { usable, unusable, unreadable } kind = Kind::unreadable;
  /// Django's `algorithm`, Argon2 with its variant; `md5` also for a digest that stands alone, and
  /// empty when the encoding names no scheme that is known.
  std::string scheme;
  bool salted = true;
  unsigned iterations = 0;  // of PBKDF2; 0: another scheme
  bool upgrade = false;     // weaker than what is configured: encoded anew at the next login
};

class ComputeGate;
struct PasswordWriter;
struct Strength;

/// Thread-safe. Holds no state but its parameters and the gate that keeps hashing to `permits` cores:
/// calls beyond that wait inside, and PBKDF2 ones among them are computed together (crypto/compute_gate.h).
class PasswordHashes {
 public:
  /// 0 permits: one for each processor. Throws std::invalid_argument with a sentence for parameters that
  /// could not be written in 128 characters, computed, or verified again.
  PasswordHashes(const PasswordParams& params, util::Random& random, unsigned permits = 0);
  ~PasswordHashes();
  PasswordHashes(const PasswordHashes&) = delete;
  PasswordHashes& operator=(const PasswordHashes&) = delete;

  unsigned permits() const noexcept;
  /// For metrics.
  struct Load {
    unsigned computing = 0;  // permits in use
    std::size_t waiting = 0;
  };
  Load load() const;
  /// How many threads should call at once, so that PBKDF2 is gathered as widely as it pays here.
  std::size_t useful_callers() const;

  /// A new encoding with a fresh salt, as Django writes it (at most 128 characters).
  std::string encode(std::string_view password) const;

  /// Verifies against any scheme of the table. An unusable (`!…`), unknown or malformed encoding
  /// matches nothing and costs what decoy() costs. A wrong password against a cheaper hash spends the
  /// difference to the configured one besides (Django's harden_runtime, of any scheme; where scrypt is
  /// configured a whole decoy). Within a scheme that is exact; between two of them it rests on what they
  /// took on one machine, so that there an old hash may be told by some percent of the time.
  ///
  /// An upgrade never lowers: families rank md5 < sha1 < pbkdf2_sha1 < bcrypt < bcrypt_sha256 <
  /// pbkdf2_sha256 < scrypt < argon2i < argon2id, and within one no parameter may be above the configured.
  /// A password of which the stored scheme sees only a part (bcrypt: 72 bytes) upgrades nothing.
  Verdict verify(std::string_view password, std::string_view encoded) const;

  /// After verify() matched, for a login that is refused all the same (an inactive account): spends what a
  /// wrong password would have, so that the time does not tell that this one is right.
  void refuse(std::string_view password, std::string_view encoded) const;

  Inspection inspect(std::string_view encoded) const;

  /// What a verification with the configured hasher costs: for an account that does not exist.
  void decoy(std::string_view password) const;

 private:
  void spend_what_was_saved(std::string_view password, const Strength& stored) const;

  PasswordParams params_;
  util::Random& random_;
  const PasswordWriter& writer_;
  std::unique_ptr<ComputeGate> gate_;
};

}  // namespace crypto
