#include "tokens/user_shard.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace tokens {
namespace {

/// 30 ns where the digest takes 400, for each user at each poll.
std::uint64_t quick_hash(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

bool same(const KnownUser& known, const store::User& read, Groups groups) {
  return known.username == read.username && known.email == read.email && known.is_active == read.is_active &&
         known.is_staff == read.is_staff && known.is_superuser == read.is_superuser &&
         known.password_seen == quick_hash(read.password) &&
         std::equal(known.groups.begin(), known.groups.end(), groups.begin(), groups.end(),
                    [](const std::string& name, const store::Membership& in) { return name == in.group; });
}

// Of so many entries the one that was not used for the longest goes: close to the exact order, without
// a list that every hit would have to relink.
constexpr std::size_t candidates = 8;

}  // namespace

UserPtr known_user(const store::User& user, Groups groups) {
  std::vector<std::string> names;
  names.reserve(groups.size());
  for (const auto& membership : groups) names.push_back(membership.group);
  return std::make_shared<const KnownUser>(KnownUser{user.id, user.username, user.email, user.is_active,
                                                     user.is_staff, user.is_superuser, mark_of(user.password),
                                                     quick_hash(user.password), std::move(names)});
}

std::optional<UserPtr> UserShard::recall(std::int64_t id, Instant now, const Trust& trust) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.known) return std::nullopt;
  Entry& entry = found->second;
  if (now - entry.confirmed > (entry.user ? trust.present : trust.absent)) return std::nullopt;
  entry.used = now;
  return entry.user;
}

std::optional<Flight> UserShard::join(std::int64_t id, const Flight& flight, Instant now,
                                      std::size_t capacity, Departure& departure) {
  auto found = entries_.find(id);
  if (found == entries_.end()) {
    if (entries_.size() >= capacity) make_room(capacity);
    found = entries_.try_emplace(id).first;
    found->second.mark = ++last_mark_;
  }
  Entry& entry = found->second;
  entry.used = now;
  if (entry.flight.valid()) return entry.flight;
  entry.flight = flight;
  departure = {id, entry.mark};
  return std::nullopt;
}

UserShard::Entry* UserShard::find(const Departure& departure) {
  const auto found = entries_.find(departure.id);
  if (found == entries_.end() || found->second.mark != departure.mark) return nullptr;
  return &found->second;
}

void UserShard::land(const Departure& departure, UserPtr user, Instant began) {
  Entry* entry = find(departure);
  if (entry == nullptr) return;
  entry->flight = {};
  if (entry->known && entry->confirmed > began) return;  // the poll began its read later
  entry->known = true;
  entry->user = std::move(user);
  entry->confirmed = began;
}

void UserShard::abandon(const Departure& departure) {
  if (Entry* entry = find(departure)) entry->flight = {};
}

void UserShard::forget(std::int64_t id) {
  if (const auto found = entries_.find(id); found != entries_.end()) forget(found->second);
}

void UserShard::forget_all() {
  for (auto& [id, entry] : entries_) forget(entry);
}

void UserShard::forget(Entry& entry) {
  // Reads under way no longer find their mark; who asks from now on starts a query of his own.
  entry.mark = ++last_mark_;
  entry.known = false;
  entry.user.reset();
  entry.flight = {};
}

void UserShard::collect(Instant idle, std::vector<Departure>& out) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const Entry& entry = it->second;
    if (entry.used < idle) {
      it = entries_.erase(it);
      continue;
    }
    if (entry.known) out.push_back({it->first, entry.mark});
    ++it;
  }
}

void UserShard::confirm(const Departure& departure, const store::User* read, Groups groups, Instant began) {
  Entry* entry = find(departure);
  if (entry == nullptr || !entry->known || entry->confirmed > began) return;
  entry->confirmed = began;
  if (read == nullptr) {
    entry->user.reset();
  } else if (!entry->user || !same(*entry->user, *read, groups)) {
    entry->user = known_user(*read, groups);
  }
}

void UserShard::make_room(std::size_t capacity) {
  while (entries_.size() >= capacity && !entries_.empty()) {
    std::int64_t oldest_id = 0;
    Instant oldest = Instant::max();
    std::size_t seen = 0;
    for (std::size_t turn = 0; turn < entries_.bucket_count() && seen < candidates; ++turn) {
      hand_ = (hand_ + 1) % entries_.bucket_count();
      for (auto it = entries_.begin(hand_); it != entries_.end(hand_); ++it, ++seen) {
        if (it->second.used < oldest) {
          oldest = it->second.used;
          oldest_id = it->first;
        }
      }
    }
    entries_.erase(oldest_id);
  }
}

}  // namespace tokens
