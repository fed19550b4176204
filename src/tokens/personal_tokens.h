// Personal access tokens: what a user gives a script or a service instead of his password, for less than he
// may do himself and until he takes it back. The gateway takes them, the account endpoints do not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/origin.h"
#include "store/personal_token_store.h"
#include "tokens/credential_source.h"
#include "tokens/revocation_feed.h"
#include "util/clock.h"
#include "util/random.h"
#include "util/secret.h"

namespace tokens {

struct PersonalTokenOptions {
  bool enabled = true;                                        // off: none is good, whatever it says
  std::chrono::seconds max_lifetime{std::chrono::days(365)};  // 0: they may have no end
  unsigned max_per_user = 50;
  std::chrono::seconds leeway{0};
};

/// A worker that found one good goes by that for so long, and then notes that it is in use.
inline constexpr std::chrono::seconds personal_token_kept{600};

/// How one ends, with the feed told of it until no worker can go by what it read of the row before.
store::Withdrawal withdrawal(util::TimePoint now, std::chrono::seconds leeway, store::AuditEvent event);

/// Thread-safe; writes have been committed when a call returns. Throws util::Outage.
class PersonalTokens final : public CredentialSource {
 public:
  PersonalTokens(store::PersonalTokenStore& rows, RevocationFeed& feed, const util::Clock& clock,
                 util::Random& random, PersonalTokenOptions options);

  bool takes(std::string_view credential) const noexcept override;
  std::variant<Vouched, TokenDefect, NeedsDatabase> vouch(std::string_view credential,
                                                          bool may_ask_database) override;

  struct Wanted {
    std::string name;
    std::string scope;  // of scope_of()
    std::optional<util::TimePoint> expires_at;
  };
  struct Made {
    store::PersonalToken row;
    util::Secret text;  // for its owner, once
  };
  enum class Refusal { too_many, login_ended };
  std::variant<Made, Refusal> create(std::int64_t user_id, Wanted wanted, const store::MadeBy& login,
                                     const store::Origin& origin);
  /// Newest first, those that are over among them until they are purged.
  std::vector<store::PersonalToken> list(std::int64_t user_id);
  /// False: the user has none of this id. Holds on this worker at once, on every other within a second.
  bool revoke(std::int64_t user_id, const store::SessionId& id, std::string_view reason,
              const store::Origin& origin);
  /// The row of one that is good, as far as its owner is.
  using ReadOutcome = std::variant<store::PersonalToken, TokenDefect, NeedsDatabase>;
  ReadOutcome read(std::string_view text, bool may_ask_database);

  const PersonalTokenOptions& options() const noexcept { return options_; }
  util::TimePoint now() const { return clock_.now(); }

 private:
  store::PersonalTokenStore& rows_;
  RevocationFeed& feed_;
  const util::Clock& clock_;
  util::Random& random_;
  const PersonalTokenOptions options_;
};

}  // namespace tokens
