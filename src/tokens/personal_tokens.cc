#include "tokens/personal_tokens.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "crypto/digest.h"
#include "tokens/personal_token_text.h"
#include "tokens/sessions.h"
#include "tokens/unix_time.h"
#include "util/error.h"
#include "util/log.h"

namespace tokens {
namespace {

// Many workers use one token, and a cache that is too small forgets it at once: its row is written no
// oftener.
constexpr std::chrono::seconds noted_every{60};

std::int64_t end_of(const store::PersonalToken& token) {
  if (!token.expires_at) return std::numeric_limits<std::int64_t>::max();
  return seconds_of(*token.expires_at);
}

store::AuditEvent event_of(store::AuditKind kind, util::TimePoint now, std::int64_t user_id,
                           std::string_view reason, const store::Origin& origin) {
  return {kind, now, user_id, {}, origin.address, origin.request_id, std::string(reason)};
}

}  // namespace

store::Withdrawal withdrawal(util::TimePoint now, std::chrono::seconds leeway, store::AuditEvent event) {
  return {ends_of_tokens({.access = personal_token_kept, .leeway = leeway}, now).access, std::move(event)};
}

PersonalTokens::PersonalTokens(store::PersonalTokenStore& rows, RevocationFeed& feed,
                               const util::Clock& clock, util::Random& random, PersonalTokenOptions options)
    : rows_(rows), feed_(feed), clock_(clock), random_(random), options_(options) {}

bool PersonalTokens::takes(std::string_view credential) const noexcept {
  return credential.starts_with(personal_token_prefix);
}

std::variant<Vouched, TokenDefect, NeedsDatabase> PersonalTokens::vouch(std::string_view credential,
                                                                        bool may_ask_database) {
  const auto outcome = read(credential, may_ask_database);
  if (const auto* defect = std::get_if<TokenDefect>(&outcome)) return *defect;
  if (std::holds_alternative<NeedsDatabase>(outcome)) return NeedsDatabase{};
  const auto& token = std::get<store::PersonalToken>(outcome);

  const util::TimePoint now = clock_.now();
  if (!token.last_used_at || now - *token.last_used_at >= noted_every) {
    try {
      if (!rows_.note_use(token.id, now)) return TokenDefect::invalid;  // deleted meanwhile
    } catch (const util::Outage& outage) {
      util::log::warning(std::string("the use of a personal access token is not noted: ") + outage.what());
    }
  }
  const std::int64_t look_again = clock_.unix_now() + personal_token_kept.count();
  return Vouched{token.user_id,
                 std::min(end_of(token), look_again),
                 {},
                 {token.id, true},
                 std::make_shared<const Grant>(Grant{token.scope, std::nullopt})};
}

PersonalTokens::ReadOutcome PersonalTokens::read(std::string_view text, bool may_ask_database) {
  if (!options_.enabled || !is_personal_token(text)) return TokenDefect::invalid;
  if (!may_ask_database) return NeedsDatabase{};
  auto found = rows_.find_by_hash(crypto::sha256(text));
  if (!found) return TokenDefect::invalid;
  if (end_of(*found) <= clock_.unix_now() - options_.leeway.count()) return TokenDefect::expired;
  return *std::move(found);
}

std::variant<PersonalTokens::Made, PersonalTokens::Refusal> PersonalTokens::create(
    std::int64_t user_id, Wanted wanted, const store::MadeBy& login, const store::Origin& origin) {
  const util::TimePoint now = clock_.now();
  Made made{{}, new_personal_token(random_)};
  made.row.id = new_session_id(now, random_);
  made.row.user_id = user_id;
  made.row.name = std::move(wanted.name);
  made.row.hint = hint_of(made.text.reveal());
  made.row.scope = std::move(wanted.scope);
  made.row.created_at = now;
  made.row.expires_at = wanted.expires_at;
  switch (rows_.add(made.row, crypto::sha256(made.text.reveal()), options_.max_per_user, login,
                    event_of(store::AuditKind::token_created, now, user_id, "", origin))) {
    case store::PersonalTokenStore::Added::too_many:
      return Refusal::too_many;
    case store::PersonalTokenStore::Added::ended:
      return Refusal::login_ended;
    case store::PersonalTokenStore::Added::done:
      break;
  }
  return made;
}

std::vector<store::PersonalToken> PersonalTokens::list(std::int64_t user_id) {
  return rows_.list({.user_id = user_id});
}

bool PersonalTokens::revoke(std::int64_t user_id, const store::SessionId& id, std::string_view reason,
                            const store::Origin& origin) {
  const util::TimePoint now = clock_.now();
  const auto how = withdrawal(now, options_.leeway,
                              event_of(store::AuditKind::token_revoked, now, user_id, reason, origin));
  if (!rows_.remove(user_id, id, how)) return false;
  const store::Revocation told{
      0, user_id, id, 0, std::chrono::ceil<std::chrono::seconds>(how.told_until).time_since_epoch().count()};
  feed_.apply({&told, 1});
  return true;
}

}  // namespace tokens
