#include "daemon/gauges.h"

#include <algorithm>

#include "metrics/cells.h"

namespace jwtauthd {

using metrics::Count;
using metrics::Level;

namespace {

/// When it was, by the clock that all workers of a host share.
void set_moment(Level what, std::chrono::milliseconds ago) {
  const auto age = static_cast<std::uint64_t>(std::max(ago, std::chrono::milliseconds(0)).count());
  metrics::set(what, metrics::moment_now() - std::min(age, metrics::moment_now()));
}

}  // namespace

Gauges::Gauges(const mysql::Pool& pool, const crypto::PasswordHashes& hashes, const tokens::KeyRing& keys,
               const tokens::RevocationFeed& feed, const tokens::UserDirectory& directory)
    : pool_(pool), hashes_(hashes), keys_(keys), feed_(feed), directory_(directory) {}

Gauges::~Gauges() {
  count(pool_.use());
}

void Gauges::publish() {
  const auto hashes = hashes_.load();
  metrics::set(Level::hashes_computing, hashes.computing);
  metrics::set(Level::hashes_waiting, hashes.waiting);
  const auto pool = pool_.use();
  metrics::set(Level::pool_in_use, pool.open - pool.idle);
  metrics::set(Level::pool_idle, pool.idle);
  metrics::set(Level::pool_waiting, pool.waiting);
  metrics::set(Level::pool_size, pool.size);
  metrics::set(Level::database_up, pool.down ? 0 : 1);
  const auto keys = keys_.census();
  metrics::set(Level::keys_signing, keys.active);
  metrics::set(Level::keys_next, keys.next);
  metrics::set(Level::keys_retiring, keys.retiring);
  set_moment(Level::feed_polled, feed_.age());
  set_moment(Level::users_polled, directory_.age());
  count(pool);
}

void Gauges::count(const mysql::Pool::Use& use) {
  const std::lock_guard lock(counting_);
  metrics::catch_up(Count::database_statements, use.statements, statements_);
  metrics::catch_up(Count::database_failures, use.failures, failures_);
  metrics::catch_up(Count::database_failovers, use.failovers, failovers_);
}

std::string Gauges::state() const {
  const auto keys = keys_.census();
  const auto count = keys.active + keys.next + keys.retiring;
  const auto age = feed_.age().count();
  const auto pool = pool_.use();
  return "database " + (pool.down ? std::string("away") : "answers (" + pool.address + ")") + "; " +
         std::to_string(count) + (count == 1 ? " key" : " keys") + "; revocations " +
         std::to_string(age / 1000) + "." + std::to_string(age % 1000 / 100) + " s old" +
         (feed_.fresh() ? "" : ": token checks are refused");
}

}  // namespace jwtauthd
