// Which user a token names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "json/value.h"

namespace tokens {

inline constexpr std::int64_t nobody = 0;

/// Which version of his password a user had: simplejwt's digest of the stored hash. All zero: not told.
using PasswordMark = crypto::Md5;
PasswordMark mark_of(std::string_view stored_hash);
/// As the claim has it: upper-case hexadecimal.
std::string claim_text(const PasswordMark& mark);

/// What a token says of its user beside the id, in the form that is kept with a token that was verified.
struct UserClaims {
  std::int64_t issued = 0;     // `iat`, seconds since 1970
  std::uint64_t username = 0;  // where tokens hold usernames: the hash of the one that was looked up
  PasswordMark password{};
};

/// Nothing: the claims have no such member. `nobody`: it names none that can exist. As Django reads an
/// integer key: numbers (a fraction is cut off) and strings of digits; where Django fails with 500
/// (words, lists) the answer is `nobody`, and so it is for booleans, which Django takes for 0 and 1.
std::optional<std::int64_t> named_user(const json::Value& claims, std::string_view claim);

}  // namespace tokens
