// What several endpoints need about the session of a token.
#pragma once

#include <string_view>

#include "api/services.h"
#include "store/origin.h"
#include "util/error.h"

namespace api {

/// Ends the session of an access token, or the token where it has none.
void end_session_of(Services& services, const tokens::Principal& principal, store::AuditKind kind,
                    const store::Origin& origin);

/// Whose password is asked for again.
accounts::LoggedIn logged_in(const tokens::Principal& principal);

/// The session that a refresh token is of, or what is wrong with the token. Asks no database.
util::Result<store::SessionId, tokens::TokenDefect> session_of_refresh(const Services& services,
                                                                       std::string_view token);

}  // namespace api
