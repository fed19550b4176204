// Refresh tokens of sessions: a login is one row, a refresh one conditional UPDATE of it. Requests that
// refresh one token at the same time, on whatever worker or host, get one and the same successor: its ids are
// derived from the session and the token that was presented, its times are the row's. Who comes later with a
// token that was exchanged before is taken for a thief, and the session ends.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "store/audit_store.h"
#include "store/session_store.h"
#include "tokens/djangos_blacklist.h"
#include "tokens/refresh_tokens.h"
#include "tokens/revocation_feed.h"
#include "tokens/session_id.h"
#include "tokens/sessions.h"
#include "tokens/verifier.h"
#include "util/clock.h"
#include "util/random.h"

namespace tokens {

struct SessionOptions {
  bool rotate = true;                      // a refresh gives a new refresh token, too
  std::chrono::seconds lifetime{2592000};  // absolute: from the login
  std::chrono::seconds reuse_grace{10};    // so long the predecessor gives the successor again
  unsigned max_per_user = 0;               // the oldest go; 0: no limit
  bool simplejwt_5_2 = false;              // a refresh does not look at the user
  std::string jti_claim = "jti";
};

/// A refresh token that a key of ours vouches for, and the moment at which it came.
struct Presented {
  Verified token;
  std::string jti;
  store::JtiHash hash;
  SessionOfToken session;
  util::TimePoint now;
  std::int64_t user_id = nobody;
  UserClaims said{};
  std::shared_ptr<const KnownUser> user{};  // where the claims of access tokens tell of him
};

/// A refresh that comes to its row next.
struct BegunRefresh {
  Presented presented;
  SessionPair next;
  store::Rotation rotation;
  std::optional<bool> rotated{};  // whether the row had the presented token; nothing: it was not its turn yet
  std::exception_ptr failure{};   // why nobody knows
  bool adopts = false;            // a token without session: finish() begins one, a statement of its own, …
  bool may_adopt = false;         // … when all who share one have their answer

  bool settled() const noexcept { return rotated || failure || may_adopt; }
};

class SessionTokens final : public RefreshTokens {
 public:
  /// `audit`: nullptr when nothing is recorded; `djangos`: when no token of Django's is to be expected. The
  /// lifetimes of tokens are those of `sessions`.
  SessionTokens(const Verifier& verifier, const Issuer& issuer, TokenUsers users, store::SessionStore& store,
                Sessions& sessions, RevocationFeed& feed, store::AuditStore* audit, const util::Clock& clock,
                util::Random& random, SessionOptions options, DjangosBlacklist* djangos);

  std::optional<TokenPair> grant(const store::User& user, const store::Origin& origin) override;
  /// A refresh token without session (Django's, or one of before) gets one.
  RefreshOutcome refresh(std::string_view token, const store::Origin& origin, bool may_ask_database) override;
  /// refresh() in three steps, for requests that share one statement: begin() each, rotate() all that are
  /// begun, finish() each that is settled. Of two tokens of one session the second stays for the next
  /// rotate().
  std::variant<RefreshOutcome, BegunRefresh> begin(std::string_view token, const store::Origin& origin);
  std::variant<RefreshOutcome, BegunRefresh> begin(Verified token, const store::Origin& origin);
  void rotate(std::span<BegunRefresh* const> begun);
  /// Throws what rotate() met.
  RefreshOutcome finish(BegunRefresh begun, const store::Origin& origin);

  /// An access token by the feed, a refresh token by its session's row; a look, which is no use of it.
  CheckOutcome verify(std::string_view token, bool may_ask_database) override;
  /// Ends the session of a refresh token.
  CheckOutcome blacklist(std::string_view token, const store::Origin& origin, bool may_ask_database) override;

 private:
  void record(store::AuditKind kind, const store::Session& row, const store::Origin& origin,
              std::string_view reason);
  store::Created create(const store::Session& row, store::Grounds grounds, const store::Origin& origin);
  void keep_to_the_limit(std::int64_t user_id, const store::Origin& origin);
  Presented identify(Verified token) const;
  std::int64_t end_of(const Presented& presented) const;
  SessionPair succeeding(const Presented& presented) const;
  std::variant<RefreshOutcome, BegunRefresh> exchange(Presented presented, const store::Origin& origin) const;
  std::vector<bool> rotate_all(const std::vector<store::Rotation>& rotations);
  store::Created adopt(const BegunRefresh& begun, const store::Origin& origin);
  RefreshOutcome come_late(BegunRefresh begun, const store::Origin& origin);
  RefreshOutcome answer(const Presented& presented, const SessionPair& next) const;
  Refreshed with_successor(const Presented& presented, const SessionPair& next) const;
  Refreshed without_rotation(const Presented& presented) const;
  bool gives_successor_again(const store::Session& row, const Presented& presented) const;
  bool ended_by_feed(const Presented& presented);
  bool blacklisted_by_django(const Presented& presented);
  bool is_good(const Presented& presented);

  const Verifier& verifier_;
  const Issuer& issuer_;
  const TokenUsers users_;
  store::SessionStore& store_;
  Sessions& sessions_;
  RevocationFeed& feed_;
  store::AuditStore* audit_;
  const util::Clock& clock_;
  util::Random& random_;
  const SessionOptions options_;
  DjangosBlacklist* djangos_;
};

}  // namespace tokens
