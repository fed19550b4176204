#include "crypto/password_hash.h"

#include <stdexcept>

#include "crypto/compute_gate.h"
#include "crypto/password_scheme.h"

namespace crypto {
namespace {

constexpr std::size_t longest_encoding = 256;  // the column holds 128

const PasswordWriter& writer_of(Hasher hasher) {
  for (const PasswordWriter* writer : {&argon2id_writer, &scrypt_writer, &pbkdf2_sha256_writer}) {
    if (writer->hasher == hasher) return *writer;
  }
  throw std::invalid_argument("passwords: no such hasher");
}

std::optional<StoredHash> read(std::string_view encoded) {
  const SchemeAndBody row = encoded.size() <= longest_encoding ? scheme_of(encoded) : SchemeAndBody{};
  return row.scheme != nullptr ? row.scheme->read(row.body) : std::nullopt;
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw std::invalid_argument("passwords: " + sentence);
}

/// What is written must be readable again, so the bounds are those of read_…().
void check(const PasswordParams& params) {
  const std::string hash_64(86, 'A');
  std::string sample;
  switch (params.hasher) {
    case Hasher::argon2id:
      if (params.argon2_parallelism != 1) refuse("Argon2id is written with a parallelism of 1 only");
      sample = "argon2$argon2id$v=19$m=" + std::to_string(params.argon2_memory_kib) +
               ",t=" + std::to_string(params.argon2_iterations) + ",p=1$" + std::string(22, 'A') + "$" +
               std::string(43, 'A');
      break;
    case Hasher::scrypt:
      sample = "scrypt$" + std::to_string(params.scrypt_n) + "$" + std::string(22, 'A') + "$" +
               std::to_string(params.scrypt_r) + "$" + std::to_string(params.scrypt_p) + "$" + hash_64 + "==";
      break;
    case Hasher::pbkdf2_sha256:
      sample = "pbkdf2_sha256$" + std::to_string(params.pbkdf2_iterations) + "$" + std::string(22, 'A') +
               "$" + std::string(43, 'A') + "=";
      break;
  }
  if (sample.size() > 128)
    refuse("with these parameters an encoding would exceed the column's 128 characters");
  const SchemeAndBody row = scheme_of(sample);
  if (!row.scheme->read(row.body))
    refuse("the hasher's parameters are outside what can be computed or verified");
}

std::string name_of(Family family) {
  switch (family) {
    case Family::md5:
      return "md5";
    case Family::sha1:
      return "sha1";
    case Family::pbkdf2_sha1:
      return "pbkdf2_sha1";
    case Family::bcrypt:
      return "bcrypt";
    case Family::bcrypt_sha256:
      return "bcrypt_sha256";
    case Family::pbkdf2_sha256:
      return "pbkdf2_sha256";
    case Family::scrypt:
      return "scrypt";
    case Family::argon2i:
      return "argon2i";
    case Family::argon2id:
      return "argon2id";
  }
  return {};
}

}  // namespace

PasswordHashes::PasswordHashes(const PasswordParams& params, util::Random& random, unsigned permits)
    : params_(params),
      random_(random),
      writer_(writer_of(params.hasher)),
      gate_(std::make_unique<ComputeGate>(permits)) {
  check(params);
}

PasswordHashes::~PasswordHashes() = default;

unsigned PasswordHashes::permits() const noexcept {
  return gate_->permits();
}
PasswordHashes::Load PasswordHashes::load() const {
  const auto load = gate_->load();
  return {load.computing, load.waiting};
}
std::size_t PasswordHashes::useful_callers() const {
  return gate_->useful_callers();
}

std::string PasswordHashes::encode(std::string_view password) const {
  return writer_.encode(password, params_, random_, *gate_);
}

Verdict PasswordHashes::verify(std::string_view password, std::string_view encoded) const {
  const auto stored = read(encoded);
  if (!stored) {
    decoy(password);
    return {};
  }
  if (!stored->matches(password, *gate_)) {
    spend_what_was_saved(password, stored->strength);
    return {};
  }
  const bool seen_whole = password.size() <= stored->password_bytes;
  return {true, seen_whole && is_weaker(stored->strength, writer_.strength(params_))};
}

void PasswordHashes::refuse(std::string_view password, std::string_view encoded) const {
  if (const auto stored = read(encoded)) spend_what_was_saved(password, stored->strength);
}

Inspection PasswordHashes::inspect(std::string_view encoded) const {
  Inspection found;
  if (encoded.starts_with('!')) {
    found.kind = Inspection::Kind::unusable;
    return found;
  }
  const SchemeAndBody row = scheme_of(encoded);
  if (row.scheme != nullptr) found.scheme = row.scheme->name;
  const auto stored = read(encoded);
  if (!stored) return found;
  found.kind = Inspection::Kind::usable;
  const Strength& strength = stored->strength;
  found.scheme = name_of(strength.family);
  const bool digest = strength.family == Family::md5 || strength.family == Family::sha1;
  found.salted = !digest || (!row.scheme->name.empty() && !row.body.starts_with('$'));
  if (strength.family == Family::pbkdf2_sha1 || strength.family == Family::pbkdf2_sha256) {
    found.iterations = static_cast<unsigned>(strength.work);
  }
  found.upgrade = is_weaker(strength, writer_.strength(params_));
  return found;
}

void PasswordHashes::decoy(std::string_view password) const {
  writer_.decoy(password, params_, *gate_);
}

/// After a wrong password, so that it takes what an unknown account takes.
void PasswordHashes::spend_what_was_saved(std::string_view password, const Strength& stored) const {
  const Strength wanted = writer_.strength(params_);
  if (stored.microseconds >= wanted.microseconds) return;
  if (writer_.part == nullptr) return decoy(password);
  const double share = 1 - stored.microseconds / wanted.microseconds;
  writer_.decoy(password, writer_.part(params_, share), *gate_);
}

}  // namespace crypto
