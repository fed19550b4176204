#include "config/checks.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <system_error>
#include <utility>

#include "config/formats.h"
#include "config/secret_file.h"

namespace config {
namespace {

constexpr std::size_t kMostConstantBytes = 512;  // of the 1 KiB that custom claims may have
constexpr std::size_t kShortestSecret = 32;      // bytes; RFC 7518 section 3.2 for HS256

void check_database(const Config::Database& database, const Bad& bad, const Complain& complain) {
  if (!database.hosts.empty()) {
    for (const auto& [key, value] :
         {std::pair("database.socket", &database.socket), std::pair("database.host", &database.host)}) {
      if (!value->empty()) complain(key, "is given beside database.hosts", "one of them");
    }
  } else if (!bad("database.socket") && !bad("database.host") && !bad("database.hosts")) {
    if (database.socket.empty() && database.host.empty()) {
      complain("database.socket", "is missing, and so is database.host",
               "one of them, such as socket = \"/run/mysqld/mysqld.sock\"");
    } else if (!database.socket.empty() && !database.host.empty()) {
      complain("database.host", "is given beside database.socket", "one of them");
    }
  }
  if (!bad("database.name") && database.name.empty()) {
    complain("database.name", "is missing", "the name of a database");
  }
  if (!bad("database.user") && database.user.empty()) {
    complain("database.user", "is missing", "the name of a user");
  }
}

void check_secret_strength(const Config::Tokens& tokens, const Complain& complain) {
  const std::string_view secret = tokens.signing_key.reveal();
  if (is_pem(secret)) {
    // RFC 8725 section 3.1: what a public key verifies must never serve as a secret.
    return complain("tokens.signing_key", "is a PEM key, and " + tokens.algorithm + " takes a secret",
                    "random bytes, such as `openssl rand -base64 48` prints");
  }
  if (secret.starts_with("change-me")) {
    return complain("tokens.signing_key", "is the example of the documentation",
                    "random bytes, such as `openssl rand -base64 48` prints");
  }
  if (tokens.allow_short_signing_key) return;
  if (secret.starts_with("django-insecure-")) {
    complain("tokens.signing_key", "is a key that Django's startproject wrote for development",
             "a random one, or allow_short_signing_key = true to keep it");
  } else if (secret.size() < kShortestSecret) {
    complain("tokens.signing_key", "has " + std::to_string(secret.size()) + " bytes",
             "at least 32 bytes, or allow_short_signing_key = true for a Django site's own");
  }
}

void check_signing_key(const Config& config, const Bad& bad, const Complain& complain) {
  if (bad("tokens.algorithm") || bad("tokens.signing_key") || bad("tokens.signing_key_file")) return;
  const Config::Tokens& tokens = config.tokens;
  if (!tokens.algorithm.starts_with("HS")) {
    if (!config.keys.directory.empty()) {
      if (tokens.signing_key_file.empty()) return;
      complain("tokens.signing_key_file", "is given beside keys.directory",
               "one of them; `jwtauthctl keys import " + tokens.signing_key_file + "` takes the key over");
    } else if (tokens.signing_key_file.empty()) {
      complain("tokens.signing_key_file", "is missing, and " + tokens.algorithm + " needs a private key",
               "a PEM file, such as `openssl genpkey` writes");
    }
  } else if (tokens.signing_key.empty()) {
    complain("tokens.signing_key", "is missing, and " + tokens.algorithm + " needs a secret",
             "at least 32 bytes here, or in the file that signing_key_file names");
  } else {
    check_secret_strength(tokens, complain);
  }
}

void check_claims(const Config::Tokens& tokens, const Complain& complain) {
  struct Claim {
    std::string_view key;
    const std::string& name;
  };
  const std::array<Claim, 4> claims{{{"tokens.user_id_claim", tokens.user_id_claim},
                                     {"tokens.token_type_claim", tokens.token_type_claim},
                                     {"tokens.jti_claim", tokens.jti_claim},
                                     {"tokens.revoke_token_claim", tokens.revoke_token_claim}}};
  for (std::size_t i = 1; i < claims.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (claims[i].name == claims[j].name) {
        complain(claims[i].key, "names the same claim as " + std::string(claims[j].key),
                 "a claim of its own");
      }
    }
  }
}

void check_readable(std::string_view key, const std::string& path, std::string_view allowed,
                    const Complain& complain) {
  if (access(path.c_str(), R_OK) == 0) return;
  complain(key, "cannot read " + path + ": " + std::generic_category().message(errno), allowed);
}

void check_trust(const Config& config, const Bad& bad, const Complain& complain) {
  if (bad("trust.issuers")) return;
  for (const TrustedIssuer& issuer : config.trust.issuers) {
    if (issuer.issuer == config.tokens.issuer) {
      complain("trust.issuers", "has the issuer of tokens.issuer, which signs with keys of ours",
               "issuers other than ourselves");
    }
    check_readable("trust.issuers", issuer.jwks_file, "a JWK set that can be read", complain);
  }
}

/// The number of bytes of a claim in JSON, at least: what has escapes has more.
std::size_t size_of(const ConstantClaim& claim) {
  const auto* const text = std::get_if<std::string>(&claim.value);
  return claim.name.size() + (text != nullptr ? text->size() : 20) + 6;
}

void check_constant_claims(const Config& config, const Bad& bad, const Complain& complain) {
  if (bad("claims.constant")) return;
  const Config::Tokens& tokens = config.tokens;
  const std::array<std::string_view, 17> taken{
      "exp",        "iat", "nbf",     "iss",      "aud",   "jti",    "sub",      "sid",         "cnf",
      "token_type", "typ", "user_id", "username", "email", "groups", "is_staff", "is_superuser"};
  const std::array<std::string_view, 4> named{tokens.user_id_claim, tokens.token_type_claim, tokens.jti_claim,
                                              tokens.revoke_token_claim};
  std::size_t bytes = 0;
  for (const ConstantClaim& claim : config.claims.constant) {
    bytes += size_of(claim);
    if (std::find(taken.begin(), taken.end(), claim.name) != taken.end() ||
        std::find(named.begin(), named.end(), claim.name) != named.end()) {
      complain("claims.constant", "has the claim " + claim.name + ", which has a meaning of its own",
               "names that our tokens do not have");
    } else if (!is_plain(claim.name) || claim.name.empty()) {
      complain("claims.constant", "has a claim without a name, or with white space in it", "words");
    }
  }
  if (bytes > kMostConstantBytes) {
    complain("claims.constant", "is longer than 512 bytes", "claims that leave room for those of the user");
  }
}

void check_user_claims(const Config& config, const Bad& bad, const Complain& complain) {
  if (bad("claims.access")) return;
  const Config::Tokens& tokens = config.tokens;
  for (const std::string& claim : config.claims.access) {
    for (const std::string& name : {tokens.user_id_claim, tokens.token_type_claim, tokens.jti_claim,
                                    tokens.check_revoke_token ? tokens.revoke_token_claim : std::string()}) {
      if (claim == name) {
        complain("claims.access", "has " + claim + ", which is a claim of another meaning here",
                 "names that our tokens do not have");
      }
    }
  }
}

/// The bounds of crypto/password_scheme.h: what is beyond them would be written and never verified again.
void check_argon2(const Config::Passwords& passwords, const Bad& bad, const Complain& complain) {
  if (bad("passwords.argon2_memory_kib") || bad("passwords.argon2_iterations")) return;
  constexpr std::int64_t kMostKib = 4 * 1024 * 1024;
  if (passwords.argon2_memory_kib * passwords.argon2_iterations > kMostKib) {
    complain("passwords.argon2_iterations", "works through over 4 GiB together with argon2_memory_kib",
             "argon2_memory_kib * argon2_iterations up to 4194304");
  }
}

void check_scrypt(const Config::Passwords& passwords, const Bad& bad, const Complain& complain) {
  if (bad("passwords.scrypt_n") || bad("passwords.scrypt_r") || bad("passwords.scrypt_p")) return;
  const std::int64_t n = passwords.scrypt_n;
  const std::int64_t blocks = n * passwords.scrypt_r;  // 128 bytes each: RFC 7914 section 2
  constexpr std::int64_t kMostBlocks = 256 * 1024 * 1024 / 128;
  constexpr std::int64_t kMostWork = 1 << 23;
  if (!std::has_single_bit(static_cast<std::uint64_t>(n))) {
    complain("passwords.scrypt_n", "is " + std::to_string(n), "a power of two");
  } else if (blocks > kMostBlocks) {
    complain("passwords.scrypt_n", "takes over 256 MiB together with scrypt_r",
             "128 * scrypt_n * scrypt_r up to 256 MiB");
  } else if (blocks * passwords.scrypt_p > kMostWork) {
    complain("passwords.scrypt_p", "takes too long together with scrypt_n and scrypt_r",
             "scrypt_n * scrypt_r * scrypt_p up to 8388608");
  }
}

/// One keeper of refresh tokens: our sessions, or what a neighbouring Django reads.
void check_sessions(const Config& config, const Complain& complain) {
  if (config.sessions.enabled && config.compat.django_blacklist) {
    complain("compat.django_blacklist", "is on, and so are sessions",
             "one of the two: sessions.enabled = false");
  }
  if (config.sessions.enabled && config.tokens.rotate_refresh_tokens) {
    complain("tokens.rotate_refresh_tokens", "is on, and so are sessions, which rotate by sessions.rotate",
             "false, or sessions.enabled = false beside it");
  }
  if (config.cookies.enabled && !config.sessions.enabled) {
    complain("cookies.enabled", "is on, and sessions are not", "sessions.enabled = true beside it");
  }
  if (config.cookies.access && !config.cookies.enabled) {
    complain("cookies.access", "is on, and cookies are not", "cookies.enabled = true beside it");
  }
  if (config.throttle.first_delay > config.throttle.max_delay) {
    complain("throttle.first_delay", "is longer than throttle.max_delay", "up to max_delay");
  }
  if (config.throttle.account_failures > config.throttle.max_failures) {
    complain("throttle.account_failures", "is more than throttle.max_failures", "up to max_failures");
  }
}

}  // namespace

