// What one application's parts tell of themselves for metrics: how they are now, and what they have counted.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "crypto/password_hash.h"
#include "mysql/pool.h"
#include "tokens/key_ring.h"
#include "tokens/revocation_feed.h"
#include "tokens/user_directory.h"

namespace jwtauthd {

class Gauges {
 public:
  /// All of it outlives the object.
  Gauges(const mysql::Pool& pool, const crypto::PasswordHashes& hashes, const tokens::KeyRing& keys,
         const tokens::RevocationFeed& feed, const tokens::UserDirectory& directory);
  /// Counts what came until then.
  ~Gauges();

  /// To this worker's cells. Any thread.
  void publish();
  /// "database answers (db1:3306); 2 keys; revocations 0.1 s old"
  std::string state() const;

 private:
  void count(const mysql::Pool::Use& use);

  const mysql::Pool& pool_;
  const crypto::PasswordHashes& hashes_;
  const tokens::KeyRing& keys_;
  const tokens::RevocationFeed& feed_;
  const tokens::UserDirectory& directory_;
  std::mutex counting_;
  std::uint64_t statements_ = 0;  // under counting_, as the next: what has been counted
  std::uint64_t failures_ = 0;
  std::uint64_t failovers_ = 0;
};

}  // namespace jwtauthd
