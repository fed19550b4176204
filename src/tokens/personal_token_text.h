// What a personal access token looks like: `jwtauthd_pat_`, 30 random characters of [0-9A-Za-z] (178 bits),
// and the CRC-32 of all of that as 6 more. Scanners know one that was published by
//   jwtauthd_pat_[0-9A-Za-z]{30}[0-4][0-9A-Za-z]{5}
// and by its checksum; what has another one is no token, and is asked of no database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "util/random.h"
#include "util/secret.h"

namespace tokens {

inline constexpr std::string_view personal_token_prefix = "jwtauthd_pat_";

util::Secret new_personal_token(util::Random& random);
bool is_personal_token(std::string_view text) noexcept;
/// What its owner may tell it by.
std::string hint_of(std::string_view personal_token);

/// Scopes as they are kept: the words of `text`, each once, in their order, one space between. Nothing when a
/// word has what RFC 6749 section 3.3 has not.
std::optional<std::string> scope_of(std::string_view text);

}  // namespace tokens