void check_together(const Config& config, const Bad& bad, const Complain& complain) {
  check_database(config.database, bad, complain);
  check_signing_key(config, bad, complain);
  check_claims(config.tokens, complain);
  check_trust(config, bad, complain);
  check_user_claims(config, bad, complain);
  check_constant_claims(config, bad, complain);
  check_argon2(config.passwords, bad, complain);
  check_scrypt(config.passwords, bad, complain);
  check_sessions(config, complain);
  if (config.tokens.blacklist_after_rotation && !config.compat.django_blacklist) {
    complain("tokens.blacklist_after_rotation", "is on, and there is no blacklist",
             "false, or compat.django_blacklist = true beside it");
  }
  if (config.passwords.refuse_common && !bad("passwords.common_passwords_file")) {
    check_readable("passwords.common_passwords_file", config.passwords.common_passwords_file,
                   "a file that can be read, or refuse_common = false", complain);
  }
  if (!config.oauth.clients_file.empty()) {
    check_readable("oauth.clients_file", config.oauth.clients_file, "a file that can be read", complain);
  }
  if (!config.database.tls_ca.empty()) {
    check_readable("database.tls_ca", config.database.tls_ca, "a PEM file that can be read", complain);
  }
  if (config.cache.stale_after <= config.cache.poll_interval) {
    complain("cache.stale_after", "is not longer than cache.poll_interval", "several times poll_interval");
  }
}

}  // namespace config
