#include "tokens/simplejwt_tokens.h"

#include <optional>
#include <utility>

#include "tokens/unix_time.h"
#include "util/error.h"
#include "util/unicode.h"

namespace tokens {
namespace {

constexpr std::size_t longest_jti = 255;  // characters of the column

}  // namespace

struct SimpleJwtTokens::Presented {
  std::string_view text;
  Verified token;
  json::Value jti;
  std::int64_t user_id = nobody;
  UserClaims said;
  std::shared_ptr<const KnownUser> user{};  // where the claims of access tokens tell of him

  std::string_view id() const noexcept { return jti.as_string(); }
};

SimpleJwtTokens::SimpleJwtTokens(const Verifier& verifier, const Issuer& issuer, TokenUsers users,
                                 store::BlacklistStore* blacklist, store::AuditStore* audit,
                                 const util::Clock& clock, RefreshOptions options, RevocationFeed* feed,
                                 Pause pause)
    : verifier_(verifier),
      issuer_(issuer),
      users_(std::move(users)),
      blacklist_(blacklist),
      audit_(audit),
      clock_(clock),
      options_(std::move(options)),
      feed_(feed),
      pause_(std::move(pause)) {}

std::optional<TokenPair> SimpleJwtTokens::grant(const store::User& user, const store::Origin& origin) {
  wait_for_a_good_second(user.id);
  TokenPair pair = issuer_.issue_pair(user, told_user(issuer_, users_, user.id, true)->get());
  // Now that their second is chosen: a change of the password that this does not see ends them.
  if (feed_ != nullptr && !users_.has_password(user.id, user.password)) return std::nullopt;
  if (blacklist_ != nullptr) blacklist_->record(row(pair, user.id));
  record(store::AuditKind::login, user.id, origin);
  return pair;
}

/// `iat` has whole seconds, and all that was issued in the second of a change of password ends with it.
void SimpleJwtTokens::wait_for_a_good_second(std::int64_t user_id) const {
  if (feed_ == nullptr) return;
  const auto is_bad = [&](std::int64_t second) {
    UserClaims said{};
    said.issued = second;
    return feed_->revoked({user_id, second, said, {}});
  };
  const util::TimePoint now = clock_.now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (!is_bad(second.time_since_epoch().count())) return;
  pause_(std::chrono::duration_cast<std::chrono::microseconds>(second + std::chrono::seconds(1) - now));
  if (is_bad(clock_.unix_now())) {
    throw util::Outage("a change of a password was told by a host whose clock is ahead",
                       std::chrono::seconds(5));
  }
}

/// Nothing: that is not known without the database.
std::optional<bool> SimpleJwtTokens::ended(const Verified& token, const TokenUsers::NamedOutcome& named,
                                           bool may_ask_database) const {
  if (feed_ == nullptr) return false;
  if (std::holds_alternative<NeedsDatabase>(named)) return std::nullopt;
  const auto* user = std::get_if<TokenUsers::Named>(&named);
  const auto of_user = user != nullptr ? *user : TokenUsers::Named{nobody, {}};
  return feed_->ended(vouched(token, of_user), may_ask_database);
}

Vouched SimpleJwtTokens::vouched(const Verified& token, const TokenUsers::Named& user) const {
  // Of the time when there were sessions; nothing here moves its row on, which is forgotten: what ends all of
  // the user's ends this, too.
  SessionOfToken session = session_of(token.claims, options_.jti_claim);
  session.has_sid = false;
  return {user.id, token.expires, user.said, session};
}

void SimpleJwtTokens::record(store::AuditKind kind, std::int64_t user_id, const store::Origin& origin) {
  if (audit_ == nullptr) return;
  const auto told = origin.client.empty() ? kind : store::AuditKind::session_ended;
  audit_->append({told, clock_.now(), user_id, {}, origin.address, origin.request_id, origin.client});
}

RefreshOutcome SimpleJwtTokens::refresh(std::string_view token, const store::Origin&, bool may_ask_database) {
  auto verified = verifier_.verify(token, TokenType::refresh);
  if (!verified) return verified.error();
  // What is no token of ours ends above, on the thread that read it.
  const bool asks = blacklist_ != nullptr || (feed_ != nullptr && options_.rotate);
  if (asks && !may_ask_database) return NeedsDatabase{};

  Presented presented{token, std::move(*verified), {}, nobody, {}};
  presented.jti = *presented.token.claims.get(options_.jti_claim);
  if (const auto defect = check_id(presented)) return *defect;

  const auto named = users_.read(presented.token.claims, may_ask_database);
  if (std::holds_alternative<NeedsDatabase>(named)) return NeedsDatabase{};
  const auto is_over = ended(presented.token, named, may_ask_database);
  if (!is_over) return NeedsDatabase{};
  if (*is_over) return TokenDefect::blacklisted;
  if (const auto* user = std::get_if<TokenUsers::Named>(&named)) {
    presented.user_id = user->id;
    presented.said = user->said;
  }
  const auto user = check_user(users_, presented.user_id, presented.said,
                               {.looks = !options_.simplejwt_5_2, .may_ask_database = may_ask_database});
  if (std::holds_alternative<NeedsDatabase>(user)) return NeedsDatabase{};
  if (const auto* refusal = std::get_if<RefreshRefusal>(&user)) {
    if (blacklist_ == nullptr) return *refusal;
    if (blacklist_->is_blacklisted(presented.id())) return TokenDefect::blacklisted;
    if (*refusal == RefreshRefusal::password_changed) retire(presented, nullptr);
    return *refusal;
  }
  auto told = told_user(issuer_, users_, presented.user_id, may_ask_database);
  if (!told) return NeedsDatabase{};
  presented.user = *std::move(told);
  if (options_.rotate) return rotate(presented);
  if (blacklist_ != nullptr && blacklist_->is_blacklisted(presented.id())) return TokenDefect::blacklisted;
  return Refreshed{issuer_.access_from(presented.token.claims, presented.user.get()),
                   {},
                   presented.user_id,
                   {},
                   presented.token.expires};
}

RefreshOutcome SimpleJwtTokens::rotate(const Presented& presented) {
  TokenPair pair = issuer_.rotate(presented.token.claims, presented.user.get());
  // A successor is younger than any change of the password that the feed has yet to tell.
  if (feed_ != nullptr &&
      feed_->ended_in_database(vouched(presented.token, {presented.user_id, presented.said}),
                               store::Reading::settled)) {
    return TokenDefect::blacklisted;
  }
  if (blacklist_ != nullptr) {
    if (options_.blacklist_after_rotation) {
      if (retire(presented, &pair) == store::Blacklisting::before_us) return TokenDefect::blacklisted;
    } else {
      if (blacklist_->is_blacklisted(presented.id())) return TokenDefect::blacklisted;
      if (!options_.simplejwt_5_2) blacklist_->record(row(pair, presented.user_id));
    }
  }
  return Refreshed{
      std::move(pair.access), std::move(pair.refresh), presented.user_id, {}, pair.refresh_expires};
}

CheckOutcome SimpleJwtTokens::verify(std::string_view token, bool may_ask_database) {
  auto verified = verifier_.verify(token, std::nullopt);
  if (!verified) return verified.error();
  if (blacklist_ != nullptr && !may_ask_database) return NeedsDatabase{};
  if (feed_ != nullptr) {
    const auto is_over = ended(*verified, users_.read(verified->claims, may_ask_database), may_ask_database);
    if (!is_over) return NeedsDatabase{};
    if (*is_over) return TokenDefect::blacklisted;
  }
  if (blacklist_ == nullptr) return good(std::move(*verified), users_, options_.jti_claim, may_ask_database);
  Presented presented{token, std::move(*verified), {}, nobody, {}};
  presented.jti = *presented.token.claims.get(options_.jti_claim);
  if (const auto defect = check_id(presented)) return *defect;
  if (blacklist_->is_blacklisted(presented.id())) return TokenDefect::blacklisted;
  return good(std::move(presented.token), users_, options_.jti_claim, may_ask_database);
}

CheckOutcome SimpleJwtTokens::blacklist(std::string_view token, const store::Origin& origin,
                                        bool may_ask_database) {
  auto verified = verifier_.verify(token, TokenType::refresh);
  if (!verified) return verified.error();
  if (!may_ask_database) return NeedsDatabase{};
  Presented presented{token, std::move(*verified), {}, nobody, {}};
  presented.jti = *presented.token.claims.get(options_.jti_claim);
  if (const auto defect = check_id(presented)) return *defect;
  if (!options_.simplejwt_5_2) {
    const auto named = users_.read(presented.token.claims, true);
    if (const auto* user = std::get_if<TokenUsers::Named>(&named)) presented.user_id = user->id;
  }
  if (retire(presented, nullptr) == store::Blacklisting::before_us) return TokenDefect::blacklisted;
  record(store::AuditKind::logout, presented.user_id, origin);
  Good ended = good(std::move(presented.token), users_, options_.jti_claim, false);
  ended.user_id = presented.user_id;
  return ended;
}

/// What the table cannot hold was handed out by nobody who shares it.
std::optional<TokenDefect> SimpleJwtTokens::check_id(const Presented& presented) const {
  if (blacklist_ == nullptr) return std::nullopt;
  const bool fits = !presented.jti.lone_surrogate() && util::unicode::length(presented.id()) <= longest_jti;
  return fits ? std::nullopt : std::optional(TokenDefect::invalid);
}

/// simplejwt 5.2 tells neither user nor time of a token that it records only now, and does not record
/// the successor; 5.5 does.
store::Blacklisting SimpleJwtTokens::retire(const Presented& presented, const TokenPair* successor) {
  const util::TimePoint now = clock_.now();
  store::OutstandingToken old{presented.text, presented.id(), std::nullopt, at(presented.token.expires), 0};
  if (options_.simplejwt_5_2) return blacklist_->blacklist(old, now, nullptr);
  old.created_at = now;
  old.user_id = presented.user_id;
  if (successor == nullptr) return blacklist_->blacklist(old, now, nullptr);
  const store::OutstandingToken next = row(*successor, presented.user_id);
  return blacklist_->blacklist(old, now, &next);
}

store::OutstandingToken SimpleJwtTokens::row(const TokenPair& pair, std::int64_t user_id) const {
  return {pair.refresh, pair.refresh_jti, clock_.now(), at(pair.refresh_expires), user_id};
}

}  // namespace tokens
