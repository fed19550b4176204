#include "tokens/settings.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tokens/key_directory.h"

namespace tokens {

util::Result<KeyRing> open_ring(const config::Config& config, const util::Clock& clock) {
  const auto algorithm = jwt::algorithm_of(config.tokens.algorithm);
  if (!algorithm) return util::fail("tokens.algorithm: " + config.tokens.algorithm + " is not known");
  KeyRingOptions options;
  options.algorithm = *algorithm;
  options.allow_short_secret = config.tokens.allow_short_signing_key;
  options.directory = config.keys.directory;
  options.clock = &clock;
  if (jwt::is_hmac(*algorithm)) {
    options.secret = config.tokens.signing_key.clone();
  } else if (options.directory.empty()) {
    const auto pem = read_private_file(config.tokens.signing_key_file, 0);  // config/ has looked at its mode
    if (!pem) return util::unexpected(pem.error());
    options.private_pem = std::string(pem->reveal());
  }
  return KeyRing::open(std::move(options));
}

KeyPacing key_pacing(const config::Config& config) {
  const auto longest = std::max(config.tokens.access_token_lifetime, config.tokens.refresh_token_lifetime);
  return {config.keys.publish_ahead, longest + config.tokens.leeway};
}

SessionLifetimes lifetimes(const config::Config::Tokens& tokens) {
  return {.access = tokens.access_token_lifetime,
          .refresh = tokens.refresh_token_lifetime,
          .leeway = tokens.leeway};
}

}  // namespace tokens
