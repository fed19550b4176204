// A user as jwtauthctl shows one. The password hash is never shown, only what it was made with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "store/user_store.h"

namespace jwtauthd {

/// Every column but the hash, named as in the table; times as 2026-11-22T07:35:19.000000Z.
json::Value user_json(const store::User& user);

/// The same, a line a field.
std::vector<std::string> user_lines(const store::User& user);

/// A heading and a line a user, in columns.
std::vector<std::string> user_table(const std::vector<store::User>& users);

/// What made the hash, as Django's admin shows it: "pbkdf2_sha256, 260000 iterations", "argon2id",
/// "unusable".
std::string password_scheme(std::string_view encoded);

/// A terminal obeys control characters; a text from elsewhere must not give it orders.
std::string printable(std::string_view text);

}  // namespace jwtauthd
