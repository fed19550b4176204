// What the configuration says of trusted issuers and custom claims, as tokens/ takes it.
#pragma once

#include <vector>

#include "config/config.h"
#include "tokens/access_claims.h"
#include "tokens/trusted_issuers.h"

namespace jwtauthd {

std::vector<tokens::ConstantClaim> constant_claims(const config::Config& c);
std::vector<tokens::TrustedIssuer> trusted_issuers(const config::Config& c);

}  // namespace jwtauthd
