// From the configuration's section [passwords] to what this floor works with: one place, so that the
// daemon and the command line judge and hash passwords alike.
#pragma once

#include "accounts/password_policy.h"
#include "config/config.h"
#include "crypto/password_hash.h"

namespace accounts {

crypto::PasswordParams password_params(const config::Config::Passwords& passwords);

/// Reads the list of common passwords when it is asked for. Throws util::Outage when it cannot be read.
PasswordPolicy password_policy(const config::Config::Passwords& passwords);

}  // namespace accounts
