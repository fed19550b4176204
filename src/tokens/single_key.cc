#include "tokens/single_key.h"

#include <string_view>
#include <utility>

#include "crypto/asymmetric_key.h"
#include "tokens/published_secrets.h"
#include "util/log.h"

namespace tokens {
namespace {

constexpr std::size_t shortest_secret = 32;  // bytes

}  // namespace

util::Result<jwt::Key> open_secret(KeyRingOptions& options) {
  const std::string_view secret = options.secret.reveal();
  if (secret.empty()) return util::fail("there is no signing secret");
  if (is_published(secret)) return util::fail("the signing secret is a published example: make a random one");
  // RFC 8725 section 3.1: a public key must never serve as a secret.
  if (secret.starts_with("-----BEGIN ")) {
    return util::fail("the signing secret is a PEM key: " + std::string(jwt::name(options.algorithm)) +
                      " needs a random secret");
  }
  const bool is_short = secret.size() < shortest_secret;
  const bool is_from_startproject = secret.starts_with("django-insecure-");
  if ((is_short || is_from_startproject) && !options.allow_short_secret) {
    return util::fail(is_short
                          ? "the signing secret has " + std::to_string(secret.size()) +
                                " bytes: at least 32 are needed"
                          : "the signing secret is the one that Django's startproject wrote for development");
  }
  if (is_short) {
    util::log::warning("the signing secret is shorter than 32 bytes: whoever has a token can search for it");
  }
  if (is_from_startproject) {
    util::log::warning("the signing secret is the one that Django's startproject wrote for development");
  }
  return jwt::Key::from_secret(options.algorithm, std::move(options.secret));
}

util::Result<jwt::Key> open_pem(KeyRingOptions& options) {
  if (options.private_pem.empty()) return util::fail("there is no signing key");
  const auto pair = crypto::AsymmetricKey::from_pem(options.private_pem);
  if (!pair) return util::unexpected(pair.error());
  if (!pair->has_private()) return util::fail("the signing key is a public key: the private one is needed");
  return jwt::Key::from_pem(options.algorithm, options.private_pem, pair->thumbprint());
}

}  // namespace tokens
