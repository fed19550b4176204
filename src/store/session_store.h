// Sessions: one row for each login, from its first token to its end. Rotation changes the row and adds none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "store/audit_store.h"
#include "store/revocation_store.h"
#include "util/clock.h"
#include "util/error.h"

namespace store {

using JtiHash = crypto::Sha256;  // of a refresh token's `jti`; the id itself is not kept

/// Why a session ended before its time.
enum class SessionEnd { logout, logout_all, password_changed, reuse, limit, admin, account_deleted };
const char* name(SessionEnd reason) noexcept;  // "logout", …

struct Session {
  SessionId id{};
  std::int64_t user_id = 0;
  util::TimePoint created_at;
  util::TimePoint last_used_at;     // login or last refresh: when `current` was handed out
  util::TimePoint expires_at;       // absolute: rotation does not move it
  util::TimePoint idle_expires_at;  // end of the current refresh token, never after expires_at
  std::string address;              // of login or last refresh
  std::string user_agent;           // the same; at most 255 characters
  JtiHash current{};
  std::optional<JtiHash> previous;  // the immediate predecessor
  std::int64_t generation = 0;      // refreshes so far
  /// Since the row was last written, by the database's clock alone: hosts differ. Set by reading.
  std::chrono::microseconds unchanged_for{0};
  std::optional<util::TimePoint> revoked_at;
  std::string revoked_for;  // name(SessionEnd); empty while it lives
};

/// What a refresh writes, on the condition that the row still has the presented token as its current one.
struct Rotation {
  SessionId id{};
  JtiHash presented{};
  JtiHash next{};  // equal to presented: the token stays (no rotation), last use is noted
  util::TimePoint now;
  util::TimePoint idle_expires_at;  // clamped to expires_at by the caller
  std::string address;
  std::string user_agent;
};

/// How sessions end before their time. Their rows, the feed's (one revocation each) and the audit's are one
/// transaction.
struct Ending {
  SessionEnd reason{};
  util::TimePoint now;
  util::TimePoint access_end;   // when the last access token that was handed out is over: sessions whose own
                                // end is no longer ago than that is from now end, too
  util::TimePoint refresh_end;  // the same of a refresh token without session
  AuditEvent event;             // written once
  /// Set: all of these times are moved on to the moment at which the user's row is held, by what ends all his
  /// sessions. Made before a password is hashed they would spare what was issued meanwhile.
  const util::Clock* clock = nullptr;
};

/// Where a user was logged in.
struct SessionPlace {
  std::int64_t user_id = 0;
  std::string address;
};

/// How many of a user's sessions places_of() looks at: those that began last.
inline constexpr unsigned kPlacesLookedAt = 100;

struct SessionFilter {
  std::optional<std::int64_t> user_id;
  bool live_only = true;
  unsigned limit = 1000;
};

/// What a session begins on, and what must still be so when its row is written. What ends all of a user's
/// sessions locks his row in auth_user, and so does create(): a session either begins before that and ends
/// with the others, or it does not begin.
struct Grounds {
  std::optional<std::string_view> password{};  // the stored hash that was checked, of an active user; or
  std::int64_t issued = 0;  // when the token that was presented was issued, seconds since 1970: no earlier
                            // ones of the user have ended meanwhile
  unsigned fewer_than = 0;  // sessions that the user has; 0: however many. Logins that meet do not count
                            // each other
};

/// taken: there is a row with this id. refused: what it was to begin on is not so any more. full: it is, but
/// there are too many.
enum class Created { done, taken, refused, full };

/// Another transaction has held a row for longer than a statement waits: nothing was changed.
struct Busy : util::Outage {
  using util::Outage::Outage;
};

/// Each call is one statement or one transaction; a write has been committed when it returns. Throws
/// util::Outage.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  virtual Created create(const Session& session, const Grounds& grounds) = 0;
  /// One conditional UPDATE. False when the row does not exist, is revoked, over, or has moved on.
  virtual bool rotate(const Rotation& rotation) = 0;
  /// The same of several that are of different sessions and all change their token: one statement, when none
  /// of them is late. Which ones were done, in their order. Throws Busy where one row keeps several waiting:
  /// rotate_without_waiting() then tells which.
  virtual std::vector<bool> rotate_all(std::span<const Rotation> rotations) = 0;
  /// As rotate(). False, too, while another transaction holds the row.
  virtual bool rotate_without_waiting(const Rotation& rotation) = 0;
  virtual std::optional<Session> find(const SessionId& id) = 0;
  /// One statement: each address that the user of this name has had a session from, whether it lives or not,
  /// once. Nothing for a name that nobody has.
  virtual std::vector<SessionPlace> places_of(std::string_view username) = 0;
  /// A user's, newest use first. Everybody's: those first that would end last if nobody used them any more,
  /// which is nearly that order.
  virtual std::vector<Session> list(const SessionFilter& filter, util::TimePoint now) = 0;
  /// Live ones of a user but `except`.
  virtual std::uint64_t count(std::int64_t user_id, const std::optional<SessionId>& except,
                              util::TimePoint now) = 0;

  /// The ids are those that this call ended; what was over or revoked stays as it is.
  virtual std::vector<SessionId> revoke(std::int64_t user_id, const SessionId& id, const Ending& ending) = 0;
  /// The same of a token that names no session, or one whose row is gone: where there is no row, `session` is
  /// written, revoked from its beginning, so that none can begin with this id. False: it had ended before.
  virtual bool revoke_or_bar(const Session& session, const Ending& ending) = 0;
  /// All of a user's but `except`, and the tokens without session that he was given before.
  virtual std::vector<SessionId> revoke_all(std::int64_t user_id, const std::optional<SessionId>& except,
                                            const Ending& ending) = 0;
  /// The least recently used ones beyond the `keep` that were used last.
  virtual std::vector<SessionId> revoke_beyond(std::int64_t user_id, unsigned keep, const Ending& ending) = 0;
  /// A new password, and revoke_all. Nothing: there is no such user, or his stored hash is not
  /// `expected_old`.
  virtual std::optional<std::vector<SessionId>> change_password(std::int64_t user_id,
                                                                std::string_view encoded,
                                                                std::optional<std::string_view> expected_old,
                                                                const std::optional<SessionId>& except,
                                                                const Ending& ending) = 0;
  /// No logins, and revoke_all: activated again, he has none of his sessions back. False: there is no such
  /// user.
  virtual bool deactivate(std::int64_t user_id, const Ending& ending) = 0;
  enum class Deleted { done, no_such_user, referred_to };
  /// The user and what Django's own tables and ours have of him. referred_to: a table of the site's own
  /// refers to him by a foreign key; nothing was changed.
  virtual Deleted delete_user(std::int64_t user_id, const Ending& ending) = 0;

  /// Deletes at most `batch` sessions whose idle end is before `ended`; how many it was.
  virtual std::uint64_t purge(util::TimePoint ended, unsigned batch) = 0;
};

}  // namespace store
