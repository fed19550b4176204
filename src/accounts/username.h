// What a username may be: Django's UnicodeUsernameValidator.
#pragma once

#include <string>
#include <string_view>

namespace accounts {

inline constexpr std::size_t kUsernameMaxLength = 150;  // code points: auth_user.username
inline constexpr std::string_view kUsernameRule =
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";

/// `^[\w.@+-]+\Z`, `\w` as Unicode has it.
bool has_username_form(std::string_view username) noexcept;

/// NFKC: the form that is stored, compared and looked up, so that a name logs in as it was typed.
std::string normalized_username(std::string_view username);

}  // namespace accounts
