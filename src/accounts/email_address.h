// What an e-mail address may be: Django's EmailValidator, and BaseUserManager.normalize_email.
#pragma once

#include <string>
#include <string_view>

namespace accounts {

inline constexpr std::size_t kEmailMaxLength = 254;  // code points: auth_user.email
inline constexpr std::string_view kEmailRule = "Enter a valid email address.";

/// RFC 5322 dot-atom or quoted local part; a domain of at least two labels, an address literal in
/// brackets (RFC 5321 section 4.1.3), or `localhost`. A domain beyond ASCII is judged by its IDNA form.
bool is_email(std::string_view address);

/// With the domain in lower case; the local part is kept (its case may matter: RFC 5321 section 2.4).
std::string normalized_email(std::string_view address);

}  // namespace accounts
