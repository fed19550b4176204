// Tokens that were verified, by their exact bytes. A hit costs one keyed hash, one short lock and one
// comparison, and allocates nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokens/keyed_hash.h"
#include "util/guarded.h"
#include "util/random.h"

namespace tokens {

/// What later requests need of a token that a key of ours vouched for.
struct Vouched {
  std::int64_t user_id = 0;
  std::int64_t expires = 0;  // seconds since 1970
};

/// Thread-safe. Bounded twice: by the number of tokens and by 600 bytes for each of them, tokens and
/// bookkeeping together; so 20,000 tokens never take more than 11.5 MiB, and long ones (RSA 3072)
/// share the room in smaller number.
class TokenCache {
 public:
  TokenCache(std::size_t capacity, util::Random& random);

  std::optional<Vouched> find(std::string_view token);
  void insert(std::string_view token, const Vouched& vouched);
  void erase(std::string_view token);

  std::size_t size() const noexcept { return load_.tokens; }
  std::size_t bytes() const noexcept { return load_.bytes; }  // as the bound counts them

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<char[]> token;  // nullptr: free
    std::uint32_t length = 0;
    bool used = false;  // since the hand passed
    Vouched vouched;

    std::string_view text() const noexcept { return {token.get(), length}; }
  };

  /// Of all shards together: each alone would have to drop tokens while others have room.
  struct Load {
    explicit Load(std::size_t most) : capacity(most) {}
    bool has_room_for(std::size_t more) const noexcept;
    const std::size_t capacity;
    std::atomic<std::size_t> tokens{0};
    std::atomic<std::size_t> bytes{0};
  };

  /// Second chance (CLOCK): a hand goes round and takes the first slot that was not used since it came
  /// by last. A hit sets one flag, where a list in order of use would be relinked.
  class Shard {
   public:
    const Slot* find(std::uint64_t hash, std::string_view token);
    void insert(std::uint64_t hash, std::string_view token, const Vouched& vouched, Load& load);
    void erase(std::uint64_t hash, std::string_view token, Load& load);

   private:
    Slot* slot_of(std::uint64_t hash, std::string_view token);
    void drop_one(Load& load);
    void drop(std::uint32_t at, Load& load);

    struct Identity {
      std::size_t operator()(std::uint64_t hash) const noexcept { return hash; }
    };
    std::unordered_map<std::uint64_t, std::uint32_t, Identity> index_;  // hash → slot
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t hand_ = 0;
  };

  static constexpr std::size_t shard_count = 32;
  util::Guarded<Shard>& shard(std::uint64_t hash) { return shards_[hash >> 59]; }

  const KeyedHash hash_;
  Load load_;
  std::array<util::Guarded<Shard>, shard_count> shards_;
};

}  // namespace tokens
