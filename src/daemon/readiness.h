// What /readyz tells: whether this worker can do its work, and if not, what is missing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mysql/pool.h"
#include "store/blacklist_store.h"
#include "store/migrator.h"
#include "tokens/revocation_feed.h"
#include "tokens/user_directory.h"
#include "util/guarded.h"

namespace jwtauthd {

class Readiness {
 public:
  /// `blacklist`: nullptr when none is configured.
  Readiness(mysql::Pool& pool, const tokens::UserDirectory& directory, const tokens::RevocationFeed& feed,
            store::BlacklistStore* blacklist, std::chrono::seconds stale_after);

  /// One sentence for each thing that is missing; empty: ready. The database is asked at most
  /// once a second, by one caller; the others have the last answer meanwhile, however long it takes.
  std::vector<std::string> missing();
  /// The same, asked now.
  std::vector<std::string> look();
  /// Why this binary must not serve this database at all, or "": a newer version's schema, another text
  /// under a known migration, or no tables of a configured blacklist. A database that cannot be reached is no
  /// reason.
  std::string refusal();

 private:
  struct Last {
    std::vector<std::string> missing{"the database was not asked yet"};
    std::chrono::steady_clock::time_point when;
    bool asking = false;
  };
  mysql::Pool& pool_;
  const tokens::UserDirectory& directory_;
  const tokens::RevocationFeed& feed_;
  store::BlacklistStore* blacklist_;
  const std::chrono::seconds stale_after_;
  util::Guarded<Last> last_;
};

}  // namespace jwtauthd
