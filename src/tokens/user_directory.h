// The users whom this worker knows, kept fresh by a poll instead of a query a request. An entry in
// use is re-read, with all the others in batched queries, every poll interval; so a deactivation,
// by us or by Django's admin, takes effect within a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/user_store.h"
#include "tokens/user_claim.h"

namespace tokens {

/// What a request needs to know of its user. Immutable; shared between requests.
struct KnownUser {
  std::int64_t id = 0;
  std::string username{};
  std::string email{};
  bool is_active = false;
  bool is_staff = false;
  bool is_superuser = false;
  PasswordMark password{};            // of the stored hash, which itself is not kept
  std::uint64_t password_seen = 0;    // a quick hash of it, to notice a change
  std::vector<std::string> groups{};  // Django's, by name, in order
};

struct DirectoryOptions {
  std::size_t capacity = 20000;  // users; about the least recently used go
  /// Up to 2,000 users are re-read at each interval; more of them in three turns, but each at least
  /// every 750 ms: 20,000 users cost 53 statements of 500 ids a second.
  std::chrono::milliseconds poll_interval{250};
  std::chrono::seconds idle_after{60};   // not asked for so long: no longer polled, dropped
  std::chrono::seconds stale_after{60};  // not confirmed for so long: the entry is not trusted
};

/// Time that no one sets back; a parameter for tests.
using MonotonicNow = std::function<std::chrono::steady_clock::time_point()>;

/// Thread-safe. No call waits for the poll.
class UserDirectory {
 public:
  UserDirectory(store::UserStore& users, DirectoryOptions options,
                MonotonicNow now = std::chrono::steady_clock::now);
  ~UserDirectory();

  /// Starts the polling thread. While the database is away it logs that once and goes on trying.
  void start();
  void stop();
  /// From its first return on, KnownUser.groups is filled, for as long as the directory lives. Before, they
  /// are empty, and no statement asks for them.
  void want_groups();
  /// Re-reads all users in use now, on this thread; what the polling thread does at its intervals.
  /// Throws util::Outage.
  void poll_once();

  /// Memory only. Nothing: not known here, or too old to be trusted; ask fetch(). nullptr: there is no
  /// such user.
  std::optional<std::shared_ptr<const KnownUser>> recall(std::int64_t id);
  /// Memory only. nullptr: not known here, too old to be trusted, or no user.
  std::shared_ptr<const KnownUser> cached(std::int64_t id) { return recall(id).value_or(nullptr); }
  /// Memory, else the database (throws util::Outage). nullptr: there is no such user. Threads that
  /// ask for one user at the same time share one query.
  std::shared_ptr<const KnownUser> fetch(std::int64_t id);
  /// Asks the database, by the rules of its collation. `nobody`: there is no such user. Throws util::Outage.
  std::int64_t find_id(std::string_view username);
  /// As store::UserStore says.
  bool has_password(std::int64_t id, std::string_view encoded);
  /// After a committed change made by this worker: no answer that was read before is given any more.
  void forget(std::int64_t id);
  /// Time since the last successful poll; before the first, since the construction.
  std::chrono::milliseconds age() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokens
