// The users whom this worker knows, kept fresh by a poll instead of a query a request. An entry in
// use is re-read, with all the others in one batched query, every poll interval; so a deactivation,
// by us or by Django's admin, takes effect within a second.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "store/user_store.h"

namespace tokens {

/// What a request needs to know of its user. Immutable; shared between requests.
struct KnownUser {
  std::int64_t id = 0;
  std::string username;
  std::string email;
  bool is_active = false;
  bool is_staff = false;
  bool is_superuser = false;
};

struct DirectoryOptions {
  std::size_t capacity = 20000;                    // users; the least recently used go
  std::chrono::milliseconds poll_interval{250};
  std::chrono::seconds idle_after{60};             // not asked for so long: no longer polled, dropped
  std::chrono::seconds stale_after{60};            // no successful poll for so long: cached entries end
};

class UserDirectory {
 public:
  UserDirectory(store::UserStore& users, DirectoryOptions options);
  ~UserDirectory();

  /// Starts the polling thread.
  void start();
  void stop();

  /// Memory only. nullptr: not known here, or too old to be trusted; ask fetch().
  std::shared_ptr<const KnownUser> cached(std::int64_t id);
  /// Memory, else the database (throws util::Outage). nullptr: there is no such user.
  std::shared_ptr<const KnownUser> fetch(std::int64_t id);
  /// After a change made by this worker: the next request reads the database.
  void forget(std::int64_t id);
  /// Time since the last successful poll.
  std::chrono::milliseconds age() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokens
