#include "accounts/settings.h"

namespace accounts {

crypto::PasswordParams password_params(const config::Config::Passwords& passwords) {
  crypto::PasswordParams params;
  if (passwords.hasher == "scrypt") params.hasher = crypto::Hasher::scrypt;
  if (passwords.hasher == "pbkdf2_sha256") params.hasher = crypto::Hasher::pbkdf2_sha256;
  params.argon2_memory_kib = static_cast<unsigned>(passwords.argon2_memory_kib);
  params.argon2_iterations = static_cast<unsigned>(passwords.argon2_iterations);
  params.pbkdf2_iterations = static_cast<unsigned>(passwords.pbkdf2_iterations);
  params.scrypt_n = static_cast<unsigned>(passwords.scrypt_n);
  params.scrypt_r = static_cast<unsigned>(passwords.scrypt_r);
  params.scrypt_p = static_cast<unsigned>(passwords.scrypt_p);
  return params;
}

PasswordPolicy password_policy(const config::Config::Passwords& passwords) {
  PolicyOptions options;
  options.min_length = static_cast<std::size_t>(passwords.min_length);
  options.max_similarity = passwords.max_similarity;
  options.refuse_common = passwords.refuse_common;
  options.refuse_numeric = passwords.refuse_numeric;
  return {options, passwords.refuse_common ? CommonPasswords::read(passwords.common_passwords_file)
                                           : CommonPasswords()};
}

}  // namespace accounts
