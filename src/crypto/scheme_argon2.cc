// argon2$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>: the string of the Argon2 reference
// implementation (base64 without padding) behind Django's name. libsodium computes and parses it; here it is
// checked and bounded before. Version 16, which Django before 2.1 could write, libsodium does not have.
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "crypto/password_scheme.h"
#include "crypto/sodium_ready.h"
#include "util/encoding.h"
#include "util/error.h"

namespace crypto {
namespace {

constexpr std::uint64_t most_kib = 512 * 1024;
constexpr std::uint64_t most_kib_passes = 4 * 1024 * 1024;
constexpr double microseconds_a_kib = 0.33;  // and pass; 12.6 ms for m=19456, t=2

// What the caches hold goes faster: 8 MiB take 0.78 of the time a KiB that 19 MiB take.
constexpr double beyond_caches_kib = 16384;
constexpr double faster_by = 0.35;
double pace(std::uint64_t kib) {
  return std::pow(std::min(1.0, static_cast<double>(kib) / beyond_caches_kib), faster_by);
}
/// How much memory takes the time of `paced` KiB at the pace of the largest.
double kib_that_take(double paced) {
  if (paced >= beyond_caches_kib) return paced;
  return std::pow(paced * std::pow(beyond_caches_kib, faster_by), 1 / (1 + faster_by));
}

Strength strength_of(Family family, std::uint64_t kib, std::uint64_t passes) {
  return {family, kib, kib * passes, static_cast<double>(kib * passes) * microseconds_a_kib * pace(kib)};
}

/// `name=value` with a value of 1 to `most`.
std::optional<std::uint32_t> parameter(std::string_view text, std::string_view name, std::uint64_t most) {
  if (text.substr(0, name.size()) != name) return std::nullopt;
  return decimal(text.substr(name.size()), static_cast<std::uint32_t>(most));
}

bool is_base64(std::string_view text, std::size_t least) {
  return text.size() >= least && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                  c == '/';
         });
}

std::string unpadded(std::string_view bytes) {
  std::string text = util::to_base64(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

bool verify(Family family, const std::string& encoded, std::string_view password) {
  errno = 0;
  const int result =
      family == Family::argon2id
          ? crypto_pwhash_argon2id_str_verify(encoded.c_str(), password.data(), password.size())
          : crypto_pwhash_argon2i_str_verify(encoded.c_str(), password.data(), password.size());
  if (result != 0 && errno == ENOMEM) throw util::Outage("no memory for Argon2");
  return result == 0;
}

std::string compute(std::string_view password, const PasswordParams& params, std::string_view salt,
                    ComputeGate& gate) {
  sodium_ready();
  std::string hash(32, '\0');
  const int result = gate.run([&] {
    return crypto_pwhash_argon2id(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), password.data(),
                                  password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                                  params.argon2_iterations, std::size_t{params.argon2_memory_kib} * 1024,
                                  crypto_pwhash_argon2id_ALG_ARGON2ID13);
  });
  if (result != 0) throw util::Outage("Argon2id failed: no memory for it");
  return hash;
}

Strength writer_strength(const PasswordParams& params) {
  return strength_of(Family::argon2id, params.argon2_memory_kib, params.argon2_iterations);
}

std::string encode(std::string_view password, const PasswordParams& params, util::Random& random,
                   ComputeGate& gate) {
  std::string salt(crypto_pwhash_argon2id_SALTBYTES, '\0');
  random.fill({reinterpret_cast<unsigned char*>(salt.data()), salt.size()});
  return "argon2$argon2id$v=19$m=" + std::to_string(params.argon2_memory_kib) +
         ",t=" + std::to_string(params.argon2_iterations) + ",p=1$" + unpadded(salt) + "$" +
         unpadded(compute(password, params, salt, gate));
}

void decoy(std::string_view password, const PasswordParams& params, ComputeGate& gate) {
  compute(password, params, "nobodynobodynobo", gate);
}

/// Of the memory: that is finer than passes.
PasswordParams part(const PasswordParams& params, double share) {
  PasswordParams less = params;
  const double paced = params.argon2_memory_kib * pace(params.argon2_memory_kib);
  less.argon2_memory_kib = std::max(8U, static_cast<unsigned>(std::lround(kib_that_take(share * paced))));
  return less;
}

}  // namespace

const PasswordWriter argon2id_writer = {Hasher::argon2id, writer_strength, encode, decoy, part};

std::optional<StoredHash> read_argon2(std::string_view body) {
  const auto fields = split<5>(body);
  if (!fields) return std::nullopt;
  const auto& [variant, version, numbers, salt, hash] = *fields;
  if (variant != "argon2id" && variant != "argon2i") return std::nullopt;
  const auto parameters = split<3>(numbers, ',');
  if (version != "v=19" || !parameters) return std::nullopt;
  const auto kib = parameter((*parameters)[0], "m=", most_kib);
  const auto passes = parameter((*parameters)[1], "t=", most_kib_passes);
  const auto lanes = parameter((*parameters)[2], "p=", 255);
  if (!kib || !passes || !lanes || std::uint64_t{*kib} * *passes > most_kib_passes) return std::nullopt;
  // RFC 9106 section 3.1: 8 KiB for each lane. libsodium refuses salts under 8 and hashes under 16 bytes.
  if (*kib < 8 * *lanes || !is_base64(salt, 11) || !is_base64(hash, 22)) return std::nullopt;

  const Family family = variant == "argon2id" ? Family::argon2id : Family::argon2i;
  return StoredHash{strength_of(family, *kib, *passes),
                    [family, text = "$" + std::string(body)](std::string_view password, ComputeGate& gate) {
                      sodium_ready();
                      return gate.run([&] { return verify(family, text, password); });
                    }};
}

}  // namespace crypto
