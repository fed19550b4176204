#include "daemon/application.h"

#include <algorithm>
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
#include "daemon/gauges.h"
#include "daemon/readiness.h"
#include "daemon/trust_options.h"
#include "mysql/pool.h"
#include "mysql/stale_reads.h"
#include "store/blacklist_store.h"
#include "store/mysql_audit_store.h"
#include "store/mysql_personal_token_store.h"
#include "store/mysql_revocation_store.h"
#include "store/mysql_session_store.h"
#include "store/mysql_throttle_store.h"
#include "store/mysql_user_store.h"
#include "store/settings.h"
#include "store/survey.h"
#include "tokens/access_claims.h"
#include "tokens/bearer.h"
#include "tokens/issuer.h"
#include "tokens/key_ring.h"
#include "tokens/key_watch.h"
#include "tokens/personal_tokens.h"
#include "tokens/revocation_feed.h"
#include "tokens/session_tokens.h"
#include "tokens/sessions.h"
#include "tokens/settings.h"
#include "tokens/simplejwt_tokens.h"
#include "tokens/trusted_issuers.h"
#include "tokens/user_directory.h"
#include "tokens/verifier.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/random.h"

namespace jwtauthd {
namespace {

using config::Config;

tokens::KeyRing open_keys(const Config& c, const util::Clock& clock) {
  auto ring = tokens::open_ring(c, clock);
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

tokens::GatewayTokenOptions gateway_token_options(const Config& c) {
  return {.issuer = c.tokens.issuer,
          .audience = c.tokens.audience,
          .token_type_claim = c.tokens.token_type_claim};
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
  return options;
}

tokens::PersonalTokenOptions personal_token_options(const Config& c) {
  return {.enabled = c.personal_tokens.enabled,
          .max_lifetime = c.personal_tokens.max_lifetime,
          .max_per_user = static_cast<unsigned>(c.personal_tokens.max_per_user),
          .leeway = c.tokens.leeway};
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

/// Who fetched the keys just before one was added must come again before it signs.
std::chrono::seconds key_set_max_age(const Config& c) {
  return std::min(std::chrono::seconds(300),
                  std::chrono::floor<std::chrono::seconds>(c.keys.publish_ahead / 2));
}

api::ApiOptions api_options(const Config& c) {
  const std::string scheme = header_types(c).front();
  return {.simplejwt_5_2 = speaks_5_2(c),
          .registration = c.accounts.registration,
          .require_email = c.accounts.require_email,
          .blacklist = c.compat.django_blacklist,
          .sessions = c.sessions.enabled,
          .oauth = !c.oauth.clients_file.empty(),
          .personal_tokens = c.personal_tokens.enabled,
          .docs = c.api.docs,
          .cookies = c.cookies.enabled,
          .access_cookie = c.cookies.access,
          .challenge = scheme == "Bearer" ? std::string() : scheme + " realm=\"api\"",
          .scheme = scheme,
          .jti_claim = c.tokens.jti_claim,
          .token_type_claim = c.tokens.token_type_claim,
          .access_lifetime = c.tokens.access_token_lifetime,
          .refresh_lifetime = c.tokens.refresh_token_lifetime,
          .issuer = c.tokens.issuer,
          .key_set_max_age = key_set_max_age(c)};
}

tokens::BearerOptions bearer_options(const Config& c) {
  return {.users = user_rules(c),
          .header_types = header_types(c),
          .iat_is_login = !(c.sessions.enabled ? c.sessions.rotate : c.tokens.rotate_refresh_tokens),
          .cached_tokens = static_cast<std::size_t>(c.cache.verified_tokens)};
}

}  // namespace

/// In the order of construction: each needs what stands above it, and is gone before that.
struct Application::Parts {
  Parts(Config c, std::function<std::string()> exposition)
      : configuration(std::move(c)),
        pool(store::database_options(configuration.database)),
        stale_reads(pool, store::replica_options(configuration.database)),
        users(pool, store::auditing(configuration.audit)),
        session_rows(pool, store::auditing(configuration.audit), &stale_reads),
        personal_token_rows(pool, store::auditing(configuration.audit), &stale_reads),
        audit(pool, store::auditing(configuration.audit)),
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
        keys(open_keys(configuration, clock)),
        key_watch(keys),
        custom_claims(configuration.claims.access, constant_claims(configuration), clock),
        issuer(keys, clock, random, issuer_options(configuration, custom_claims)),
        verifier(keys, clock, verifier_options(configuration)),
        directory(users, directory_options(configuration)),
        token_users(directory, clock, user_rules(configuration)),
        feed(revocations, clock, feed_options(configuration)),
        personal_tokens(personal_token_rows, feed, clock, random, personal_token_options(configuration)),
        trusted(trusted_issuers(configuration), clock,
                {.leeway = configuration.tokens.leeway,
                 .token_type_claim = configuration.tokens.token_type_claim}),
        bearer(verifier, directory, clock, bearer_options(configuration), &feed, sources()),
        sessions(session_rows, feed, clock, tokens::lifetimes(configuration.tokens)),
        gateway_tokens(keys, clock, gateway_token_options(configuration)),
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
                 personal_tokens,
                 gateway_tokens,
                 clock,
                 [this] { return readiness.missing(); },
                 std::move(exposition)},
        app(services),
        gauges(pool, hashes, keys, feed, directory) {}

  store::BlacklistStore* used_blacklist() {
    return configuration.compat.django_blacklist ? &blacklist : nullptr;
  }
  store::AuditStore* used_audit() { return configuration.audit.enabled ? &audit : nullptr; }

  std::vector<tokens::CredentialSource*> sources() {
    if (configuration.trust.issuers.empty()) return {&personal_tokens};
    return {&personal_tokens, &trusted};
  }

  std::unique_ptr<tokens::RefreshTokens> make_refresh_tokens() {
    if (!configuration.sessions.enabled) {
      return std::make_unique<tokens::SimpleJwtTokens>(verifier, issuer, token_users, used_blacklist(),
                                                       used_audit(), clock, refresh_options(configuration),
                                                       &feed);
    }
    return std::make_unique<tokens::SessionTokens>(verifier, issuer, token_users, session_rows, sessions,
                                                   feed, used_audit(), clock, random,
                                                   session_options(configuration), &djangos);
  }

  tokens::SessionTokens* rotating() const {
    const bool rotates = configuration.sessions.enabled && configuration.sessions.rotate;
    return rotates ? static_cast<tokens::SessionTokens*>(refresh_tokens.get()) : nullptr;
  }

  const Config configuration;
  util::SystemClock clock;
  util::SystemRandom random;
  mysql::Pool pool;
  mysql::StaleReads stale_reads;
  store::MysqlUserStore users;
  store::MysqlBlacklistStore blacklist{pool};
  tokens::DjangosBlacklist djangos{blacklist};
  store::MysqlSessionStore session_rows;
  store::MysqlPersonalTokenStore personal_token_rows;
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
  tokens::KeyWatch key_watch;
  tokens::AccessClaims custom_claims;
  tokens::Issuer issuer;
  tokens::Verifier verifier;
  tokens::UserDirectory directory;
  tokens::TokenUsers token_users;
  tokens::RevocationFeed feed;
  tokens::PersonalTokens personal_tokens;
  tokens::TrustedIssuers trusted;
  tokens::BearerAuthenticator bearer;
  tokens::Sessions sessions;
  tokens::GatewayTokens gateway_tokens;
  std::unique_ptr<tokens::RefreshTokens> refresh_tokens;
  Readiness readiness;
  api::Services services;
  api::App app;
  Gauges gauges;
};

Application::Application(Config configuration, std::function<std::string()> exposition)
    : parts_(std::make_unique<Parts>(std::move(configuration), std::move(exposition))) {
  const auto& told = parts_->configuration.claims.access;
  if (std::find(told.begin(), told.end(), "groups") != told.end()) parts_->directory.want_groups();
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
  parts_->key_watch.start();
  parts_->trusted.start();
}

api::App& Application::app() noexcept {
  return parts_->app;
}

Gauges& Application::gauges() noexcept {
  return parts_->gauges;
}

const Config& Application::configuration() const noexcept {
  return parts_->configuration;
}

std::vector<std::string> Application::missing() {
  return parts_->readiness.look();
}

bool Application::connect_all() {
  const Config& c = parts_->configuration;
  const auto wanted = static_cast<std::size_t>(std::min(c.server.database_threads, c.database.pool_size));
  std::vector<mysql::Lease> held;  // all at once, so that each is another one
  try {
    while (held.size() < wanted) held.push_back(parts_->pool.acquire());
  } catch (const util::Outage&) {
    return false;
  }
  return true;
}

std::vector<std::string> Application::doubts() {
  try {
    const std::string lost = store::lost_in_a_crash(store::Survey(parts_->pool).variables());
    if (!lost.empty()) return {"the database's " + lost};
  } catch (const util::Outage&) {
    // Gone again: what it promises is not what matters now.
  }
  return {};
}

std::size_t Application::hashing_threads() const {
  return std::max<std::size_t>(parts_->hashes.useful_callers(), parts_->hashes.permits());
}

std::string Application::summary() const {
  const Config& c = parts_->configuration;
  const std::string_view algorithm = jwt::name(parts_->keys.signing_key()->algorithm());
  return "serving " + c.server.listen + ", tokens " + std::string(algorithm) + ", passwords " +
         c.passwords.hasher + ", simplejwt " + c.compat.simplejwt;
}

}  // namespace jwtauthd
