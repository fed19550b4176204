#include "tokens/settings.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace tokens {

util::Result<KeyRing> open_keys(const config::Config::Tokens& tokens) {
  KeyRingOptions options;
  options.algorithm = jwt::algorithm_of(tokens.algorithm).value();  // config knows no other names
  options.allow_short_secret = tokens.allow_short_signing_key;
  if (jwt::is_hmac(options.algorithm)) {
    options.secret = tokens.signing_key.clone();
  } else {
    std::ifstream file(tokens.signing_key_file, std::ios::binary);
    options.private_pem.assign(std::istreambuf_iterator<char>(file), {});
    if (!file) return util::fail("tokens.signing_key_file cannot be read: " + tokens.signing_key_file);
  }
  return KeyRing::open(std::move(options));
}

SessionLifetimes lifetimes(const config::Config::Tokens& tokens) {
  return {.access = tokens.access_token_lifetime,
          .refresh = tokens.refresh_token_lifetime,
          .leeway = tokens.leeway};
}

}  // namespace tokens
