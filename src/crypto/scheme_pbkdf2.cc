// pbkdf2_sha256$<iterations>$<salt>$<base64 of 32 bytes>, pbkdf2_sha1$… with 20 bytes. The salt is hashed as
// it is written.
#include <openssl/evp.h>

#include <algorithm>
#include <cmath>

#include "crypto/password_scheme.h"
#include "util/encoding.h"
#include "util/error.h"
#include "util/secret.h"

namespace crypto {
namespace {

constexpr std::uint32_t most_iterations = 10'000'000;
// A core's time for one, at one password alone: SHA-NI (crypto/pbkdf2.h); SHA-1 is OpenSSL's PBKDF2.
constexpr double sha256_microseconds = 0.066;
constexpr double sha1_microseconds = 0.227;

std::string text_of(const Sha256& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Parts {
  std::uint32_t iterations;
  std::string_view salt;
  std::string hash;
};

std::optional<Parts> parts_of(std::string_view body, std::size_t hash_bytes) {
  const auto fields = split<3>(body);
  if (!fields) return std::nullopt;
  const auto iterations = decimal((*fields)[0], most_iterations);
  auto hash = util::from_base64((*fields)[2]);
  if (!iterations || (*fields)[1].empty() || !hash || hash->size() != hash_bytes) return std::nullopt;
  return Parts{*iterations, (*fields)[1], std::move(*hash)};
}

Strength sha256_strength(std::uint32_t iterations) {
  return {Family::pbkdf2_sha256, 0, iterations, iterations * sha256_microseconds};
}

Strength writer_strength(const PasswordParams& params) {
  return sha256_strength(params.pbkdf2_iterations);
}

std::string encode(std::string_view password, const PasswordParams& params, util::Random& random,
                   ComputeGate& gate) {
  const std::string salt = new_salt(random);
  return "pbkdf2_sha256$" + std::to_string(params.pbkdf2_iterations) + "$" + salt + "$" +
         util::to_base64(text_of(gate.pbkdf2_sha256(password, salt, params.pbkdf2_iterations)));
}

void decoy(std::string_view password, const PasswordParams& params, ComputeGate& gate) {
  gate.pbkdf2_sha256(password, "nobodynobodynobodynobo", params.pbkdf2_iterations);
}

PasswordParams part(const PasswordParams& params, double share) {
  PasswordParams less = params;
  less.pbkdf2_iterations = std::max(1U, static_cast<unsigned>(std::lround(params.pbkdf2_iterations * share)));
  return less;
}

}  // namespace

const PasswordWriter pbkdf2_sha256_writer = {Hasher::pbkdf2_sha256, writer_strength, encode, decoy, part};

std::optional<StoredHash> read_pbkdf2_sha256(std::string_view body) {
  auto parts = parts_of(body, sizeof(Sha256));
  if (!parts) return std::nullopt;
  const Strength strength = sha256_strength(parts->iterations);
  return StoredHash{strength, [parts = std::move(*parts)](std::string_view password, ComputeGate& gate) {
                      std::string computed =
                          text_of(gate.pbkdf2_sha256(password, parts.salt, parts.iterations));
                      return util::equal_constant_time(computed, parts.hash);
                    }};
}

std::optional<StoredHash> read_pbkdf2_sha1(std::string_view body) {
  constexpr std::size_t size = 20;
  auto parts = parts_of(body, size);
  if (!parts) return std::nullopt;
  const Strength strength{Family::pbkdf2_sha1, 0, parts->iterations, parts->iterations * sha1_microseconds};
  return StoredHash{strength, [parts = std::move(*parts)](std::string_view password, ComputeGate& gate) {
                      std::string computed(size, '\0');
                      const int done = gate.run([&] {
                        return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                                                 reinterpret_cast<const unsigned char*>(parts.salt.data()),
                                                 static_cast<int>(parts.salt.size()),
                                                 static_cast<int>(parts.iterations), EVP_sha1(),
                                                 static_cast<int>(size),
                                                 reinterpret_cast<unsigned char*>(computed.data()));
                      });
                      return done == 1 && util::equal_constant_time(computed, parts.hash);
                    }};
}

}  // namespace crypto
