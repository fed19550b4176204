#include "accounts/credentials.h"

#include "accounts/username.h"
#include "util/error.h"
#include "util/log.h"
#include "util/unicode.h"

namespace accounts {
namespace {

/// Runs what follows a login and must not undo it.
template <typename Write>
void attempt(const store::User& user, std::string_view what, Write&& write) {
  try {
    write();
  } catch (const util::Outage& outage) {
    util::log::warning("user " + std::to_string(user.id) + ": cannot store " + std::string(what) + ": " +
                       outage.what());
  }
}

}  // namespace

Credentials::Credentials(store::UserStore& users, const crypto::PasswordHashes& hashes,
                         const util::Clock& clock, CredentialsOptions options)
    : users_(users), hashes_(hashes), clock_(clock), options_(options) {}

std::optional<store::User> Credentials::check(std::string_view username, std::string_view password) {
  const std::string name = normalized_username(username);
  std::optional<store::User> user;
  // No column holds a longer one. It is not worth a query, but it costs a hash like any other.
  if (util::unicode::length(name) <= kUsernameMaxLength) user = users_.find_by_username(name);
  if (!user) {
    hashes_.decoy(password);
    return std::nullopt;
  }
  // Before is_active is looked at, so that an inactive account takes as long as any.
  const crypto::Verdict verdict = hashes_.verify(password, user->password);
  if (!verdict.matched) return std::nullopt;
  if (!user->is_active) {
    hashes_.refuse(password, user->password);
    return std::nullopt;
  }

  if (verdict.upgrade) {
    attempt(*user, "an upgraded password hash", [&] {
      std::string encoded = hashes_.encode(password);
      if (users_.set_password(user->id, encoded, user->password)) user->password = std::move(encoded);
    });
  }
  if (options_.update_last_login) {
    attempt(*user, "last_login", [&] {
      const util::TimePoint now = clock_.now();
      if (users_.set_last_login(user->id, now)) user->last_login = now;
    });
  }
  return user;
}

}  // namespace accounts
