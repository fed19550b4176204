// sha1$<salt>$<hexadecimal SHA-1 of salt and password>, md5$… the same. One digest: verified so that the
// login that proves the password can replace it.
#include <openssl/evp.h>

#include <algorithm>

#include "crypto/openssl_handles.h"
#include "crypto/password_scheme.h"
#include "util/encoding.h"
#include "util/secret.h"

namespace crypto {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string salted_digest(const EVP_MD* algorithm, std::string_view salt, std::string_view password) {
  std::string hash(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), salt.data(), salt.size()) != 1 ||
      EVP_DigestUpdate(context.get(), password.data(), password.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr) != 1) {
    return {};  // a policy that forbids the digest: nothing matches
  }
  return util::to_hex(hash);
}

std::optional<StoredHash> stored(Family family, const EVP_MD* algorithm, std::string_view salt,
                                 std::string_view hash) {
  if (hash.size() != 2 * static_cast<std::size_t>(EVP_MD_get_size(algorithm)) || !is_lower_hex(hash)) {
    return std::nullopt;
  }
  return StoredHash{{family, 0, 0, 0}, [=](std::string_view password, ComputeGate&) {
                      return util::equal_constant_time(salted_digest(algorithm, salt, password), hash);
                    }};
}

std::optional<StoredHash> read(Family family, const EVP_MD* algorithm, std::string_view body) {
  const auto fields = split<2>(body);
  if (!fields) return std::nullopt;
  return stored(family, algorithm, (*fields)[0], (*fields)[1]);
}

}  // namespace

std::optional<StoredHash> read_sha1(std::string_view body) {
  return read(Family::sha1, EVP_sha1(), body);
}
std::optional<StoredHash> read_md5(std::string_view body) {
  return read(Family::md5, EVP_md5(), body);
}
std::optional<StoredHash> read_bare_md5(std::string_view text) {
  return stored(Family::md5, EVP_md5(), "", text);
}

}  // namespace crypto
