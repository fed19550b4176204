// Stored password hashes, which whoever can write the table may choose: none matches two passwords, and none
// costs more than the bounds of crypto/password_scheme.h.
#include "crypto/password_hash.h"

#include "crypto/password_scheme.h"
#include "target.h"
#include "tests/crypto/cheap_hashes.h"
#include "util/random.h"

namespace {

using Kind = crypto::Inspection::Kind;

// Two computations of so much keep an input within milliseconds; what costs more is read, and not computed.
constexpr double most_microseconds = 1000;
constexpr std::uint64_t most_memory_kib = 4096;
// The dearest of the bounds: bcrypt of cost 15, PBKDF2-SHA1 with ten million iterations.
constexpr double bound_microseconds = 3e6;

struct Read {
  bool readable = false;
  bool affordable = false;
};

Read read(std::string_view encoded) {
  const auto row = encoded.size() <= 256 ? crypto::scheme_of(encoded) : crypto::SchemeAndBody{};
  const auto stored = row.scheme != nullptr ? row.scheme->read(row.body) : std::nullopt;
  if (!stored) return {};
  const auto& strength = stored->strength;
  fuzz::require(strength.microseconds <= bound_microseconds, "a hash that costs too much is taken", encoded);
  return {true, strength.microseconds <= most_microseconds && strength.memory <= most_memory_kib};
}

void run(std::string_view input) {
  static util::SystemRandom random;
  static const crypto::PasswordHashes hashes(cheap_hashes::cheap(), random, 1);
  const auto inspection = hashes.inspect(input);
  const Read found = read(input);
  fuzz::require((inspection.kind == Kind::usable) == found.readable, "inspect() and verify() disagree");
  if (found.readable && !found.affordable) return;

  const bool first = hashes.verify(cheap_hashes::password, input).matched;
  const bool second = hashes.verify("another-Password-8", input).matched;
  fuzz::require(found.readable || !(first || second), "what is no hash matches a password", input);
  fuzz::require(!(first && second), "a hash that matches two passwords", input);
  hashes.refuse(cheap_hashes::password, input);
}

const fuzz::Registered registered("password_hash", run);

}  // namespace
