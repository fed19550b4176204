#include "store/rotation_row.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "store/audit_row.h"

namespace store {
namespace {

// Assignments are made from left to right: previous_jti is what current_jti was.
#define ROTATE(assignments)                                                                \
  "UPDATE jwtauthd_session SET " assignments                                               \
  "last_used_at = ?, idle_expires_at = LEAST(?, expires_at), address = ?, user_agent = ? " \
  "WHERE id = UNHEX(?) AND current_jti = UNHEX(?) AND revoked_at IS NULL AND expires_at > ?"

bool changes_token(const Rotation& rotation) noexcept {
  return rotation.next != rotation.presented;
}

/// The derived table is read first, and each of its rows finds its session by the primary key.
std::string statement_of(std::size_t count) {
  std::string sql =
      "UPDATE (SELECT UNHEX(?) AS id, UNHEX(?) AS presented, UNHEX(?) AS next, CAST(? AS DATETIME(6)) AS "
      "used_at, CAST(? AS DATETIME(6)) AS idle_end, ? AS address, ? AS user_agent";
  for (std::size_t i = 1; i < count; ++i) {
    sql +=
        " UNION ALL SELECT UNHEX(?), UNHEX(?), UNHEX(?), CAST(? AS DATETIME(6)), CAST(? AS DATETIME(6)), ?, "
        "?";
  }
  return sql +
         ") r STRAIGHT_JOIN jwtauthd_session s ON s.id = r.id SET s.previous_jti = r.presented, "
         "s.current_jti = r.next, s.generation = s.generation + 1, s.last_used_at = r.used_at, "
         "s.idle_expires_at = LEAST(r.idle_end, s.expires_at), s.address = r.address, "
         "s.user_agent = r.user_agent "
         "WHERE s.current_jti = r.presented AND s.revoked_at IS NULL AND s.expires_at > r.used_at";
}

}  // namespace

const char* rotation_sql(const Rotation& rotation) noexcept {
  return changes_token(rotation)
             ? ROTATE("previous_jti = current_jti, current_jti = UNHEX(?), generation = generation + 1, ")
             : ROTATE("");
}

bool run_rotation(mysql::Statement update, const Rotation& rotation) {
  if (changes_token(rotation)) update.bind(hex(rotation.next));
  return update.bind(rotation.now)
             .bind(rotation.idle_expires_at)
             .bind(plain(rotation.address))
             .bind(rotation.user_agent)
             .bind(hex(rotation.id))
             .bind(hex(rotation.presented))
             .bind(rotation.now)
             .execute() > 0;
}

/// One text for each size, so that a connection prepares it once.
const char* rotations_sql(std::size_t count) {
  static const auto texts = [] {
    std::array<std::string, kMostRotations + 1> made;
    for (std::size_t i = 1; i < made.size(); ++i) made[i] = statement_of(i);
    return made;
  }();
  return texts.at(count).c_str();
}

std::uint64_t run_rotations(mysql::Statement update, std::span<const Rotation> rotations) {
  // By id: two statements with the same sessions then wait for each other, and do not meet in a deadlock.
  std::vector<const Rotation*> sorted;
  for (const Rotation& rotation : rotations) sorted.push_back(&rotation);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  for (const Rotation* rotation : sorted) {
    update.bind(hex(rotation->id))
        .bind(hex(rotation->presented))
        .bind(hex(rotation->next))
        .bind(rotation->now)
        .bind(rotation->idle_expires_at)
        .bind(plain(rotation->address))
        .bind(rotation->user_agent);
  }
  return update.execute_or_lock_wait();
}

}  // namespace store
