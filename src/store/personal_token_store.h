// Personal access tokens: a row each, until the owner deletes it, or it is over and purged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "store/audit_store.h"
#include "store/revocation_store.h"
#include "util/clock.h"

namespace store {

using TokenHash = crypto::Sha256;  // of the token's text, which is not kept

struct PersonalToken {
  SessionId id{};  // UUIDv7: the feed of what ended tells of it as of a session
  std::int64_t user_id = 0;
  std::string name;   // what its owner calls it; at most 100 characters
  std::string hint;   // its last 4 characters
  std::string scope;  // ASCII: words, one space between; at most 1,000 characters
  util::TimePoint created_at;
  std::optional<util::TimePoint> expires_at;    // nothing: never
  std::optional<util::TimePoint> last_used_at;  // nothing: never
};

/// The login by which one is made. It must not have ended when the row is written: whoever took a login away
/// would else leave what was made with it a moment later.
struct MadeBy {
  SessionId session{};
  std::optional<std::int64_t> issued{};  // of a token without `sid`: when, seconds since 1970
};

/// How tokens end before their time. Their rows, the feed's (one each) and the audit's are one transaction.
struct Withdrawal {
  util::TimePoint told_until;  // when no worker can go by what it has read of one any more
  AuditEvent event;            // `session` is set to the token
};

struct PersonalTokenFilter {
  std::optional<std::int64_t> user_id{};
  unsigned limit = 1000;
};

/// Each call is one statement or one transaction; a write has been committed when it returns. Throws
/// util::Outage.
class PersonalTokenStore {
 public:
  virtual ~PersonalTokenStore() = default;

  /// too_many: the user has `most` of them. ended: the login has, or the user is gone.
  enum class Added { done, too_many, ended };
  virtual Added add(const PersonalToken& token, const TokenHash& hash, unsigned most, const MadeBy& login,
                    const AuditEvent& event) = 0;
  virtual std::optional<PersonalToken> find_by_hash(const TokenHash& hash) = 0;
  virtual std::optional<PersonalToken> find_by_id(const SessionId& id) = 0;
  /// Newest first, those that are over among them.
  virtual std::vector<PersonalToken> list(const PersonalTokenFilter& filter) = 0;
  /// False: there is none any more.
  virtual bool note_use(const SessionId& id, util::TimePoint at) = 0;

  /// False: the user has none of this id.
  virtual bool remove(std::int64_t user_id, const SessionId& id, const Withdrawal& how) = 0;
  /// How many.
  virtual std::size_t remove_all(std::int64_t user_id, const Withdrawal& how) = 0;
  /// Deletes at most `batch` that were over at `ended`, or whose user is gone; how many it was.
  virtual std::uint64_t purge(util::TimePoint ended, unsigned batch) = 0;
};

}  // namespace store
