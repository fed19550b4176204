// One part of the user directory: entries under one lock, and the rules by which a read may become an
// entry. A read from the database takes time, and a change may be committed meanwhile; so a reader
// notes the entry's mark before it reads, and its answer counts only while the mark is the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "tokens/user_directory.h"

namespace tokens {

using Instant = std::chrono::steady_clock::time_point;
using UserPtr = std::shared_ptr<const KnownUser>;   // nullptr: there is no such user
using Groups = std::span<const store::Membership>;  // of one user
using Flight = std::shared_future<UserPtr>;         // a query under way

/// How long an entry is trusted after the read that confirmed it began.
struct Trust {
  std::chrono::nanoseconds present;
  std::chrono::nanoseconds absent;  // short: the user may be created at any moment
};

/// Not thread-safe: used under util::Guarded.
class UserShard {
 public:
  /// A query to be made; the answer goes to land(), its failure to abandon().
  struct Departure {
    std::int64_t id;
    std::uint64_t mark;
  };

  std::optional<UserPtr> recall(std::int64_t id, Instant now, const Trust& trust);

  /// The query for this user that is under way, or nothing when `flight` is now the one.
  std::optional<Flight> join(std::int64_t id, const Flight& flight, Instant now, std::size_t capacity,
                             Departure& departure);
  void land(const Departure& departure, UserPtr user, Instant began);
  void abandon(const Departure& departure);

  void forget(std::int64_t id);
  void forget_all();

  /// The entries to confirm; drops those that were not asked for since `idle`.
  void collect(Instant idle, std::vector<Departure>& out);
  /// What the poll read: nothing changes when the user is as he was known.
  void confirm(const Departure& departure, const store::User* read, Groups groups, Instant began);

  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    bool known = false;  // else only a query is under way, or was forgotten
    UserPtr user;
    Instant confirmed;
    Instant used;
    std::uint64_t mark = 0;
    Flight flight;  // valid while a query is under way
  };

  void forget(Entry& entry);
  Entry* find(const Departure& departure);
  void make_room(std::size_t capacity);

  std::unordered_map<std::int64_t, Entry> entries_;
  std::uint64_t last_mark_ = 0;
  std::size_t hand_ = 0;  // the bucket at which the search for an entry to drop goes on
};

/// Only what a KnownUser shows: of the password hash a digest.
UserPtr known_user(const store::User& user, Groups groups);

}  // namespace tokens
