// What the verbs about users need, in memory.
#pragma once

#include "accounts/fake_user_store.h"
#include "ctl/scripted_terminal.h"
#include "ctl/services.h"
#include "util/random.h"

namespace ctl_test {

struct AccountsInMemory {
  accounts_test::FakeUserStore users;
  accounts_test::FixedClock clock;
  util::SystemRandom random;
  accounts::PasswordPolicy policy{{}, accounts::CommonPasswords("12345\n")};
  crypto::PasswordHashes hashes{cheap(), random};
  bool unique_email = true;

  jwtauthd::Accounts all() { return {users, policy, hashes, clock, random, unique_email}; }

  static crypto::PasswordParams cheap() {
    crypto::PasswordParams params;
    params.hasher = crypto::Hasher::pbkdf2_sha256;
    params.pbkdf2_iterations = 1;
    return params;
  }
};

inline constexpr const char* kGood = "Zebra-quilt-77";

}  // namespace ctl_test
