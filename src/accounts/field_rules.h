// Rules of fields that more than one form has, with the sentences of Django and DRF.
#pragma once

#include <cstddef>
#include <string_view>

#include "accounts/field_errors.h"

namespace accounts {

inline constexpr std::size_t kPasswordMaxLength = 128;  // code points: Django's AbstractBaseUser.password
inline constexpr std::size_t kNameMaxLength = 150;      // code points: auth_user.first_name, last_name
inline constexpr std::string_view kEmailTaken = "A user with that email already exists.";

/// What every text field must keep to: length in code points, then no NUL.
void check_text(FieldErrors& errors, std::string_view field, std::string_view value, std::size_t max_length);

/// `stored` is what `typed` is kept as.
void check_email(FieldErrors& errors, std::string_view typed, std::string_view stored);

}  // namespace accounts
