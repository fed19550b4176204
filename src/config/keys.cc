// The table of keys. Parsing, checking, the environment, the credentials and conf/jwtauthd.toml all
// come from it; the defaults are those of the struct in config.h.
#include <algorithm>
#include <array>

#include "config/formats.h"
#include "config/key.h"

#ifndef JWTAUTHD_DATA_DIR
#define JWTAUTHD_DATA_DIR "/usr/share/jwtauthd"
#endif

// The member that a row sets.
#define AT(member)          \
  [](Config & c) -> auto& { \
    return c.member;        \
  }

namespace config {
namespace {

using namespace std::chrono_literals;
using std::string_view;

constexpr std::array<string_view, 13> kAlgorithms{"HS256", "HS384", "HS512", "RS256", "RS384",
                                                  "RS512", "PS256", "PS384", "PS512", "ES256",
                                                  "ES384", "ES512", "EdDSA"};
constexpr std::span<const string_view> kKeyPairAlgorithms = std::span(kAlgorithms).subspan(3);
constexpr std::array<string_view, 3> kHashers{"argon2id", "scrypt", "pbkdf2_sha256"};
constexpr std::array<string_view, 2> kReleases{"5.2", "5.5"};
constexpr std::array<string_view, 2> kUserIdFields{"id", "username"};
constexpr std::array<string_view, 5> kUserClaims{"username", "email", "groups", "is_staff", "is_superuser"};
constexpr std::array<string_view, 4> kLevels{"debug", "info", "warning", "error"};
constexpr std::array<string_view, 5> kFormats{"auto", "text", "journal", "json", "logfmt"};

bool is_asymmetric(const Config& c) {
  return !c.tokens.algorithm.starts_with("HS");
}

constexpr std::array kSections{
    Section{"server", "Where requests come in, and how many at a time."},
    Section{"database", "MySQL or MariaDB, with Django's auth_user table or our own."},
    Section{"tokens", "Named as in djangorestframework-simplejwt's SIMPLE_JWT, in lower case."},
    Section{"keys", "Keys that are changed while the service runs: docs/keys.md."},
    Section{"passwords", "How new passwords are hashed, and which ones are refused."},
    Section{"accounts", "Registration."},
    Section{"sessions", "Logins that can be taken back: one row in the database for each."},
    Section{"personal_tokens", "Tokens that users make for scripts and services; the gateway takes them."},
    Section{"throttle", "Failed logins, counted in the database for all workers and hosts."},
    Section{"audit", "The table jwtauthd_audit."},
    Section{"cookies", "Tokens in cookies, for browsers."},
    Section{"oauth", "RFC 7009 and RFC 7662, for services."},
    Section{"trust", "Tokens that other systems signed."},
    Section{"claims", "What access tokens say beside whom they are for."},
    Section{"cache", "What a worker remembers, so that a token check asks no database."},
    Section{"compat", "Whom to speak like."},
    Section{"api", "What the interface tells of itself."},
    Section{"log", "What is told, and how."},
    Section{"metrics", "What is counted: docs/metrics.md."},
};

const std::array kKeys{
    Key{"server", "listen", Text{AT(server.listen), kAddressAllowed, is_address},
        "Where nginx finds the workers: the path of a unix socket, or tcp:ADDRESS:PORT. Not used when "
        "systemd hands over the socket.",
        Taken::at_restart},
    Key{"server", "socket_mode", Mode{AT(server.socket_mode)},
        "Permissions of the unix socket, in octal. Whoever can open it is trusted as nginx is.",
        Taken::at_restart},
    Key{"server", "token_threads", Whole{AT(server.token_threads), 1, 1024, "threads"},
        "Threads that read requests and answer token checks.", Taken::at_restart},
    Key{"server", "database_threads", Whole{AT(server.database_threads), 1, 1024, "threads"},
        "Threads for requests that wait for the database. Where refreshes rotate sessions, these have four "
        "more of their own.",
        Taken::at_restart},
    Key{"server", "database_queue", Whole{AT(server.database_queue), 1, 1'000'000, "requests"},
        "Requests that may wait for one of those; the next is answered 503 at once. As "
        "many may wait for the threads of refreshes.",
        Taken::at_restart},
    Key{"server", "password_threads", Whole{AT(server.password_threads), 0, 1024, "threads"},
        "Threads that hash passwords. 0: one for each core.", Taken::at_restart},
    Key{"server", "password_queue", Whole{AT(server.password_queue), 1, 1'000'000, "requests"},
        "Requests that may wait for one of those; the next is answered 503 at once.", Taken::at_restart},
    Key{"server", "max_body_bytes", Whole{AT(server.max_body_bytes), 1024, 16'777'216, "bytes"},
        "Longest request body; a longer one is answered 413. Keep nginx's client_max_body_size at or under "
        "it.",
        Taken::at_restart},
    Key{"server", "read_timeout", Seconds{AT(server.read_timeout), 1s, 1h},
        "How long a request may take to arrive once it has begun.", Taken::at_restart},
    Key{"server", "write_timeout", Seconds{AT(server.write_timeout), 1s, 1h},
        "How long nginx may take to accept an answer.", Taken::at_restart},
    Key{"server", "shutdown_grace", Seconds{AT(server.shutdown_grace), 0s, 1h},
        "How long requests under way may go on after SIGTERM."},

    Key{"database", "socket", Text{AT(database.socket), "the absolute path of a socket", is_path},
        "Unix socket of the server. This, host or hosts is required."},
    Key{"database", "host", Text{AT(database.host), "a host name or an address", is_plain},
        "Name or address of the server, reached over TCP."},
    Key{"database", "port", Whole{AT(database.port), 1, 65535, ""},
        "TCP port, used with host, and for those of hosts that name none."},
    Key{"database", "hosts", Servers{AT(database.hosts)},
        "Several servers with the same data, in the place of socket and host: the nodes of a Galera cluster, "
        "or "
        "a primary and who takes its place, which must be read-only until then. Each is HOST, HOST:PORT or "
        "the "
        "path of a socket. The first that is ready and takes writes is used, until it fails; then the next "
        "one: docs/cluster.md."},
    Key{"database", "replicas", Servers{AT(database.replicas)},
        "Servers that may be some seconds behind, written in the same way. The lists of a user's sessions "
        "and "
        "personal tokens are read there: docs/cluster.md. Empty: nothing is."},
    Key{"database", "name", Text{AT(database.name), "the name of a database", is_plain},
        "The database. Required."},
    Key{"database", "user", Text{AT(database.user), "the name of a user", is_plain},
        "Whom to log in as. Required."},
    Key{"database", "password",
        Hidden{AT(database.password), nullptr, nullptr,
               "A file that holds the password and is not readable by others."},
        "Password of that user. Empty for a user who is known by the socket (unix_socket, auth_socket)."},
    Key{"database", "tls_ca", Text{AT(database.tls_ca), "the absolute path of a PEM file", is_path},
        "PEM file of the authorities behind the server's certificate. When set, TLS is enforced and "
        "verified."},
    Key{"database", "pool_size", Whole{AT(database.pool_size), 1, 1000, "connections"},
        "Most connections of one worker process. At its busiest each of database_threads, password_threads "
        "and "
        "the four threads of refreshes has one, and so have two that poll."},
    Key{"database", "connect_timeout", Seconds{AT(database.connect_timeout), 1s, 1min},
        "How long a new connection may take."},
    Key{"database", "read_timeout", Seconds{AT(database.read_timeout), 1s, 10min},
        "How long the answer to a statement may take."},
    Key{"database", "write_timeout", Seconds{AT(database.write_timeout), 1s, 10min},
        "How long sending a statement may take."},
    Key{"database", "acquire_timeout", Millis{AT(database.acquire_timeout), 1ms, 1min},
        "How long a request waits before it is answered 503 when no connection comes free; up to ten times "
        "as "
        "long when others get theirs."},

    Key{"tokens", "algorithm", Choice{AT(tokens.algorithm), kAlgorithms},
        "How tokens are signed. HS* takes a secret of at least 32 bytes, the others a private key as PEM "
        "file."},
    Key{"tokens", "signing_key",
        Hidden{
            AT(tokens.signing_key), AT(tokens.signing_key_file), is_asymmetric,
            "A file that holds it: the secret for HS*, the private key as PEM for the others, where this is"
            " required. Not readable by others."},
        "The secret of HS*. A Django site puts its SECRET_KEY or SIMPLE_JWT SIGNING_KEY here."},
    Key{"tokens", "allow_short_signing_key", Switch{AT(tokens.allow_short_signing_key)},
        "Takes a secret under 32 bytes, or a django-insecure- one, from a Django site that has it already."},
    Key{"tokens", "access_token_lifetime", Seconds{AT(tokens.access_token_lifetime), 1s, 87600h},
        "How long an access token is valid. What ended is remembered that long, at least 24h: lowered "
        "from more, a token that was logged out is good again after these, until its own end."},
    Key{"tokens", "refresh_token_lifetime", Seconds{AT(tokens.refresh_token_lifetime), 1s, 87600h},
        "How long a refresh token is valid."},
    Key{"tokens", "leeway", Seconds{AT(tokens.leeway), 0s, 24h},
        "How far the clocks of those who sign and those who check may differ."},
    Key{"tokens", "issuer", Text{AT(tokens.issuer)}, "The claim iss, written and required when set."},
    Key{"tokens", "audience", Text{AT(tokens.audience)}, "The claim aud, written and required when set."},
    Key{"tokens", "user_id_claim", Text{AT(tokens.user_id_claim), kClaimAllowed, is_claim},
        "The claim that names the user."},
    Key{"tokens", "token_type_claim", Text{AT(tokens.token_type_claim), kClaimAllowed, is_claim},
        "The claim that tells access from refresh."},
    Key{"tokens", "jti_claim", Text{AT(tokens.jti_claim), kClaimAllowed, is_claim},
        "The claim that holds the token's own id."},
    Key{"tokens", "update_last_login", Switch{AT(tokens.update_last_login)},
        "Writes auth_user.last_login at each login."},
    Key{"tokens", "rotate_refresh_tokens", Switch{AT(tokens.rotate_refresh_tokens)},
        "A refresh gives a new refresh token, too, whose lifetime begins anew."},
    Key{"tokens", "blacklist_after_rotation", Switch{AT(tokens.blacklist_after_rotation)},
        "The refresh token that was exchanged is not good any more; of two exchanges at once one succeeds."
        " Needs compat.django_blacklist."},
    Key{"tokens", "auth_header_types", Text{AT(tokens.auth_header_types), kSchemesAllowed, is_schemes},
        "The words that may stand before an access token in the Authorization header; 401 answers name the "
        "first."},
    Key{"tokens", "user_id_field", Choice{AT(tokens.user_id_field), kUserIdFields},
        "The column of auth_user that user_id_claim holds. With username, a token that a worker does not "
        "know yet costs a query."},
    Key{"tokens", "check_user_is_active", Switch{AT(tokens.check_user_is_active)},
        "Refuses the tokens of inactive users. Off: only their logins."},
    Key{"tokens", "check_revoke_token", Switch{AT(tokens.check_revoke_token)},
        "Tokens carry a digest of the stored password hash and end when the password is changed; those "
        "without it are refused."},
    Key{"tokens", "revoke_token_claim", Text{AT(tokens.revoke_token_claim), kClaimAllowed, is_claim},
        "The claim that holds this digest."},

    Key{"keys", "directory", Text{AT(keys.directory), "the absolute path of a directory", is_path},
        "Where jwtauthctl keys puts private keys and their order. In the place of tokens.signing_key_file; "
        "the "
        "secret of an HS* algorithm verifies beside them, and signs until one of them does. Empty: no such "
        "directory."},
    Key{"keys", "publish_ahead", Millis{AT(keys.publish_ahead), 100ms, 720h},
        "How long a new key is published before it signs: longer than whoever verifies our tokens keeps "
        "/.well-known/jwks.json, and than the directory takes to the other hosts."},

    Key{"passwords", "hasher", Choice{AT(passwords.hasher), kHashers},
        "How new passwords are hashed. All of Django's encodings are verified whatever stands here."},
    Key{"passwords", "argon2_memory_kib", Whole{AT(passwords.argon2_memory_kib), 8, 524'288, "KiB"},
        "Memory of one Argon2id computation."},
    Key{"passwords", "argon2_iterations", Whole{AT(passwords.argon2_iterations), 1, 1000, "passes"},
        "Passes over that memory."},
    Key{"passwords", "pbkdf2_iterations",
        Whole{AT(passwords.pbkdf2_iterations), 1000, 10'000'000, "iterations"},
        "Iterations of PBKDF2-SHA256. Django 3.2 has 260000, 4.2 600000, 5.2 1000000."},
    Key{"passwords", "scrypt_n", Whole{AT(passwords.scrypt_n), 2, 2'097'152, ""},
        "Cost of scrypt, a power of two. A Django on the same table reads 16384 with scrypt_r = 8, and no "
        "more: its "
        "hasher takes at most 32 MiB, which 128 * scrypt_r * (scrypt_n + scrypt_p + 2) must not exceed."},
    Key{"passwords", "scrypt_r", Whole{AT(passwords.scrypt_r), 1, 1024, ""}, "Block size of scrypt."},
    Key{"passwords", "scrypt_p", Whole{AT(passwords.scrypt_p), 1, 1024, ""}, "Parallelism of scrypt."},
    Key{"passwords", "min_length", Whole{AT(passwords.min_length), 1, 128, "characters"},
        "Shortest password that registration takes."},
    Key{"passwords", "max_similarity", Fraction{AT(passwords.max_similarity), 0, 1},
        "How much a password may resemble username, e-mail or name, from 0.0 to 1.0; 0.0: not checked."},
    Key{"passwords", "refuse_common", Switch{AT(passwords.refuse_common)},
        "Refuses the passwords of common_passwords_file."},
    Key{"passwords", "refuse_numeric", Switch{AT(passwords.refuse_numeric)},
        "Refuses passwords of digits alone."},
    Key{"passwords", "common_passwords_file",
        Text{AT(passwords.common_passwords_file), "the absolute path of a file", is_path},
        "One password a line, in lower case."},

    Key{"accounts", "registration", Switch{AT(accounts.registration)},
        "Off: POST /api/register/ answers 404, accounts are made elsewhere."},
    Key{"accounts", "unique_email", Switch{AT(accounts.unique_email)},
        "Refuses an e-mail address that an account has already. Django does not."},
    Key{"accounts", "require_email", Switch{AT(accounts.require_email)},
        "Refuses a registration without e-mail."},

    Key{"sessions", "enabled", Switch{AT(sessions.enabled)},
        "Each login is a session that can be listed and ended. Off: tokens as simplejwt makes them, which is "
        "what a site "
        "wants that lets Django rotate or blacklist the same tokens."},
    Key{"sessions", "rotate", Switch{AT(sessions.rotate)},
        "A refresh gives a new refresh token, too, and the old one ends. Off: it stays the same until it "
        "expires."},
    Key{"sessions", "lifetime", Seconds{AT(sessions.lifetime), 1min, 87600h},
        "When a session ends whatever happens. One that is not refreshed ends with its refresh token."},
    Key{"sessions", "reuse_grace", Seconds{AT(sessions.reuse_grace), 0s, 10min},
        "How long a refresh token that was just exchanged gives the same successor again, for tabs that "
        "refresh at "
        "once. Later it is taken for stolen, and its session is ended."},
    Key{"sessions", "max_per_user", Whole{AT(sessions.max_per_user), 0, 100'000, "sessions"},
        "A login beyond it ends the session that was unused for longest. 0: no limit; but ending all "
        "sessions of a user takes the longer, the more he has, and refreshes wait for it."},

    Key{"personal_tokens", "enabled", Switch{AT(personal_tokens.enabled)},
        "Off: /api/tokens/ is not there, and no such token is taken."},
    Key{"personal_tokens", "max_lifetime", Seconds{AT(personal_tokens.max_lifetime), 0s, 876000h},
        "The longest that a user may give one. 0: as long as he likes, and without an end, too."},
    Key{"personal_tokens", "max_per_user", Whole{AT(personal_tokens.max_per_user), 1, 1000, "tokens"},
        "How many a user may have, those that have expired and are not purged yet among them."},

    Key{"throttle", "enabled", Switch{AT(throttle.enabled)},
        "Failed logins delay the next ones: of the same account, and from the same address."},
    Key{"throttle", "account_failures", Whole{AT(throttle.account_failures), 1, 100, "failures"},
        "The failure in a row of one account that brings the first delay, and how many passwords of one name "
        "a worker looks at at a time. Failures count until a login succeeds, the lockout is over, or an "
        "operator clears them; a rest of the length of lockout forgets them, too."},
    Key{"throttle", "address_failures", Whole{AT(throttle.address_failures), 1, 1'000'000, "failures"},
        "The same for one client address (IPv6: one /64 network), over all accounts; a second in which it is "
        "refused for an account's delay counts as a failure, too. Forgotten after an hour without one. It "
        "keeps nobody out who has been logged in from there before."},
    Key{"throttle", "first_delay", Seconds{AT(throttle.first_delay), 1s, 1h},
        "The first delay; each further failure doubles it."},
    Key{"throttle", "max_delay", Seconds{AT(throttle.max_delay), 1s, 24h},
        "The longest. Strangers can delay an owner by it, one attempt each delay for whoever comes first, "
        "but not "
        "where he has been logged in before: the networks of his last 100 sessions (until they are purged, "
        "sessions.lifetime after their end) are counted apart, each with "
        "its own failures, as is the password of one who is logged in."},
    Key{"throttle", "max_failures", Whole{AT(throttle.max_failures), 1, 100, "failures"},
        "Failures in a row after which an account is locked; NIST SP 800-63B allows 100. An owner where he "
        "has been "
        "logged in before has a count of his own, with the same bound, and is not locked with it."},
    Key{"throttle", "lockout", Seconds{AT(throttle.lockout), 1min, 8760h},
        "How long it stays so, unless an operator clears it. After it the count begins anew."},

    Key{"audit", "enabled", Switch{AT(audit.enabled)},
        "Records registrations, logins, failures, logouts, changes and what operators do."},
    Key{"audit", "retention", Seconds{AT(audit.retention), 1h, 876000h},
        "How long jwtauthctl session purge keeps them."},

    Key{"cookies", "enabled", Switch{AT(cookies.enabled)},
        "Login sets the refresh token as a cookie, HttpOnly, Secure and SameSite=Strict, which refresh and "
        "logout take. "
        "Bodies stay as they are. Only to pages of the same origin."},
    Key{"cookies", "access", Switch{AT(cookies.access)},
        "The access token, too; protected routes take it. What changes something then wants X-CSRF-Token."},

    Key{"oauth", "clients_file", Text{AT(oauth.clients_file), "the absolute path of a file", is_path},
        "Services that may introspect and revoke tokens, one a line, written by jwtauthctl oauth-client. "
        "Without it "
        "the two endpoints are not there."},

    Key{"trust", "issuers", Issuers{AT(trust.issuers), kKeyPairAlgorithms},
        "Whose access tokens the gateway takes beside ours: the exact claim iss, the audience that they must "
        "have, and "
        "a file with the issuer's public keys as a JWK set, which is read anew when it changes. algorithms, "
        "a "
        "list, "
        "says which ones are taken; without it all that have a public key."},

    Key{"claims", "access", Words{AT(claims.access), kUserClaims},
        "Claims that tell of the user, as he is at each login and refresh. Some of \"username\", \"email\", "
        "\"groups\", \"is_staff\", \"is_superuser\"."},
    Key{"claims", "constant", Constants{AT(claims.constant)},
        "Claims that are the same in each, such as { tenant = \"north\" }. Both together have at most 1 KiB; "
        "groups "
        "that do not fit are left out."},

    Key{"cache", "verified_tokens", Whole{AT(cache.verified_tokens), 0, 10'000'000, "tokens"},
        "Tokens whose signature is not checked again; up to 600 bytes each."},
    Key{"cache", "users", Whole{AT(cache.users), 1, 10'000'000, "users"},
        "Users known to a worker; those in use are read anew all the time, in batches."},
    Key{"cache", "poll_interval", Millis{AT(cache.poll_interval), 10ms, 10s},
        "How often that is: a deactivation elsewhere takes this long to be seen here."},
    Key{"cache", "stale_after", Seconds{AT(cache.stale_after), 1s, 24h},
        "How long token checks go on with what is known while the database is away."},

    Key{"compat", "simplejwt", Choice{AT(compat.simplejwt), kReleases},
        "The release of simplejwt whose messages and claims are spoken."},
    Key{"compat", "django_blacklist", Switch{AT(compat.django_blacklist)},
        "Shares Django's blacklist of refresh tokens (the app rest_framework_simplejwt.token_blacklist): "
        "logins are recorded in its tables, token text included, and POST /api/token/blacklist/ is served."},

    Key{"api", "docs", Switch{AT(api.docs)},
        "GET /api/docs/ describes the endpoints to people, GET /api/schema/ (OpenAPI 3.1) to programs. Off: "
        "both answer 404."},

    Key{"log", "level", Choice{AT(log.level), kLevels}, "The least important lines that are written."},
    Key{"log", "format", Choice{AT(log.format), kFormats},
        "journal: entries with fields for journald (REQUEST_ID, JWTAUTHD_ROUTE, JWTAUTHD_USER, …). text: "
        "with "
        "time. json: an object a line. logfmt: key=value. auto: journal when systemd reads it, else text.",
        Taken::at_restart},
    Key{"log", "access", Switch{AT(log.access)}, "One line for each request.", Taken::at_restart},
    Key{"log", "sample_2xx", Whole{AT(log.sample_2xx), 1, 1'000'000, "requests"},
        "Of so many requests with a status of 200 to 299 a worker's thread writes one line, with sample=N in "
        "it. All "
        "others have theirs. journald takes some thousands of lines a second.",
        Taken::at_restart},
    Key{"log", "repeats", Whole{AT(log.repeats), 0, 1'000'000, "lines"},
        "Warnings and errors of the same text that are written within a minute; how many more there were "
        "follows. 0: all are written.",
        Taken::at_restart},

    Key{"metrics", "scoreboard", Text{AT(metrics.scoreboard), "the absolute path of a file", is_path},
        "Shared memory in which all workers of this host count, so that whichever answers /metrics tells of "
        "all, and "
        "jwtauthctl top and status read it. 1.6 MB; in a directory that workers can write to, best in /run. "
        "Empty: each counts for itself.",
        Taken::at_restart},
};

}  // namespace

std::span<const Section> sections() {
  return kSections;
}

std::span<const Key> keys() {
  return kKeys;
}

const Key* find_key(std::string_view section, std::string_view name) {
  const auto* const found = std::find_if(
      kKeys.begin(), kKeys.end(), [&](const Key& key) { return key.section == section && key.name == name; });
  return found == kKeys.end() ? nullptr : found;
}

const Key* find_secret_of_file(std::string_view section, std::string_view name) {
  if (!name.ends_with(kFileSuffix)) return nullptr;
  const Key* const key = find_key(section, name.substr(0, name.size() - kFileSuffix.size()));
  return key != nullptr && std::holds_alternative<Hidden>(key->kind) ? key : nullptr;
}

Config defaults() {
  Config config;
  config.passwords.common_passwords_file = JWTAUTHD_DATA_DIR "/common-passwords.txt";
  return config;
}

std::string full_name(const Key& key) {
  return std::string(key.section) + "." + std::string(key.name);
}

}  // namespace config
