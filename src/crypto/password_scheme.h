// How one of Django's password encodings is read, compared and written. Each scheme has a file of its
// own and is a row of the table in password_schemes.cc.
//
// A stored encoding is foreign input: whoever can write the table could otherwise make a login take
// hours or gigabytes. read_…() refuses what is malformed and what is beyond these bounds, all well above
// anything that Django has shipped:
//   length 256 bytes · PBKDF2 10,000,000 iterations · Argon2 512 MiB, and 4 GiB over all passes ·
//   scrypt 256 MiB, and N·r·p up to 2^23 · bcrypt cost 15
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/compute_gate.h"
#include "crypto/password_hash.h"
#include "util/random.h"

namespace crypto {

/// Weakest first: what is further down replaces what is further up, never the other way round. Memory
/// hardness decides; bcrypt stands below PBKDF2 because it takes 72 bytes only or hashes them unsalted.
enum class Family { md5, sha1, pbkdf2_sha1, bcrypt, bcrypt_sha256, pbkdf2_sha256, scrypt, argon2i, argon2id };

struct Strength {
  Family family;
  std::uint64_t memory = 0;  // of scrypt and Argon2; parameters compare within a family only
  std::uint64_t work = 0;    // iterations, or memory times passes
  /// Roughly what one computation takes, on the machine of DESIGN's figures: to tell cheap from dear
  /// between families.
  double microseconds = 0;
};

/// True when replacing `stored` by `wanted` gives up nothing: the same family with no parameter above and at
/// least one below, or a weaker family whose guesses cost no more. So neither the family nor the cost of a
/// guess is ever lowered.
bool is_weaker(const Strength& stored, const Strength& wanted) noexcept;

/// An encoding that was read; refers to the text that it was read from.
struct StoredHash {
  Strength strength;
  /// Computes under the gate and compares in constant time.
  std::function<bool(std::string_view password, ComputeGate& gate)> matches;
  /// Bytes of a password that the scheme looks at.
  std::size_t password_bytes = std::string_view::npos;
};

struct PasswordScheme {
  std::string_view name;  // Django's `algorithm`: what stands before the first '$'
  /// `body` is what stands behind it. nullopt: malformed, or beyond the bounds.
  std::optional<StoredHash> (*read)(std::string_view body);
};

/// The row for this encoding and its body; null: an unusable password, or a scheme that is not Django's.
struct SchemeAndBody {
  const PasswordScheme* scheme = nullptr;
  std::string_view body;
};
SchemeAndBody scheme_of(std::string_view encoded) noexcept;

/// How a configured hasher writes. The constructor of PasswordHashes has checked `params`.
struct PasswordWriter {
  Hasher hasher;
  Strength (*strength)(const PasswordParams& params);
  std::string (*encode)(std::string_view password, const PasswordParams& params, util::Random& random,
                        ComputeGate& gate);
  /// Computes as encode() does, and drops the result.
  void (*decoy)(std::string_view password, const PasswordParams& params, ComputeGate& gate);
  /// Parameters of which a computation takes this share of the time, above 0 and at most 1. Null: there are
  /// none that are fine enough.
  PasswordParams (*part)(const PasswordParams& params, double share);
};

extern const PasswordWriter argon2id_writer;
extern const PasswordWriter scrypt_writer;
extern const PasswordWriter pbkdf2_sha256_writer;

std::optional<StoredHash> read_argon2(std::string_view body);
std::optional<StoredHash> read_scrypt(std::string_view body);
std::optional<StoredHash> read_pbkdf2_sha256(std::string_view body);
std::optional<StoredHash> read_pbkdf2_sha1(std::string_view body);
std::optional<StoredHash> read_bcrypt(std::string_view body);
std::optional<StoredHash> read_bcrypt_sha256(std::string_view body);
std::optional<StoredHash> read_sha1(std::string_view body);
std::optional<StoredHash> read_md5(std::string_view body);
/// An MD5 digest alone, as the first Djangos stored it.
std::optional<StoredHash> read_bare_md5(std::string_view text);

/// The N parts between the separators, if there are exactly N.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> split(std::string_view text, char separator = '$') {
  std::array<std::string_view, N> parts;
  for (std::size_t i = 0; i < N; ++i) {
    const std::size_t end = text.find(separator);
    if ((end == std::string_view::npos) != (i == N - 1)) return std::nullopt;
    parts[i] = text.substr(0, end);
    if (i < N - 1) text.remove_prefix(end + 1);
  }
  return parts;
}

/// Digits only, no leading zero, 1 to `most`.
inline std::optional<std::uint32_t> decimal(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || text.front() == '0' || value > most) return std::nullopt;
  return value;
}

/// A string of 22 characters of [A-Za-z0-9]: Django's salt of 128 bits.
inline std::string new_salt(util::Random& random) {
  return random.alphanumeric(22);
}

}  // namespace crypto
