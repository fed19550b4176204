// Everything that can be configured, in one struct. config/keys.cc has the table of keys with
// default, unit, range and meaning; conf/jwtauthd.toml is generated from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "util/error.h"
#include "util/secret.h"

namespace config {

struct TrustedIssuer {
  std::string issuer;
  std::string audience;
  std::string jwks_file;
  std::vector<std::string> algorithms;  // none: all that take a key pair
  bool operator==(const TrustedIssuer&) const = default;
};

struct ConstantClaim {
  std::string name;
  std::variant<std::string, std::int64_t, double, bool> value;
  bool operator==(const ConstantClaim&) const = default;
};

struct Config {
  struct Server {
    // Path of a unix socket, or tcp:ADDRESS:PORT; unused under socket activation.
    std::string listen = "/run/jwtauthd/jwtauthd.sock";
    unsigned socket_mode = 0660;
    std::int64_t token_threads = 2;
    std::int64_t database_threads = 8;
    std::int64_t database_queue = 1024;
    std::int64_t password_threads = 0;  // 0: one a core
    std::int64_t password_queue = 64;
    std::int64_t max_body_bytes = 65536;
    std::chrono::seconds read_timeout{10};
    std::chrono::seconds write_timeout{10};
    std::chrono::seconds shutdown_grace{5};
  } server;
  struct Database {
    std::string socket;
    std::string host;
    std::int64_t port = 3306;
    std::vector<std::string> hosts;     // each as parse_server() takes it
    std::vector<std::string> replicas;  // the same
    std::string name;
    std::string user;
    util::Secret password;
    std::string tls_ca;
    std::int64_t pool_size = 20;
    std::chrono::seconds connect_timeout{2};
    std::chrono::seconds read_timeout{10};
    std::chrono::seconds write_timeout{10};
    std::chrono::milliseconds acquire_timeout{100};
  } database;
  struct Tokens {  // names of simplejwt's SIMPLE_JWT settings, in lower case
    std::string algorithm = "ES256";
    util::Secret signing_key;      // HS*: the secret; from signing_key, signing_key_file or credential
    std::string signing_key_file;  // where it came from: HS*, the secret's file; else the PEM file,
                                   // which may be the credential tokens.signing_key
    bool allow_short_signing_key = false;
    std::chrono::seconds access_token_lifetime{300};
    std::chrono::seconds refresh_token_lifetime{86400};
    std::chrono::seconds leeway{0};
    std::string issuer;
    std::string audience;
    std::string user_id_claim = "user_id";
    std::string token_type_claim = "token_type";
    std::string jti_claim = "jti";
    bool update_last_login = false;
    bool rotate_refresh_tokens = false;
    bool blacklist_after_rotation = false;
    std::string auth_header_types = "Bearer";  // words
    std::string user_id_field = "id";          // or "username"
    bool check_user_is_active = true;
    bool check_revoke_token = false;
    std::string revoke_token_claim = "hash_password";
  } tokens;
  struct Keys {
    std::string directory;  // empty: one key, tokens.signing_key or its file
    std::chrono::milliseconds publish_ahead{600'000};
  } keys;
  struct Passwords {
    std::string hasher = "argon2id";
    std::int64_t argon2_memory_kib = 19456;
    std::int64_t argon2_iterations = 2;
    std::int64_t pbkdf2_iterations = 1'000'000;
    std::int64_t scrypt_n = 16384;
    std::int64_t scrypt_r = 8;
    std::int64_t scrypt_p = 5;
    std::int64_t min_length = 8;
    double max_similarity = 0.7;
    bool refuse_common = true;
    bool refuse_numeric = true;
    std::string common_passwords_file;  // load() knows the installed one
  } passwords;
  struct Accounts {
    bool registration = true;  // off: POST /api/register/ answers 404
    bool unique_email = true;
    bool require_email = true;
  } accounts;
  struct Sessions {
    bool enabled = true;
    bool rotate = true;
    std::chrono::seconds lifetime{2'592'000};
    std::chrono::seconds reuse_grace{10};
    std::int64_t max_per_user = 100;
  } sessions;
  struct PersonalTokens {
    bool enabled = true;
    std::chrono::seconds max_lifetime{31'536'000};
    std::int64_t max_per_user = 50;
  } personal_tokens;
  struct Throttle {
    bool enabled = true;
    std::int64_t account_failures = 5;
    std::int64_t address_failures = 50;
    std::chrono::seconds first_delay{1};
    std::chrono::seconds max_delay{900};
    std::int64_t max_failures = 100;
    std::chrono::seconds lockout{86400};
  } throttle;
  struct Audit {
    bool enabled = true;
    std::chrono::seconds retention{7'776'000};
  } audit;
  struct Cookies {
    bool enabled = false;
    bool access = false;
  } cookies;
  struct OAuth {
    std::string clients_file;
  } oauth;
  struct Trust {
    std::vector<TrustedIssuer> issuers;
  } trust;
  struct Claims {
    std::vector<std::string> access;
    std::vector<ConstantClaim> constant;
  } claims;
  struct Cache {
    std::int64_t verified_tokens = 20000;
    std::int64_t users = 20000;
    std::chrono::milliseconds poll_interval{250};
    std::chrono::seconds stale_after{60};
  } cache;
  struct Compat {
    std::string simplejwt = "5.5";  // or "5.2"
    bool django_blacklist = false;  // simplejwt's token_blacklist app, whose tables must exist
  } compat;
  struct Api {
    bool docs = true;  // off: /api/docs/ and /api/schema/ answer 404
  } api;
  struct Log {
    std::string level = "info";
    std::string format = "auto";  // auto, text, journal, json, logfmt
    bool access = true;
    std::int64_t sample_2xx = 1;
    std::int64_t repeats = 10;
  } log;
  struct Metrics {
    std::string scoreboard = "/run/jwtauthd/metrics/scoreboard";
  } metrics;
};

/// Defaults, overridden by the file, that by JWTAUTHD_SECTION_KEY of the environment, and a secret by
/// the file section.key in systemd's $CREDENTIALS_DIRECTORY (but a PEM key there is passed over by an HS*
/// whose secret is configured). A secret named by a `*_file` key is read,
/// without the line end; a PEM file is only looked at. The error has one line a finding, all of them
/// at once, `FILE:LINE: section.key: what is wrong; allowed: …`, and never the value of a secret.
util::Result<Config> load(const std::string& path);

/// The commented example file, written from the table of keys: conf/jwtauthd.toml is exactly this,
/// where the build has the default data directory.
std::string example_file();

}  // namespace config
