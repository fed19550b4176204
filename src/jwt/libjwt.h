// libjwt behind one function. Its <jwt.h> declares a global `struct jwt`, which cannot live in one
// translation unit with our namespace of that name; hence the other name, and no <jwt.h> elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace libjwt {

/// True when libjwt decodes the token with this secret, and by the HS* algorithm of this name. Only for
/// tokens that passed the strict checks: libjwt 1.10.2 skips characters that are not base64url, takes
/// extra parts and lower-case algorithm names, and takes any token when the secret is empty.
bool vouches_for(const std::string& token, std::string_view secret, std::string_view algorithm);

}  // namespace libjwt
