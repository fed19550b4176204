// What was revoked and is not over, in memory: the part of the revocation feed that requests read.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "store/revocation_store.h"
#include "tokens/token_shard.h"
#include "util/guarded.h"

namespace tokens {

/// Thread-safe. In shards, so that requests seldom meet at a lock; with nothing in it, none is taken.
class Revoked {
 public:
  bool contains(const Vouched& token) const noexcept;
  /// In any order, and any number of times; of two for one session or user the longer one holds.
  void add(const store::Revocation& revocation);
  /// What ends no token any more.
  void drop_expired(std::int64_t now);
  std::size_t size() const noexcept { return sessions_ + users_; }

 private:
  struct UserMark {
    std::int64_t not_before = 0;
    std::int64_t expires = 0;
  };
  struct Quick {
    std::size_t operator()(const store::SessionId& id) const noexcept;
  };
  /// A lock and what it guards begin cache lines of their own: 64 bytes, on what this is built for.
  struct alignas(64) Shard {
    std::unordered_map<store::SessionId, std::int64_t, Quick> sessions;  // → expires
    std::unordered_map<std::int64_t, UserMark> users;
  };
  static constexpr std::size_t shard_count = 32;

  util::Guarded<Shard>& of(const store::SessionId& id) const noexcept {
    return shards_[Quick()(id) % shard_count];
  }
  util::Guarded<Shard>& of(std::int64_t user_id) const noexcept {
    return shards_[static_cast<std::uint64_t>(user_id) % shard_count];
  }

  // Read by every request and seldom written: apart from the locks, which every request writes.
  alignas(64) std::atomic<std::size_t> sessions_{0};
  std::atomic<std::size_t> users_{0};
  static_assert(alignof(util::Guarded<Shard>) == 64);
  mutable std::array<util::Guarded<Shard>, shard_count> shards_;
};

}  // namespace tokens
