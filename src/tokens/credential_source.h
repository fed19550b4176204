// Credentials other than our own access tokens: the gateway takes them, the account endpoints do not.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokens/claims.h"
#include "tokens/token_shard.h"
#include "tokens/token_users.h"

namespace tokens {

/// A user of another issuer, as that issuer's token describes him. No row of ours stands behind it.
struct ForeignSubject {
  std::string issuer;   // `iss`
  std::string subject;  // `sub`
  std::string username;
  std::string email;
  std::vector<std::string> groups;
};

/// What a credential is good for, where that is less than a login of ours, which may do all that its user
/// may.
struct Grant {
  std::string scope;                      // RFC 6749 section 3.3: words, one space between
  std::optional<ForeignSubject> subject;  // nothing: the user of ours whom Vouched names
  /// Becomes true when what vouched for it does so no more; nullptr: never.
  std::shared_ptr<const std::atomic<bool>> withdrawn{};
};

/// Thread-safe. What vouch() accepts is kept in the cache of verified tokens until it expires, when it is asked
/// again, its session is revoked, as any token's is, or its grant is withdrawn; what it refuses is asked again
/// each time.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  /// By its form alone, with no allocation: whether this source is to judge it, and nobody else.
  virtual bool takes(std::string_view credential) const noexcept = 0;
  /// The `grant` of what is good is set. Throws util::Outage, with may_ask_database only.
  virtual std::variant<Vouched, TokenDefect, NeedsDatabase> vouch(std::string_view credential,
                                                                  bool may_ask_database) = 0;
};

}  // namespace tokens
