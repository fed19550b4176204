// What a token says before anybody vouches for it: good for choosing who judges it, and for nothing else.
#pragma once

#include <array>
#include <string_view>

#include "jwt/verify.h"

namespace jwt {

using ClaimsRoom = std::array<char, max_token_bytes / 4 * 3 + 2>;

/// The claim `iss`, in `room`; empty when there is none, it is no string, or this is no token. Allocates
/// nothing. Of what it passes over, ill-formed text included, it makes no judgement.
std::string_view unverified_issuer(std::string_view token, ClaimsRoom& room) noexcept;

}  // namespace jwt
