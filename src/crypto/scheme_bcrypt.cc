// bcrypt$$2b$<cost>$<22 characters of salt><31 of hash>, over the password; bcrypt_sha256$… over the
// hexadecimal SHA-256 of it.
#include <crypt.h>

#include <algorithm>

#include "crypto/password_scheme.h"
#include "util/encoding.h"
#include "util/secret.h"

namespace crypto {
namespace {

constexpr std::uint32_t least_cost = 4;
constexpr std::uint32_t most_cost = 15;
constexpr std::size_t salt_length = 22;
constexpr std::size_t hash_length = 31;
constexpr std::size_t password_bytes = 72;
constexpr double microseconds_a_round = 47;  // 48 ms at cost 10

struct Parts {
  std::uint32_t cost;
  std::string setting;  // `$2b$12$` and the salt
  std::string_view hash;
};

bool is_bcrypt64(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '/';
  });
}

std::optional<Parts> parts_of(std::string_view body) {
  const auto fields = split<4>(body);
  if (!fields) return std::nullopt;
  const auto& [nothing, version, cost_text, tail] = *fields;
  if (!nothing.empty() || cost_text.size() != 2) return std::nullopt;
  // 2a and 2y name the same function; 2x the one with a bug in it, which Django never wrote.
  if (version != "2b" && version != "2a" && version != "2y") return std::nullopt;
  const auto cost = decimal(cost_text.front() == '0' ? cost_text.substr(1) : cost_text, most_cost);
  if (!cost || *cost < least_cost) return std::nullopt;
  if (tail.size() != salt_length + hash_length || !is_bcrypt64(tail)) return std::nullopt;
  return Parts{*cost, "$2b$" + std::string(cost_text) + "$" + std::string(tail.substr(0, salt_length)),
               tail.substr(salt_length)};
}

/// The 31 characters, empty where the password cannot be hashed.
std::string compute(std::string_view password, const std::string& setting, ComputeGate& gate) {
  // crypt(3) would stop at a NUL and match what stands before it.
  if (password.find('\0') != std::string_view::npos) return {};
  std::string terminated(password.substr(0, password_bytes));  // the most that fits without a reallocation
  crypt_data data{};
  std::string hash;
  gate.run([&] {
    const char* const output = crypt_r(terminated.c_str(), setting.c_str(), &data);
    if (output == nullptr) return;
    const std::string_view text(output);
    if (text.size() == setting.size() + hash_length) hash = text.substr(setting.size());
  });
  util::wipe(&data, sizeof data);
  util::wipe(terminated.data(), terminated.size());
  return hash;
}

Strength strength_of(Family family, std::uint32_t cost) {
  return {family, 0, cost, static_cast<double>(1U << cost) * microseconds_a_round};
}

}  // namespace

std::optional<StoredHash> read_bcrypt(std::string_view body) {
  auto parts = parts_of(body);
  if (!parts) return std::nullopt;
  const Strength strength = strength_of(Family::bcrypt, parts->cost);
  return StoredHash{strength,
                    [parts = std::move(*parts)](std::string_view password, ComputeGate& gate) {
                      return util::equal_constant_time(compute(password, parts.setting, gate), parts.hash);
                    },
                    password_bytes};
}

std::optional<StoredHash> read_bcrypt_sha256(std::string_view body) {
  auto parts = parts_of(body);
  if (!parts) return std::nullopt;
  const Strength strength = strength_of(Family::bcrypt_sha256, parts->cost);
  return StoredHash{strength, [parts = std::move(*parts)](std::string_view password, ComputeGate& gate) {
                      std::string raw = digest(HashAlg::sha256, password);
                      std::string digested = util::to_hex(raw);
                      util::wipe(raw.data(), raw.size());
                      const std::string hash = compute(digested, parts.setting, gate);
                      util::wipe(digested.data(), digested.size());
                      return util::equal_constant_time(hash, parts.hash);
                    }};
}

}  // namespace crypto
