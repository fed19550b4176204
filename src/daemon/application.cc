#include "daemon/application.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "accounts/credentials.h"
#include "accounts/password_change.h"
#include "accounts/profile.h"
#include "accounts/registration.h"
#include "accounts/service_clients.h"
#include "accounts/settings.h"
#include "accounts/throttle.h"
#include "api/app.h"
#include "crypto/password_hash.h"
#include "daemon/readiness.h"
#include "daemon/server.h"
#include "daemon/supervisor.h"
#include "daemon/trust_options.h"
#include "fastcgi/listener.h"
#include "mysql/pool.h"
#include "store/blacklist_store.h"
#include "store/mysql_audit_store.h"
#include "store/mysql_revocation_store.h"
#include "store/mysql_session_store.h"
#include "store/mysql_throttle_store.h"
#include "store/mysql_user_store.h"
#include "tokens/access_claims.h"
#include "tokens/bearer.h"
#include "tokens/issuer.h"
#include "tokens/key_ring.h"
#include "tokens/revocation_feed.h"
#include "tokens/session_tokens.h"
#include "tokens/sessions.h"
#include "tokens/simplejwt_tokens.h"
#include "tokens/trusted_issuers.h"
#include "tokens/user_directory.h"
#include "tokens/verifier.h"
#include "util/clock.h"
#include "util/random.h"

