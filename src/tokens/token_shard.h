// One part of the cache of verified tokens.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokens/key_life.h"
#include "tokens/session_id.h"
#include "tokens/user_claim.h"

namespace tokens {

struct Grant;

/// What later requests need of a token that was found good.
struct Vouched {
  std::int64_t user_id = 0;
  std::int64_t expires = 0;  // seconds since 1970
  UserClaims said{};
  SessionOfToken session{};
  /// nullptr: a login of ours. Else what the credential is good for (tokens/credential_source.h).
  std::shared_ptr<const Grant> grant{};
  const KeyLife* key_life = nullptr;  // of the key that vouched; nullptr: it has no end
};

/// Of all shards together: each alone would have to drop tokens while others have room.
struct CacheLoad {
  explicit CacheLoad(std::size_t most) : capacity(most) {}
  bool has_room_for(std::size_t more) const noexcept;

  const std::size_t capacity;  // tokens
  std::atomic<std::size_t> tokens{0};
  std::atomic<std::size_t> bytes{0};
};

/// Not thread-safe: used under util::Guarded. Second chance (CLOCK): a hand goes round and takes the
/// first slot that was not used since it came by last. A hit sets one flag, where a list in order of use
/// would be relinked.
class TokenShard {
 public:
  /// `hash` finds the slot, the bytes of `token` decide.
  std::optional<Vouched> find(std::uint64_t hash, std::string_view token);
  void insert(std::uint64_t hash, std::string_view token, const Vouched& vouched, CacheLoad& load);
  void erase(std::uint64_t hash, std::string_view token, CacheLoad& load);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<char[]> token;  // nullptr: free
    std::uint32_t length = 0;
    bool used = false;  // since the hand passed
    Vouched vouched;

    std::string_view text() const noexcept { return {token.get(), length}; }
  };

  Slot* slot_of(std::uint64_t hash, std::string_view token);
  void drop_one(CacheLoad& load);
  void drop(std::uint32_t at, CacheLoad& load);

  struct Identity {
    std::size_t operator()(std::uint64_t hash) const noexcept { return hash; }
  };
  std::unordered_map<std::uint64_t, std::uint32_t, Identity> index_;  // hash → slot
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t hand_ = 0;
};

}  // namespace tokens
