#include <cmath>

#include "crypto/password_scheme.h"

namespace crypto {
namespace {

constexpr PasswordScheme schemes[] = {
    {"pbkdf2_sha256", read_pbkdf2_sha256},  // Django's default
    {"argon2", read_argon2},                //
    {"scrypt", read_scrypt},                // since Django 4.0
    {"bcrypt_sha256", read_bcrypt_sha256},  //
    {"pbkdf2_sha1", read_pbkdf2_sha1},      //
    {"bcrypt", read_bcrypt},                //
    {"sha1", read_sha1},                    // with an empty salt, Django's unsalted_sha1
    {"md5", read_md5},                      // with an empty salt, Django's unsalted_md5
};

constexpr PasswordScheme bare_md5 = {"", read_bare_md5};

/// What a guess costs whoever has the table, in units of the least that OWASP's Password Storage Cheat Sheet
/// asks of each family. Our own microseconds would not do: a GPU is better at PBKDF2 than at bcrypt by far.
double guess_cost(const Strength& strength) noexcept {
  const auto work = static_cast<double>(strength.work);
  switch (strength.family) {
    case Family::md5:
    case Family::sha1:
      return 0;
    case Family::pbkdf2_sha1:
      return work / 1'300'000;
    case Family::pbkdf2_sha256:
      return work / 600'000;
    case Family::bcrypt:
    case Family::bcrypt_sha256:
      return std::ldexp(1.0, static_cast<int>(strength.work) - 10);
    case Family::scrypt:  // N=2^17, r=8, p=1
      return work / (1 << 20);
    case Family::argon2i:
    case Family::argon2id:  // m=19456, t=2
      return work / (19456 * 2);
  }
  return 0;
}

}  // namespace

SchemeAndBody scheme_of(std::string_view encoded) noexcept {
  const std::size_t end = encoded.find('$');
  if (end == std::string_view::npos) {
    return encoded.size() == 32 ? SchemeAndBody{&bare_md5, encoded} : SchemeAndBody{};
  }
  for (const PasswordScheme& scheme : schemes) {
    if (scheme.name == encoded.substr(0, end)) return {&scheme, encoded.substr(end + 1)};
  }
  return {};
}

bool is_weaker(const Strength& stored, const Strength& wanted) noexcept {
  if (stored.family != wanted.family) {
    return stored.family < wanted.family && guess_cost(stored) <= guess_cost(wanted);
  }
  return stored.memory <= wanted.memory && stored.work <= wanted.work &&
         (stored.memory < wanted.memory || stored.work < wanted.work);
}

}  // namespace crypto
