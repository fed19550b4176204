// What another issuer's token says of its user, in the words that OpenID Connect, RFC 9068 and the large
// identity providers have for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "tokens/credential_source.h"

namespace tokens {

/// Nothing when there is no `sub`. A claim of another type than it should be is as if it were not there, and
/// so is a list of groups with anything but strings in it. An address that is said to be unverified is none.
std::optional<ForeignSubject> read_subject(const json::Value& claims);

/// RFC 6749 section 3.3, from `scope` or `scp`, text or list: words that cannot be scopes are left out.
std::string read_scope(const json::Value& claims);

/// Whether this is no access token that its bearer may use: an id or refresh token by what is said of it in
/// simplejwt's or Keycloak's way, or one that is bound to a key of its client (RFC 7800).
bool is_of_other_use(const json::Value& claims, std::string_view token_type_claim);

}  // namespace tokens
