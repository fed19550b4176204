#include "tokens/session_tokens.h"

#include <algorithm>
#include <utility>

#include "metrics/cells.h"
#include "tokens/jti.h"
#include "tokens/session_id.h"
#include "tokens/unix_time.h"
#include "util/error.h"
#include "util/log.h"

namespace tokens {
SessionTokens::SessionTokens(const Verifier& verifier, const Issuer& issuer, TokenUsers users,
                             store::SessionStore& store, Sessions& sessions, RevocationFeed& feed,
                             store::AuditStore* audit, const util::Clock& clock, util::Random& random,
                             SessionOptions options, DjangosBlacklist* djangos)
    : verifier_(verifier),
      issuer_(issuer),
      users_(std::move(users)),
      store_(store),
      sessions_(sessions),
      feed_(feed),
      audit_(audit),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      djangos_(djangos) {}

std::optional<TokenPair> SessionTokens::grant(const store::User& user, const store::Origin& origin) {
  const util::TimePoint now = clock_.now();
  SessionPair chosen;
  chosen.session = new_session_id(now, random_);
  chosen.issued = seconds_of(now);
  const std::int64_t end = chosen.issued + options_.lifetime.count();
  chosen.refresh_expires = std::min(chosen.issued + sessions_.lifetimes().refresh.count(), end);
  chosen.refresh_jti = random_jti(random_);
  chosen.access_jti = random_jti(random_);
  TokenPair pair = issuer_.issue_pair(user, chosen, told_user(issuer_, users_, user.id, true)->get());

  store::Session row;
  row.id = chosen.session;
  row.user_id = user.id;
  row.created_at = row.last_used_at = now;
  row.expires_at = at(end);
  row.idle_expires_at = at(chosen.refresh_expires);
  row.address = origin.address;
  row.user_agent = origin.user_agent;
  row.current = crypto::sha256(chosen.refresh_jti);
  // The event first: what is left when the database fails in between is a line, and no session that nobody
  // has.
  record(store::AuditKind::login, row, origin, "");
  const auto created = create(row, {.password = user.password}, origin);
  if (created != store::Created::done) {
    record(store::AuditKind::session_ended, row, origin, "not begun");
    if (created == store::Created::refused) return std::nullopt;
    throw util::Outage("the random id of a new session is taken");
  }
  return pair;
}

store::Created SessionTokens::create(const store::Session& row, store::Grounds grounds,
                                     const store::Origin& origin) {
  grounds.fewer_than = options_.max_per_user;
  const auto created = store_.create(row, grounds);
  if (created != store::Created::full) return created;
  grounds.fewer_than = 0;
  const auto beyond = store_.create(row, grounds);
  if (beyond == store::Created::done) keep_to_the_limit(row.user_id, origin);
  return beyond;
}

/// The session has begun; told of a failure here, the client would have none, and push out a good one with
/// its next attempt. The next login ends what this one left.
void SessionTokens::keep_to_the_limit(std::int64_t user_id, const store::Origin& origin) {
  try {
    sessions_.end_beyond(user_id, options_.max_per_user, origin);
  } catch (const util::Outage& outage) {
    util::log::warning(std::string("the sessions beyond a user's limit could not be ended: ") + outage.what(),
                       {origin.request_id, {}, {}});
  }
}

void SessionTokens::record(store::AuditKind kind, const store::Session& row, const store::Origin& origin,
                           std::string_view reason) {
  if (audit_ == nullptr) return;
  audit_->append(
      {kind, row.created_at, row.user_id, row.id, origin.address, origin.request_id, std::string(reason)});
}

RefreshOutcome SessionTokens::refresh(std::string_view token, const store::Origin& origin,
                                      bool may_ask_database) {
  auto verified = verifier_.verify(token, TokenType::refresh);
  if (!verified) return verified.error();
  // What is no token of ours ends above, on the thread that read it.
  if (!may_ask_database) return NeedsDatabase{};
  auto step = begin(std::move(*verified), origin);
  if (auto* outcome = std::get_if<RefreshOutcome>(&step)) return std::move(*outcome);
  auto& begun = std::get<BegunRefresh>(step);
  if (!begun.adopts) begun.rotated = store_.rotate(begun.rotation);
  return finish(std::move(begun), origin);
}

std::variant<RefreshOutcome, BegunRefresh> SessionTokens::begin(std::string_view token,
                                                                const store::Origin& origin) {
  auto verified = verifier_.verify(token, TokenType::refresh);
  if (!verified) return verified.error();
  return begin(std::move(*verified), origin);
}

std::variant<RefreshOutcome, BegunRefresh> SessionTokens::begin(Verified token, const store::Origin& origin) {
  Presented presented = identify(std::move(token));
  const auto user = check_user(users_, presented.user_id, presented.said,
                               {.looks = !options_.simplejwt_5_2, .may_ask_database = true});
  if (const auto* refusal = std::get_if<RefreshRefusal>(&user)) {
    if (*refusal == RefreshRefusal::password_changed) {
      const bool ended =
          sessions_.end(presented.user_id, presented.session.id, store::SessionEnd::password_changed,
                        store::AuditKind::session_ended, origin);
      if (!ended && presented.session.has_sid) return TokenDefect::blacklisted;
    }
    return *refusal;
  }
  // Before the row changes: what fails here leaves the token as good as it was.
  presented.user = told_user(issuer_, users_, presented.user_id, true).value();
  return exchange(std::move(presented), origin);
}

/// Those whose row somebody holds for long have waited enough, and nobody waits for them any more: they find
/// that nothing has changed, which is a failure to them alone.
std::vector<bool> SessionTokens::rotate_all(const std::vector<store::Rotation>& rotations) {
  try {
    return store_.rotate_all(rotations);
  } catch (const store::Busy&) {
    std::vector<bool> rotated;
    for (const auto& rotation : rotations) rotated.push_back(store_.rotate_without_waiting(rotation));
    return rotated;
  }
}

/// Who brings the token of another one here is late, whatever becomes of that. A token without session takes
/// a statement, and a commit, of its own: it comes after all others, one at each call.
void SessionTokens::rotate(std::span<BegunRefresh* const> begun) {
  if (std::all_of(begun.begin(), begun.end(), [](const auto* one) { return one->adopts; })) {
    begun.front()->may_adopt = true;
    return;
  }
  std::vector<BegunRefresh*> first;  // of each session
  std::vector<store::Rotation> rotations;
  std::vector<BegunRefresh*> late;
  for (BegunRefresh* const one : begun) {
    if (one->adopts) continue;
    const auto same = std::find_if(rotations.begin(), rotations.end(),
                                   [&](const store::Rotation& r) { return r.id == one->rotation.id; });
    if (same == rotations.end()) {
      first.push_back(one);
      rotations.push_back(one->rotation);
    } else if (same->presented == one->rotation.presented) {
      late.push_back(one);
    }
  }
  try {
    const auto rotated = rotate_all(rotations);
    for (std::size_t i = 0; i < first.size(); ++i) first[i]->rotated = rotated.at(i);
    for (BegunRefresh* const one : late) one->rotated = false;
  } catch (...) {
    for (const auto* const part : {&first, &late}) {
      for (BegunRefresh* const one : *part) one->failure = std::current_exception();
    }
  }
}

RefreshOutcome SessionTokens::finish(BegunRefresh begun, const store::Origin& origin) {
  if (begun.failure) std::rethrow_exception(begun.failure);
  if (begun.adopts) {
    const auto adopted = adopt(begun, origin);
    if (adopted == store::Created::refused) return TokenDefect::blacklisted;
    begun.rotated = adopted == store::Created::done || store_.rotate(begun.rotation);
  }
  if (begun.rotated.value()) return answer(begun.presented, begun.next);
  return come_late(std::move(begun), origin);
}

/// With the database.
Presented SessionTokens::identify(Verified token) const {
  const std::string jti(token.claims.get(options_.jti_claim)->as_string());
  const auto session = session_of(token.claims, options_.jti_claim);
  Presented presented{std::move(token), jti, crypto::sha256(jti), session, clock_.now(), nobody, {}};
  const auto named = users_.read(presented.token.claims, true);
  if (const auto* user = std::get_if<TokenUsers::Named>(&named)) {
    presented.user_id = user->id;
    presented.said = user->said;
  }
  return presented;
}

/// The absolute end, known without the row; where it is not (a changed configuration, what stands for a
/// foreign token), the row's own end is what a refresh is judged by.
std::int64_t SessionTokens::end_of(const Presented& presented) const {
  if (const auto start = began(presented.session.id)) {
    return seconds_of(*start) + options_.lifetime.count();
  }
  const std::int64_t issued = presented.said.issued != 0 ? presented.said.issued : seconds_of(presented.now);
  // Another issuer may give longer ones: nobody is logged out because he was taken over.
  return std::max(issued + options_.lifetime.count(), presented.token.expires);
}

std::variant<RefreshOutcome, BegunRefresh> SessionTokens::exchange(Presented presented,
                                                                   const store::Origin& origin) const {
  const std::int64_t end = end_of(presented);
  SessionPair next = succeeding(presented);
  next.issued = seconds_of(presented.now);
  if (end <= next.issued) return TokenDefect::blacklisted;
  next.refresh_expires = next.issued + sessions_.lifetimes().refresh.count();
  // A session that stands for a foreign token outlives it: a row that was purged could else begin anew.
  if (!began(presented.session.id))
    next.refresh_expires = std::max(next.refresh_expires, presented.token.expires);
  next.refresh_expires = std::min(next.refresh_expires, end);
  store::Rotation rotation{
      presented.session.id,
      presented.hash,
      options_.rotate ? crypto::sha256(next.refresh_jti) : presented.hash,
      presented.now,
      at(options_.rotate ? next.refresh_expires : std::min(presented.token.expires, end)),
      origin.address,
      origin.user_agent};
  const bool adopts = !presented.session.has_sid;
  return BegunRefresh{std::move(presented), std::move(next), std::move(rotation), {}, {}, adopts};
}

/// The ids of what follows the presented token: the same wherever it is presented, however often.
SessionPair SessionTokens::succeeding(const Presented& presented) const {
  const jwt::Key& key = *presented.token.key;  // of the ring, whose keys all can sign
  SessionPair pair;
  pair.session = presented.session.id;
  pair.refresh_jti = succeeding_jti(key, TokenType::refresh, pair.session, presented.jti);
  pair.access_jti = succeeding_jti(key, TokenType::access, pair.session, presented.jti);
  return pair;
}

/// A token without session gets the one that stands for it.
store::Created SessionTokens::adopt(const BegunRefresh& begun, const store::Origin& origin) {
  const Presented& presented = begun.presented;
  const store::Rotation& rotation = begun.rotation;
  if (blacklisted_by_django(presented)) return store::Created::refused;
  store::Session row;
  row.id = rotation.id;
  row.user_id = presented.user_id;
  row.created_at = row.last_used_at = rotation.now;
  row.expires_at = at(end_of(presented));
  row.idle_expires_at = rotation.idle_expires_at;
  row.address = origin.address;
  row.user_agent = origin.user_agent;
  row.current = rotation.next;
  if (options_.rotate) {
    row.previous = presented.hash;
    row.generation = 1;
  }
  return create(row, {.issued = presented.said.issued}, origin);
}

RefreshOutcome SessionTokens::answer(const Presented& presented, const SessionPair& next) const {
  return options_.rotate ? with_successor(presented, next) : without_rotation(presented);
}

Refreshed SessionTokens::with_successor(const Presented& presented, const SessionPair& next) const {
  TokenPair pair = issuer_.rotate(presented.token.claims, next, presented.user.get());
  return {std::move(pair.access), std::move(pair.refresh), presented.user_id, pair.session,
          pair.refresh_expires};
}

Refreshed SessionTokens::without_rotation(const Presented& presented) const {
  return {issuer_.access_from(presented.token.claims, presented.session.id,
                              std::min(presented.token.expires, end_of(presented)), presented.user.get()),
          {},
          presented.user_id,
          presented.session.id,
          presented.token.expires};
}

/// The row did not have the presented token as its current one, or was over.
RefreshOutcome SessionTokens::come_late(BegunRefresh begun, const store::Origin& origin) {
  const Presented& presented = begun.presented;
  SessionPair& next = begun.next;
  const auto row = store_.find(presented.session.id);
  if (!row || row->revoked_at || row->expires_at <= presented.now) return TokenDefect::blacklisted;
  if (row->current == presented.hash) {
    // A node of a cluster that had not heard yet of the rotation that gave this token, until the look at the
    // row waited for it; or somebody holds the row.
    if (store_.rotate_without_waiting(begun.rotation)) return answer(presented, next);
    throw util::Outage("another transaction holds the row of the session");
  }
  if (gives_successor_again(*row, presented)) {
    if (row->current != crypto::sha256(next.refresh_jti)) {
      util::log::warning("a refresh token was exchanged by a host that has another signing key");
      return TokenDefect::blacklisted;
    }
    next.issued = seconds_of(row->last_used_at);
    next.refresh_expires = seconds_of(row->idle_expires_at);
    return with_successor(presented, next);
  }
  metrics::count(metrics::Count::refresh_reuse);
  sessions_.end(row->user_id, row->id, store::SessionEnd::reuse, store::AuditKind::refresh_reuse, origin);
  return TokenDefect::blacklisted;
}

/// By one clock, the database's: a host that is ahead of the winner's would take its own users for thieves.
bool SessionTokens::gives_successor_again(const store::Session& row, const Presented& presented) const {
  return row.previous == presented.hash && row.unchanged_for <= options_.reuse_grace;
}

/// A token without session ends with all of its user's, or by itself. Here it is the database that says so.
/// Nothing is handed out on it: it waits for nobody.
bool SessionTokens::ended_by_feed(const Presented& presented) {
  return feed_.ended_in_database(
      {presented.user_id, presented.token.expires, presented.said, presented.session},
      store::Reading::as_committed);
}

bool SessionTokens::blacklisted_by_django(const Presented& presented) {
  return djangos_ != nullptr && djangos_->has(presented.jti);
}

CheckOutcome SessionTokens::verify(std::string_view token, bool may_ask_database) {
  auto verified = verifier_.verify(token, std::nullopt);
  if (!verified) return verified.error();
  if (verifier_.is_refresh_token(verified->claims)) {
    if (!may_ask_database) return NeedsDatabase{};
    Presented presented = identify(std::move(*verified));
    if (!is_good(presented)) return TokenDefect::blacklisted;
    return Good{std::move(presented.token), presented.user_id, presented.session.id,
                presented.session.has_sid};
  }
  const auto session = session_of(verified->claims, options_.jti_claim);
  const auto named = users_.read(verified->claims, may_ask_database);
  if (std::holds_alternative<NeedsDatabase>(named) && !session.has_sid) return NeedsDatabase{};
  const auto* user = std::get_if<TokenUsers::Named>(&named);
  const Vouched vouched{user != nullptr ? user->id : nobody, verified->expires,
                        user != nullptr ? user->said : UserClaims{}, session};
  const auto ended = feed_.ended(vouched, may_ask_database);
  if (!ended) return NeedsDatabase{};
  if (*ended) return TokenDefect::blacklisted;
  return Good{std::move(*verified), vouched.user_id, session.id, session.has_sid};
}

bool SessionTokens::is_good(const Presented& presented) {
  const auto row = store_.find(presented.session.id);
  if (!row) {
    return !presented.session.has_sid && !ended_by_feed(presented) && !blacklisted_by_django(presented);
  }
  if (row->revoked_at || row->expires_at <= presented.now) return false;
  return row->current == presented.hash || gives_successor_again(*row, presented);
}

CheckOutcome SessionTokens::blacklist(std::string_view token, const store::Origin& origin,
                                      bool may_ask_database) {
  auto verified = verifier_.verify(token, TokenType::refresh);
  if (!verified) return verified.error();
  if (!may_ask_database) return NeedsDatabase{};
  Presented presented = identify(std::move(*verified));
  const auto& [id, has_sid] = presented.session;
  const bool ended =
      has_sid
          ? sessions_.end(presented.user_id, id, store::SessionEnd::logout, store::AuditKind::logout, origin)
          : !ended_by_feed(presented) && sessions_.end_token(presented.user_id, id, store::AuditKind::logout,
                                                             origin, presented.token.expires);
  if (!ended) return TokenDefect::blacklisted;
  return Good{std::move(presented.token), presented.user_id, id, has_sid};
}

}  // namespace tokens
