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
                         const util::Clock& clock, CredentialsOptions options, Throttle* throttle)
    : users_(users), hashes_(hashes), clock_(clock), options_(options), throttle_(throttle) {}

LoginOutcome Credentials::check(std::string_view username, std::string_view password,
                                const store::Origin& origin) {
  const std::string name = normalized_username(username);
  const auto find = [&]() -> std::optional<store::User> {
    // No column holds a longer one. It is not worth a query, but it costs a hash like any other.
    if (util::unicode::length(name) > kUsernameMaxLength) return std::nullopt;
    return users_.find_by_username(name);
  };
  bool upgrade = false;
  auto outcome = decide(name, password, origin, find, upgrade);
  auto* const user = std::get_if<store::User>(&outcome);
  if (user == nullptr) return outcome;

  if (upgrade) {
    bool overtaken = false;
    attempt(*user, "an upgraded password hash", [&] {
      std::string encoded = hashes_.encode(password);
      overtaken = !users_.set_password(user->id, encoded, user->password);
      if (!overtaken) user->password = std::move(encoded);
    });
    if (overtaken && !read_again(*user, password)) return BadCredentials{};
  }
  if (options_.update_last_login) {
    attempt(*user, "last_login", [&] {
      const util::TimePoint now = clock_.now();
      if (users_.set_last_login(user->id, now)) user->last_login = now;
    });
  }
  return outcome;
}

LoginOutcome Credentials::confirm(const LoggedIn& who, std::string_view password,
                                  const store::Origin& origin) {
  const auto user = users_.find_by_id(who.user_id);
  if (!user) return BadCredentials{};  // deleted since the token was checked: there is nothing to find out
  bool upgrade = false;
  return decide(
      who, password, origin, [&] { return user; }, upgrade);
}

/// Another login has upgraded the hash, or the password was changed: what is there now decides, since tokens
/// are bound to it.
bool Credentials::read_again(store::User& user, std::string_view password) {
  auto now = users_.find_by_id(user.id);
  bool upgrade = false;
  if (!now || !matches(now, password, upgrade)) return false;
  user = std::move(*now);
  return true;
}

/// Counts, looks the user up, and compares. `who`: as Throttle::begin knows them.
template <typename Who, typename Find>
LoginOutcome Credentials::decide(const Who& who, std::string_view password, const store::Origin& origin,
                                 Find&& find, bool& upgrade) {
  Throttle::Attempt attempted;
  if (throttle_ != nullptr) {
    auto turn = throttle_->begin(who, origin);
    if (const auto* throttled = std::get_if<Throttled>(&turn)) return *throttled;
    attempted = std::move(std::get<Throttle::Attempt>(turn));
  }
  std::optional<store::User> user = find();
  if (!matches(user, password, upgrade)) {
    if (throttle_ != nullptr) throttle_->failed(attempted, user ? user->id : 0, origin);
    return BadCredentials{};
  }
  if (throttle_ != nullptr) {
    attempt(*user, "the end of failed logins", [&] { throttle_->succeeded(attempted); });
  }
  return std::move(*user);
}

bool Credentials::matches(const std::optional<store::User>& user, std::string_view password,
                          bool& upgrade) const {
  if (!user) {
    hashes_.decoy(password);
    return false;
  }
  // Before is_active is looked at, so that an inactive account takes as long as any.
  const crypto::Verdict verdict = hashes_.verify(password, user->password);
  if (!verdict.matched) return false;
  if (!user->is_active) {
    hashes_.refuse(password, user->password);
    return false;
  }
  upgrade = verdict.upgrade;
  return true;
}

}  // namespace accounts
