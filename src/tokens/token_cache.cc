#include "tokens/token_cache.h"

namespace tokens {

std::optional<Vouched> TokenCache::find(std::string_view token) {
  const std::uint64_t hash = hash_(token);
  return shard(hash).lock()->find(hash, token);
}

void TokenCache::insert(std::string_view token, const Vouched& vouched) {
  if (load_.capacity == 0) return;
  const std::uint64_t hash = hash_(token);
  shard(hash).lock()->insert(hash, token, vouched, load_);
}

void TokenCache::erase(std::string_view token) {
  const std::uint64_t hash = hash_(token);
  shard(hash).lock()->erase(hash, token, load_);
}

}  // namespace tokens
