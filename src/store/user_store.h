// Django's auth_user table. Column names, lengths and meaning are Django's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/audit_store.h"
#include "util/clock.h"

namespace store {

struct User {
  std::int64_t id = 0;
  std::string password;  // Django's encoding, at most 128 characters
  std::optional<util::TimePoint> last_login;
  bool is_superuser = false;
  std::string username;
  std::string first_name;
  std::string last_name;
  std::string email;
  bool is_staff = false;
  bool is_active = true;
  util::TimePoint date_joined;
};

/// A user's place in a group of Django's.
struct Membership {
  std::int64_t user_id = 0;
  std::string group;  // its name
};

struct UserFilter {
  std::string search;  // substring of username or e-mail; empty: all
  std::optional<bool> is_active;
  std::optional<bool> is_staff;
  std::int64_t after_id = 0;  // for paging, in order of id
  unsigned limit = 100;
};

enum class Inserted { ok, username_taken, email_taken };

/// What a user may change of himself; what is nothing stays as it is.
struct ProfileChange {
  std::optional<std::string> first_name;
  std::optional<std::string> last_name;
  std::optional<std::string> email;
};

enum class ProfileUpdate { ok, no_such_user, email_taken };

/// Each call is one statement, or one transaction when it writes; a write has been committed when it
/// returns. An `event` is written in the same transaction when the change was made, and not otherwise; its
/// user_id is set here. Throws util::Outage when the database cannot be asked.
class UserStore {
 public:
  virtual ~UserStore() = default;

  /// By the column's collation, as Django does: with Debian's default, case and accents do not count.
  virtual std::optional<User> find_by_username(std::string_view username) = 0;
  virtual std::optional<User> find_by_id(std::int64_t id) = 0;
  /// Those of `ids` that exist, in no order: the batched poll of the user cache.
  virtual std::vector<User> find_by_ids(std::span<const std::int64_t> ids) = 0;
  /// The groups that `ids` are in, by user, then by the bytes of the name: the same poll.
  virtual std::vector<Membership> groups_of(std::span<const std::int64_t> ids) = 0;
  virtual bool username_exists(std::string_view username) = 0;
  /// Compared without regard to case, by the column's collation.
  virtual bool email_exists(std::string_view email) = 0;
  /// Sets user.id when ok. `unique_email`: also refuse a user whose e-mail another one has, and let one
  /// of two that come at once win, from any worker or host; users without an e-mail are not compared.
  virtual Inserted insert(User& user, bool unique_email, const AuditEvent* event = nullptr) = 0;
  /// `unique_email` as for insert(); an address that the user has already is his.
  virtual ProfileUpdate update_profile(std::int64_t id, const ProfileChange& change, bool unique_email,
                                       const AuditEvent* event = nullptr) = 0;
  /// False when there is no such user. With `expected_old`, only when the stored hash is still that
  /// one (an upgrade at login must not undo a password change).
  virtual bool set_password(std::int64_t id, std::string_view encoded,
                            std::optional<std::string_view> expected_old = std::nullopt) = 0;
  /// Whether an active user has this stored hash. Waits for a transaction that is about to change it.
  virtual bool has_password(std::int64_t id, std::string_view encoded) = 0;
  virtual bool set_last_login(std::int64_t id, util::TimePoint when) = 0;
  /// False when there is no such user. What deactivates one ends his sessions: SessionStore::deactivate().
  virtual bool activate(std::int64_t id, const AuditEvent* event = nullptr) = 0;
  virtual std::vector<User> list(const UserFilter& filter) = 0;
};

}  // namespace store
