#include "tokens/trusted_issuers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "jwt/unverified.h"
#include "jwt/verify.h"
#include "tokens/claim_rules.h"
#include "tokens/foreign_subject.h"
#include "tokens/session_id.h"
#include "util/log.h"

namespace tokens {
namespace {

using json::Type;
using json::Value;

/// When the user proved who he is (OpenID Connect Core section 2), else when the token was issued. 0: not
/// told, which no bound on its age takes.
std::int64_t proved_at(const Value& claims, std::int64_t latest) {
  for (const std::string_view name : {"auth_time", "iat"}) {
    const auto claim = claims.get(name);
    const auto time = claim ? numeric_date(*claim, std::trunc) : std::nullopt;
    if (time && *time <= latest) return *time;
  }
  return 0;
}

}  // namespace

TrustedIssuers::TrustedIssuers(std::vector<TrustedIssuer> issuers, const util::Clock& clock,
                               TrustOptions options)
    : clock_(clock), options_(std::move(options)) {
  for (TrustedIssuer& issuer : issuers) entries_.push_back(std::make_unique<Entry>(std::move(issuer)));
}

util::Result<void> TrustedIssuers::look() {
  std::string complaints;
  for (const auto& entry : entries_) {
    const auto outcome = entry->keys.look();
    if (outcome && *outcome) {
      util::log::info("issuer " + util::log::quoted(entry->who.issuer) + ": " +
                      std::to_string(entry->keys.current()->size()) + " keys of " + entry->who.jwks_file);
    } else if (!outcome && !outcome.error().message.empty()) {
      complaints.append(complaints.empty() ? "" : "; ").append(outcome.error().message);
    }
  }
  if (!complaints.empty()) return util::fail(std::move(complaints));
  return {};
}

void TrustedIssuers::start() {
  if (entries_.empty()) return;
  watcher_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TrustedIssuers::stop() {
  watcher_ = {};
}

void TrustedIssuers::run(const std::stop_token& stop) {
  std::unique_lock lock(waking_);
  while (!wake_.wait_for(lock, stop, options_.look_every, [&] { return stop.stop_requested(); })) {
    try {
      if (const auto looked = look(); !looked) {
        util::log::warning("trust.issuers: " + looked.error().message + "; the keys of before hold on");
      }
    } catch (const std::exception& failure) {  // let out of a thread, it ends the process
      util::log::warning(std::string("trust.issuers: ") + failure.what());
    }
  }
}

const TrustedIssuers::Entry* TrustedIssuers::entry_of(std::string_view issuer) const noexcept {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e->who.issuer == issuer; });
  return found == entries_.end() ? nullptr : found->get();
}

bool TrustedIssuers::takes(std::string_view credential) const noexcept {
  if (entries_.empty()) return false;
  jwt::ClaimsRoom room;
  return entry_of(jwt::unverified_issuer(credential, room)) != nullptr;
}

std::variant<Vouched, TokenDefect, NeedsDatabase> TrustedIssuers::vouch(std::string_view credential, bool) {
  jwt::ClaimsRoom room;
  const Entry* const entry = entry_of(jwt::unverified_issuer(credential, room));
  if (entry == nullptr) return TokenDefect::invalid;
  const auto trusted = entry->keys.current();
  std::vector<const jwt::Key*> keys;
  keys.reserve(trusted->size());
  for (const auto& key : *trusted) keys.push_back(&key->published.key);
  const auto verified = jwt::verify(credential, keys, jwt::HeaderType::jwt_or_access);
  if (!verified) return TokenDefect::invalid;
  const auto key = std::find_if(trusted->begin(), trusted->end(),
                                [&](const auto& k) { return &k->published.key == verified->key; });
  return judge(*entry, verified->claims, *key);
}

std::variant<Vouched, TokenDefect, NeedsDatabase> TrustedIssuers::judge(
    const Entry& entry, const Value& claims, std::shared_ptr<TrustedKey> key) const {
  const std::int64_t now = clock_.unix_now();
  if (const auto defect = check_times(claims, now, options_.leeway.count())) return *defect;
  const auto issuer = claims.get("iss");
  if (!issuer || !is_text(*issuer, entry.who.issuer)) return TokenDefect::invalid;
  const auto audience = claims.get("aud");
  if (!audience || !names_audience(*audience, entry.who.audience)) return TokenDefect::invalid;
  const auto ends = claims.get("exp");
  if (!ends) return TokenDefect::no_expiry;
  if (is_of_other_use(claims, options_.token_type_claim)) return TokenDefect::wrong_type;
  auto subject = read_subject(claims);
  if (!subject) return TokenDefect::invalid;
  subject->issuer = entry.who.issuer;

  Vouched vouched;
  vouched.expires = *numeric_date(*ends, std::trunc);
  vouched.said.issued = proved_at(claims, now + options_.leeway.count());
  const auto jti = claims.get("jti");
  const bool has_jti = jti && jti->is(Type::string);
  vouched.session =
      session_of_foreign(entry.who.issuer, subject->subject, has_jti ? jti->as_string() : std::string_view{});
  // The flag lives in the key, which this keeps alive.
  std::shared_ptr<const std::atomic<bool>> withdrawn(key, &key->withdrawn);
  vouched.grant =
      std::make_shared<const Grant>(Grant{read_scope(claims), std::move(subject), std::move(withdrawn)});
  return vouched;
}

}  // namespace tokens
