#include "daemon/readiness.h"

#include <algorithm>
#include <exception>

#include "util/error.h"
#include "util/log.h"

namespace jwtauthd {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kFresh{1};
constexpr const char* kNoBlacklist =
    "compat.django_blacklist is on, and the tables token_blacklist_outstandingtoken and "
    "token_blacklist_blacklistedtoken do not exist: Django's `manage.py migrate token_blacklist` makes them";

}  // namespace

Readiness::Readiness(mysql::Pool& pool, const tokens::UserDirectory& directory,
                     const tokens::RevocationFeed& feed, store::BlacklistStore* blacklist,
                     std::chrono::seconds stale_after)
    : pool_(pool), directory_(directory), feed_(feed), blacklist_(blacklist), stale_after_(stale_after) {}

std::vector<std::string> Readiness::missing() {
  {
    auto last = last_.lock();
    if (last->asking || (last->when != Clock::time_point() && Clock::now() - last->when < kFresh)) {
      return last->missing;
    }
    last->asking = true;
  }
  auto missing = look();
  auto last = last_.lock();
  last->missing = missing;
  last->when = Clock::now();
  last->asking = false;
  return missing;
}

std::vector<std::string> Readiness::look() {
  std::vector<std::string> missing;
  try {
    const auto status = store::Migrator(pool_).status();
    if (!status.current()) missing.push_back(status.describe());
    if (blacklist_ != nullptr && !blacklist_->tables_exist()) missing.emplace_back(kNoBlacklist);
  } catch (const util::Outage&) {
    missing.emplace_back("the database cannot be reached");
  } catch (const std::exception& error) {
    // Not let out: nobody would ask again.
    util::log::failure(util::log::Level::error, "readiness cannot be told: ", error.what());
    missing.emplace_back("the schema could not be read");
  }
  if (directory_.age() > stale_after_)
    missing.emplace_back("users: the last successful poll is too long ago");
  if (!feed_.fresh()) missing.emplace_back("revocations: the last successful poll is too long ago");
  return missing;
}

std::string Readiness::refusal() {
  try {
    const auto status = store::Migrator(pool_).status();
    const bool altered = std::any_of(status.known.begin(), status.known.end(),
                                     [](const store::MigrationState& m) { return m.checksum_differs; });
    if (altered || !status.unknown.empty()) return status.describe();
    return blacklist_ != nullptr && !blacklist_->tables_exist() ? kNoBlacklist : std::string();
  } catch (const util::Outage&) {
    return {};
  }
}

}  // namespace jwtauthd