namespace jwtauthd {
namespace {

using config::Config;

mysql::Options database_options(const Config& c) {
  mysql::Options options;
  options.socket = c.database.socket;
  options.host = c.database.host;
  options.port = static_cast<unsigned>(c.database.port);
  options.user = c.database.user;
  options.password = c.database.password.clone();
  options.database = c.database.name;
  options.tls_ca = c.database.tls_ca;
  options.pool_size = static_cast<unsigned>(c.database.pool_size);
  options.connect_timeout = c.database.connect_timeout;
  options.read_timeout = c.database.read_timeout;
  options.write_timeout = c.database.write_timeout;
  options.acquire_timeout = c.database.acquire_timeout;
  return options;
}

tokens::KeyRing open_keys(const Config& c) {
  tokens::KeyRingOptions options;
  options.algorithm = jwt::algorithm_of(c.tokens.algorithm).value();  // config knows no other names
  options.allow_short_secret = c.tokens.allow_short_signing_key;
  if (jwt::is_hmac(options.algorithm)) {
    options.secret = c.tokens.signing_key.clone();
  } else {
    std::ifstream file(c.tokens.signing_key_file, std::ios::binary);
    options.private_pem.assign(std::istreambuf_iterator<char>(file), {});
    if (!file)
      throw std::runtime_error("tokens.signing_key_file cannot be read: " + c.tokens.signing_key_file);
  }
  auto ring = tokens::KeyRing::open(std::move(options));
  if (!ring) throw std::runtime_error("the signing key: " + ring.error().message);
  return std::move(*ring);
}

tokens::VerifierOptions verifier_options(const Config& c) {
  return {.leeway = c.tokens.leeway,
          .issuer = c.tokens.issuer,
          .audience = c.tokens.audience,
          .jti_claim = c.tokens.jti_claim,
          .token_type_claim = c.tokens.token_type_claim};
}

bool speaks_5_2(const Config& c) {
  return c.compat.simplejwt == "5.2";
}

tokens::IssuerOptions issuer_options(const Config& c, const tokens::AccessClaims& custom) {
  return {.access_lifetime = c.tokens.access_token_lifetime,
          .refresh_lifetime = c.tokens.refresh_token_lifetime,
          .issuer = c.tokens.issuer,
          .audience = c.tokens.audience,
          .user_id_claim = c.tokens.user_id_claim,
          .jti_claim = c.tokens.jti_claim,
          .token_type_claim = c.tokens.token_type_claim,
          .user_id_as_string = !speaks_5_2(c),
          .username_as_id = c.tokens.user_id_field == "username",
          .revoke_claim = c.tokens.check_revoke_token ? c.tokens.revoke_token_claim : std::string(),
          .custom = &custom};
}

tokens::DirectoryOptions directory_options(const Config& c) {
  tokens::DirectoryOptions options;
  options.capacity = static_cast<std::size_t>(c.cache.users);
  options.poll_interval = c.cache.poll_interval;
  options.stale_after = c.cache.stale_after;
  return options;
}

tokens::UserRules user_rules(const Config& c) {
  return {.user_id_claim = c.tokens.user_id_claim,
          .by_username = c.tokens.user_id_field == "username",
          .check_active = c.tokens.check_user_is_active,
          .check_password = c.tokens.check_revoke_token,
          .revoke_claim = c.tokens.revoke_token_claim};
}

std::vector<std::string> header_types(const Config& c) {
  std::istringstream words(c.tokens.auth_header_types);
  return {std::istream_iterator<std::string>(words), {}};
}

tokens::RefreshOptions refresh_options(const Config& c) {
  return {.rotate = c.tokens.rotate_refresh_tokens,
          .blacklist_after_rotation = c.tokens.blacklist_after_rotation,
          .simplejwt_5_2 = speaks_5_2(c),
          .jti_claim = c.tokens.jti_claim};
}

tokens::SessionLifetimes lifetimes(const Config& c) {
  return {.access = c.tokens.access_token_lifetime,
          .refresh = c.tokens.refresh_token_lifetime,
          .leeway = c.tokens.leeway};
}

tokens::SessionOptions session_options(const Config& c) {
  return {.rotate = c.sessions.rotate,
          .lifetime = c.sessions.lifetime,
          .reuse_grace = c.sessions.reuse_grace,
          .max_per_user = static_cast<unsigned>(c.sessions.max_per_user),
          .simplejwt_5_2 = speaks_5_2(c),
          .jti_claim = c.tokens.jti_claim};
}

tokens::FeedOptions feed_options(const Config& c) {
  tokens::FeedOptions options;
  options.poll_interval = c.cache.poll_interval;
  options.stale_after = c.cache.stale_after;
  // A transaction ends when the answer to its COMMIT does not come in time.
  options.window = std::max(options.window, 3 * c.database.read_timeout);
  return options;
}

accounts::ThrottleOptions throttle_options(const Config& c) {
  return {.account_failures = c.throttle.account_failures,
          .address_failures = c.throttle.address_failures,
          .first_delay = c.throttle.first_delay,
          .max_delay = c.throttle.max_delay,
          .max_failures = c.throttle.max_failures,
          .lockout = c.throttle.lockout};
}

accounts::ServiceClients service_clients(const Config& c) {
  if (c.oauth.clients_file.empty()) return {};
  auto clients = accounts::ServiceClients::read(c.oauth.clients_file);
  if (!clients) throw std::runtime_error("oauth.clients_file: " + clients.error().message);
  return std::move(*clients);
}

store::Auditing auditing(const Config& c) {
  return c.audit.enabled ? store::Auditing::on : store::Auditing::off;
}

api::ApiOptions api_options(const Config& c) {
  const std::string scheme = header_types(c).front();
  return {.simplejwt_5_2 = speaks_5_2(c),
          .registration = c.accounts.registration,
          .require_email = c.accounts.require_email,
          .blacklist = c.compat.django_blacklist,
          .sessions = c.sessions.enabled,
          .oauth = !c.oauth.clients_file.empty(),
          .cookies = c.cookies.enabled,
          .access_cookie = c.cookies.access,
          .challenge = scheme == "Bearer" ? std::string() : scheme + " realm=\"api\"",
          .scheme = scheme,
          .jti_claim = c.tokens.jti_claim,
          .token_type_claim = c.tokens.token_type_claim,
          .access_lifetime = c.tokens.access_token_lifetime,
          .refresh_lifetime = c.tokens.refresh_token_lifetime};
}

tokens::BearerOptions bearer_options(const Config& c) {
  return {.users = user_rules(c),
          .header_types = header_types(c),
          .cached_tokens = static_cast<std::size_t>(c.cache.verified_tokens)};
}

ServerOptions server_options(const Config& c, std::size_t password_threads) {
  ServerOptions options;
  if (const auto inherited = supervisor::inherited_socket()) {
    options.listener.listen_fd = *inherited;
    options.listener.shared_socket = true;
  } else {
    options.listener.listen_fd = fastcgi::open_socket(c.server.listen, c.server.socket_mode);
    if (!c.server.listen.starts_with("tcp:")) options.listener.withdraw_path = c.server.listen;
  }
  options.listener.threads = static_cast<unsigned>(c.server.token_threads);
  options.listener.read_timeout = c.server.read_timeout;
  options.listener.write_timeout = c.server.write_timeout;
  options.listener.max_body_bytes = static_cast<std::size_t>(c.server.max_body_bytes);
  options.max_body_bytes = static_cast<std::size_t>(c.server.max_body_bytes);
  options.database_threads = static_cast<std::size_t>(c.server.database_threads);
  options.database_queue = static_cast<std::size_t>(c.server.database_queue);
  options.refresh_queue = options.database_queue;
  options.password_threads = password_threads;
  options.password_queue = static_cast<std::size_t>(c.server.password_queue);
  options.access_log = c.log.access;
  return options;
}

}  // namespace

/// In the order of construction: each needs what stands above it, and is gone before that.
struct Application::Parts {
  explicit Parts(Config c)
      : configuration(std::move(c)),
        pool(database_options(configuration)),
        users(pool, auditing(configuration)),
        session_rows(pool, auditing(configuration)),
        audit(pool, auditing(configuration)),
        policy(accounts::password_policy(configuration.passwords)),
        hashes(accounts::password_params(configuration.passwords), random,
               static_cast<unsigned>(configuration.server.password_threads)),
        clients(service_clients(configuration)),
        throttle(failures, configuration.sessions.enabled ? &session_rows : nullptr, used_audit(), clock,
                 throttle_options(configuration)),
        registration(users, policy, hashes, clock, {.unique_email = configuration.accounts.unique_email}),
        credentials(users, hashes, clock, {.update_last_login = configuration.tokens.update_last_login},
                    configuration.throttle.enabled ? &throttle : nullptr),
        password_change(credentials, policy, hashes, session_rows),
        profile(users, session_rows, credentials, clock,
                {.unique_email = configuration.accounts.unique_email}),
        keys(open_keys(configuration)),
        custom_claims(configuration.claims.access, constant_claims(configuration), clock),
        issuer(keys, clock, random, issuer_options(configuration, custom_claims)),
        verifier(keys, clock, verifier_options(configuration)),
        directory(users, directory_options(configuration)),
        token_users(directory, clock, user_rules(configuration)),
        feed(revocations, clock, feed_options(configuration)),
        trusted(trusted_issuers(configuration), clock,
                {.leeway = configuration.tokens.leeway,
                 .token_type_claim = configuration.tokens.token_type_claim}),
        bearer(verifier, directory, clock, bearer_options(configuration), &feed, sources()),
        sessions(session_rows, feed, clock, lifetimes(configuration)),
        refresh_tokens(make_refresh_tokens()),
        readiness(pool, directory, feed, used_blacklist(), configuration.cache.stale_after),
        services{api_options(configuration),
                 registration,
                 credentials,
                 password_change,
                 profile,
                 clients,
                 keys,
                 verifier,
                 *refresh_tokens,
                 rotating(),
                 bearer,
                 token_users,
                 directory,
                 sessions,
                 [this] { return readiness.missing(); }},
        app(services),
        // More threads than hashes at once: those that wait for their turn are computed together.
        server(
            server_options(configuration, std::max<std::size_t>(hashes.useful_callers(), hashes.permits())),
            app, random) {}

