// Asking for a new password, as createsuperuser and changepassword do.
#pragma once

#include <string>
#include <string_view>

namespace jwtauthd {

/// Why this password would never open the door again: the API takes UTF-8 only and strips white space
/// at both ends (so does a Django that stands beside it), so what is typed at a login would not be this.
/// Empty when it would.
std::string unusable_because(std::string_view password);

}  // namespace jwtauthd
