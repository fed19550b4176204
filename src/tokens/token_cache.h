// Tokens that were verified, by their exact bytes. A hit costs one keyed hash, one short lock and one
// comparison, and allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tokens/keyed_hash.h"
#include "tokens/token_shard.h"
#include "util/guarded.h"
#include "util/random.h"

namespace tokens {

/// Thread-safe. Bounded twice: by the number of tokens and by 600 bytes for each of them, tokens and
/// bookkeeping together; so 20,000 tokens never take more than 11.5 MiB, and long ones (RSA 3072)
/// share the room in smaller number.
class TokenCache {
 public:
  TokenCache(std::size_t capacity, util::Random& random) : hash_(random), load_(capacity) {}

  std::optional<Vouched> find(std::string_view token);
  void insert(std::string_view token, const Vouched& vouched);
  void erase(std::string_view token);

  std::size_t size() const noexcept { return load_.tokens; }
  std::size_t bytes() const noexcept { return load_.bytes; }  // as the bound counts them

 private:
  util::Guarded<TokenShard>& shard(std::uint64_t hash) { return shards_[hash >> 59]; }

  const KeyedHash hash_;
  CacheLoad load_;
  std::array<util::Guarded<TokenShard>, 32> shards_;
};

}  // namespace tokens