  store::BlacklistStore* used_blacklist() {
    return configuration.compat.django_blacklist ? &blacklist : nullptr;
  }
  store::AuditStore* used_audit() { return configuration.audit.enabled ? &audit : nullptr; }

  std::vector<tokens::CredentialSource*> sources() {
    if (configuration.trust.issuers.empty()) return {};
    return {&trusted};
  }

  std::unique_ptr<tokens::RefreshTokens> make_refresh_tokens() {
    if (!configuration.sessions.enabled) {
      return std::make_unique<tokens::SimpleJwtTokens>(verifier, issuer, token_users, used_blacklist(),
                                                       used_audit(), clock, refresh_options(configuration),
                                                       &feed);
    }
    return std::make_unique<tokens::SessionTokens>(verifier, issuer, keys, token_users, session_rows,
                                                   sessions, feed, used_audit(), clock, random,
                                                   session_options(configuration));
  }

  tokens::SessionTokens* rotating() const {
    const bool rotates = configuration.sessions.enabled && configuration.sessions.rotate;
    return rotates ? static_cast<tokens::SessionTokens*>(refresh_tokens.get()) : nullptr;
  }

  const Config configuration;
  util::SystemClock clock;
  util::SystemRandom random;
  mysql::Pool pool;
  store::MysqlUserStore users;
  store::MysqlBlacklistStore blacklist{pool};
  store::MysqlSessionStore session_rows;
  store::MysqlRevocationStore revocations{pool};
  store::MysqlThrottleStore failures{pool};
  store::MysqlAuditStore audit;
  accounts::PasswordPolicy policy;
  crypto::PasswordHashes hashes;
  accounts::ServiceClients clients;
  accounts::Throttle throttle;
  accounts::Registration registration;
  accounts::Credentials credentials;
  accounts::PasswordChange password_change;
  accounts::Profile profile;
  tokens::KeyRing keys;
  tokens::AccessClaims custom_claims;
  tokens::Issuer issuer;
  tokens::Verifier verifier;
  tokens::UserDirectory directory;
  tokens::TokenUsers token_users;
  tokens::RevocationFeed feed;
  tokens::TrustedIssuers trusted;
  tokens::BearerAuthenticator bearer;
  tokens::Sessions sessions;
  std::unique_ptr<tokens::RefreshTokens> refresh_tokens;
  Readiness readiness;
  api::Services services;
  api::App app;
  Server server;
};

Application::Application(Config configuration) : parts_(std::make_unique<Parts>(std::move(configuration))) {
  if (const auto reason = parts_->readiness.refusal(); !reason.empty()) {
    throw std::runtime_error("this version cannot serve this database: " + reason);
  }
  if (const auto looked = parts_->trusted.look(); !looked) {
    throw std::runtime_error("trust.issuers: " + looked.error().message);
  }
}

Application::~Application() = default;

void Application::start() {
  parts_->directory.start();
  parts_->feed.start();
  parts_->trusted.start();
  parts_->server.start();
}

bool Application::stop() {
  const bool all_answered = parts_->server.stop(parts_->configuration.server.shutdown_grace);
  parts_->trusted.stop();
  parts_->feed.stop();
  parts_->directory.stop();
  return all_answered;
}

bool Application::alive() noexcept {
  return parts_->server.alive();
}

std::string Application::summary() const {
  const Config& c = parts_->configuration;
  return "serving " + c.server.listen + ", tokens " + c.tokens.algorithm + ", passwords " +
         c.passwords.hasher + ", simplejwt " + c.compat.simplejwt;
}

}  // namespace jwtauthd
