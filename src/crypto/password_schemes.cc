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
  if (stored.family != wanted.family) return stored.family < wanted.family;
  return stored.memory <= wanted.memory && stored.work <= wanted.work &&
         (stored.memory < wanted.memory || stored.work < wanted.work);
}

}  // namespace crypto
