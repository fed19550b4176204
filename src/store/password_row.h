// The stored hash of a user's password as a condition and as a change. Inside the room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "mysql/pool.h"

namespace store {

// Byte for byte: to the column's collation, hashes that differ in case are equal.
#define SAME_PASSWORD "CAST(password AS BINARY) = CAST(? AS BINARY)"

/// `on`: a lease or a transaction. False: there is no such user, or his stored hash is not `expected_old`.
template <typename Connection>
bool set_password(Connection& on, std::int64_t user_id, std::string_view encoded,
                  std::optional<std::string_view> expected_old) {
  auto update = on.prepare(expected_old ? "UPDATE auth_user SET password = ? WHERE id = ? AND " SAME_PASSWORD
                                        : "UPDATE auth_user SET password = ? WHERE id = ?");
  update.bind(encoded).bind(user_id);
  if (expected_old) update.bind(*expected_old);
  return update.execute() > 0;
}

}  // namespace store
