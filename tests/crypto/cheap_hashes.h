// What the suites of password hashes share.
#pragma once

#include <cppunit/TestFixture.h>

#include <string>
#include <string_view>

#include "crypto/password_hash.h"
#include "util/random.h"

namespace cheap_hashes {

inline const std::string password = "Correct-horse-7battery";

/// Costs next to nothing, so that a decoy does not slow the tables down.
inline crypto::PasswordParams cheap(crypto::Hasher hasher = crypto::Hasher::pbkdf2_sha256) {
  crypto::PasswordParams params;
  params.hasher = hasher;
  params.pbkdf2_iterations = 10;
  params.argon2_memory_kib = 64;
  params.argon2_iterations = 1;
  params.scrypt_n = 16;
  params.scrypt_r = 1;
  params.scrypt_p = 1;
  return params;
}

class Fixture : public CppUnit::TestFixture {
 protected:
  bool matches(std::string_view text, const std::string& encoded) {
    return crypto::PasswordHashes(cheap(), random_).verify(text, encoded).matched;
  }

  util::SystemRandom random_;
};

}  // namespace cheap_hashes
