// How rotations are written to jwtauthd_session: one by itself, or several in one statement. Inside the room
// only.
#pragma once

#include <cstdint>
#include <span>

#include "mysql/pool.h"
#include "store/session_store.h"

namespace store {

/// For run_rotation(), prepared.
const char* rotation_sql(const Rotation& rotation) noexcept;
bool run_rotation(mysql::Statement update, const Rotation& rotation);

inline constexpr std::size_t kMostRotations = 16;
/// For run_rotations() with as many, prepared; at most kMostRotations.
const char* rotations_sql(std::size_t count);
/// How many were done. Throws mysql::LockWait.
std::uint64_t run_rotations(mysql::Statement update, std::span<const Rotation> rotations);

}  // namespace store
