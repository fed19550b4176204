// Files with keys. The first character says of what sort: P a PEM text, D the DER inside one (which no fuzzer
// would get through base64), J a JWK set, M the manifest of a directory of keys.
#include <string>

#include "crypto/asymmetric_key.h"
#include "jwt/jwks.h"
#include "jwt/key.h"
#include "target.h"
#include "tokens/key_manifest.h"
#include "util/encoding.h"

namespace {

constexpr crypto::SignatureAlg signatures[] = {crypto::SignatureAlg::rs256, crypto::SignatureAlg::ps384,
                                               crypto::SignatureAlg::es256, crypto::SignatureAlg::es384,
                                               crypto::SignatureAlg::es512, crypto::SignatureAlg::eddsa};

void use(const crypto::AsymmetricKey& key) {
  bool fits_one = false;
  for (const auto algorithm : signatures) {
    if (!key.fits(algorithm)) continue;
    fits_one = true;
    fuzz::require(!key.verify(algorithm, "text", "x"), "a key that verifies anything");
    if (!key.has_private()) continue;
    const std::string signature = key.sign(algorithm, "text");
    fuzz::require(key.verify(algorithm, "text", signature), "a key that does not verify what it signed");
    fuzz::require(!key.verify(algorithm, "tex", signature), "a key that verifies another text");
  }
  fuzz::require(fits_one, "a key that is for nothing");
  const auto again = crypto::AsymmetricKey::from_pem(key.public_pem());
  fuzz::require(again && again->thumbprint() == key.thumbprint(),
                "a key that is another one when it is read again");
}

void read_pem(std::string_view text) {
  if (const auto key = crypto::AsymmetricKey::from_pem(text)) use(*key);
}

void read_der(std::string_view input) {
  static constexpr std::string_view labels[] = {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY",
                                                "PUBLIC KEY", "RSA PUBLIC KEY"};
  if (input.empty()) return;
  const std::string label(labels[static_cast<unsigned char>(input[0]) % std::size(labels)]);
  const std::string encoded = util::to_base64(input.substr(1));
  std::string pem = "-----BEGIN " + label + "-----\n";
  for (std::size_t at = 0; at < encoded.size(); at += 64) pem += encoded.substr(at, 64) + "\n";
  read_pem(pem + "-----END " + label + "-----\n");
}

void read_set(std::string_view text) {
  const auto set = jwt::read_jwk_set(text);
  if (!set) return fuzz::require(!set.error().message.empty(), "a refusal without a reason");
  fuzz::require(!set->keys.empty(), "a set without keys is taken");
  for (const auto& published : set->keys) {
    fuzz::require(!published.key.can_sign(), "a published key that signs");
    const auto again = jwt::read_jwk_set("{\"keys\":[" + published.key.public_jwk() + "]}");
    fuzz::require(again && again->keys.front().thumbprint == published.thumbprint,
                  "a published key that is another one when it is read again");
  }
}

void read_manifest(std::string_view text) {
  auto manifest = tokens::KeyManifest::parse(text);
  if (!manifest) return;
  const std::string dumped = manifest->dump();
  const auto again = tokens::KeyManifest::parse(dumped);
  fuzz::require(again && again->dump() == dumped, "a manifest that is another one when it is read again",
                dumped);

  const util::TimePoint now(std::chrono::seconds(1'700'000'000));
  const tokens::KeyPacing pacing;
  if (const auto* next = manifest->next(now)) manifest->hasten(std::string(next->kid), now, pacing);
  if (const auto* active = manifest->active(now)) {
    fuzz::require(manifest->state(*active, now) == tokens::KeyState::active, "an active key that is not");
    manifest->retire(std::string(active->kid), now, pacing);
  }
  manifest->trim(now);
  fuzz::require(tokens::KeyManifest::parse(manifest->dump()).has_value(),
                "a manifest that we would not read");
}

void run(std::string_view input) {
  if (input.empty()) return;
  const auto rest = input.substr(1);
  switch (input[0]) {
    case 'P':
      return read_pem(rest);
    case 'D':
      return read_der(rest);
    case 'J':
      return read_set(rest);
    case 'M':
      return read_manifest(rest);
    default:
      return;
  }
}

const fuzz::Registered registered("key_file", run);

}  // namespace
