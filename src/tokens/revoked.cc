#include "tokens/revoked.h"

#include <algorithm>
#include <cstring>

namespace tokens {

// The last eight bytes are random in a UUIDv7 and a digest's in a UUIDv8, but for two bits.
std::size_t Revoked::Quick::operator()(const store::SessionId& id) const noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, id.data() + 8, sizeof word);
  return static_cast<std::size_t>(word >> 8);
}

bool Revoked::contains(const Vouched& token) const noexcept {
  if (sessions_.load(std::memory_order_acquire) != 0 &&
      of(token.session.id).lock()->sessions.contains(token.session.id)) {
    return true;
  }
  if (token.session.has_sid || users_.load(std::memory_order_acquire) == 0) return false;
  auto shard = of(token.user_id).lock();
  const auto mark = shard->users.find(token.user_id);
  return mark != shard->users.end() && token.said.issued <= mark->second.not_before;
}

void Revoked::add(const store::Revocation& revocation) {
  if (revocation.session != store::SessionId{}) {
    auto shard = of(revocation.session).lock();
    const auto [place, is_new] = shard->sessions.try_emplace(revocation.session, revocation.expires);
    place->second = std::max(place->second, revocation.expires);
    if (is_new) ++sessions_;
    return;
  }
  auto shard = of(revocation.user_id).lock();
  const auto [place, is_new] = shard->users.try_emplace(revocation.user_id);
  place->second.not_before = std::max(place->second.not_before, revocation.not_before);
  place->second.expires = std::max(place->second.expires, revocation.expires);
  if (is_new) ++users_;
}

void Revoked::drop_expired(std::int64_t now) {
  for (auto& guarded : shards_) {
    auto shard = guarded.lock();
    sessions_ -= std::erase_if(shard->sessions, [&](const auto& entry) { return entry.second < now; });
    users_ -= std::erase_if(shard->users, [&](const auto& entry) { return entry.second.expires < now; });
  }
}

}  // namespace tokens
