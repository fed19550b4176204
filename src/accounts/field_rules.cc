#include "accounts/field_rules.h"

#include <string>

#include "accounts/email_address.h"
#include "util/unicode.h"

namespace accounts {

void check_text(FieldErrors& errors, std::string_view field, std::string_view value, std::size_t max_length) {
  if (util::unicode::length(value) > max_length) {
    errors.add(field, "Ensure this field has no more than " + std::to_string(max_length) + " characters.");
  }
  if (value.find('\0') != std::string_view::npos) errors.add(field, "Null characters are not allowed.");
}

void check_email(FieldErrors& errors, std::string_view typed, std::string_view stored) {
  // Lower case can be longer than upper case: U+0130 becomes two characters.
  check_text(errors, "email", util::unicode::length(stored) > kEmailMaxLength ? stored : typed,
             kEmailMaxLength);
  if (!is_email(typed)) errors.add("email", std::string(kEmailRule));
}

}  // namespace accounts
