#include "tokens/token_shard.h"

#include <cstring>
#include <utility>

namespace tokens {
namespace {

constexpr std::size_t bytes_per_token = 600;
// A slot (136), its place in the index (a node of 32 and a bucket of 8), the heap's headers.
constexpr std::size_t bookkeeping = 192;

}  // namespace

bool CacheLoad::has_room_for(std::size_t more) const noexcept {
  return tokens < capacity && bytes + more <= capacity * bytes_per_token;
}

TokenShard::Slot* TokenShard::slot_of(std::uint64_t hash, std::string_view token) {
  const auto found = index_.find(hash);
  if (found == index_.end()) return nullptr;
  Slot& slot = slots_[found->second];
  // The keyed hash agreed on all bytes, so how long this comparison takes tells nothing.
  return slot.text() == token ? &slot : nullptr;
}

std::optional<Vouched> TokenShard::find(std::uint64_t hash, std::string_view token) {
  Slot* slot = slot_of(hash, token);
  if (slot == nullptr) return std::nullopt;
  slot->used = true;
  return slot->vouched;
}

void TokenShard::insert(std::uint64_t hash, std::string_view token, const Vouched& vouched, CacheLoad& load) {
  if (const auto found = index_.find(hash); found != index_.end()) drop(found->second, load);
  const std::size_t needed = token.size() + bookkeeping;
  // An empty shard takes one token past the bound: the others' room is not its to make.
  while (!index_.empty() && !load.has_room_for(needed)) drop_one(load);
  if (free_.empty()) {
    slots_.emplace_back();
    free_.reserve(slots_.capacity());  // so that drop() never allocates
    free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  // What may throw comes first: slot and index never disagree.
  auto copy = std::make_unique<char[]>(token.size());
  index_.emplace(hash, free_.back());
  std::memcpy(copy.get(), token.data(), token.size());
  Slot& slot = slots_[free_.back()];
  slot.token = std::move(copy);
  slot.hash = hash;
  slot.length = static_cast<std::uint32_t>(token.size());
  slot.used = false;
  slot.vouched = vouched;
  free_.pop_back();
  ++load.tokens;
  load.bytes += needed;
}

void TokenShard::erase(std::uint64_t hash, std::string_view token, CacheLoad& load) {
  if (slot_of(hash, token) != nullptr) drop(index_.at(hash), load);
}

void TokenShard::drop_one(CacheLoad& load) {
  for (;;) {
    hand_ = (hand_ + 1) % slots_.size();
    Slot& slot = slots_[hand_];
    if (slot.token == nullptr) continue;
    if (!slot.used) return drop(static_cast<std::uint32_t>(hand_), load);
    slot.used = false;
  }
}

void TokenShard::drop(std::uint32_t at, CacheLoad& load) {
  Slot& slot = slots_[at];
  index_.erase(slot.hash);
  --load.tokens;
  load.bytes -= slot.length + bookkeeping;
  slot.token.reset();
  slot.vouched = {};  // its grant may be the last
  free_.push_back(at);
}

}  // namespace tokens
