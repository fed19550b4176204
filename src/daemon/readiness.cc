#include "daemon/readiness.h"

#include <algorithm>
#include <exception>

#include "util/error.h"
#include "util/log.h"

namespace jwtauthd {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kFresh{1};

}  // namespace

Readiness::Readiness(mysql::Pool& pool, const tokens::UserDirectory& directory,
                     std::chrono::seconds stale_after)
    : pool_(pool), directory_(directory), stale_after_(stale_after) {}

std::vector<std::string> Readiness::missing() {
  {
    auto last = last_.lock();
    if (last->asking || (last->when != Clock::time_point() && Clock::now() - last->when < kFresh)) {
      return last->missing;
    }
    last->asking = true;
  }
  auto missing = ask();
  auto last = last_.lock();
  last->missing = missing;
  last->when = Clock::now();
  last->asking = false;
  return missing;
}

std::vector<std::string> Readiness::ask() {
  std::vector<std::string> missing;
  try {
    const auto status = store::Migrator(pool_).status();
    if (!status.current()) missing.push_back(status.describe());
  } catch (const util::Outage&) {
    missing.emplace_back("the database cannot be reached");
  } catch (const std::exception& error) {
    // Not let out: nobody would ask again.
    util::log::error(std::string("readiness cannot be told: ") + error.what());
    missing.emplace_back("the schema could not be read");
  }
  if (directory_.age() > stale_after_)
    missing.emplace_back("users: the last successful poll is too long ago");
  return missing;
}

std::string Readiness::refusal() {
  try {
    const auto status = store::Migrator(pool_).status();
    const bool altered = std::any_of(status.known.begin(), status.known.end(),
                                     [](const store::MigrationState& m) { return m.checksum_differs; });
    return altered || !status.unknown.empty() ? status.describe() : std::string();
  } catch (const util::Outage&) {
    return {};
  }
}

}  // namespace jwtauthd
