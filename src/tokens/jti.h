// Ids of tokens: 32 hexadecimal digits of a UUIDv4, as simplejwt's are.
#pragma once

#include <string>
#include <string_view>

#include "jwt/key.h"
#include "store/revocation_store.h"
#include "tokens/claims.h"
#include "util/random.h"

namespace tokens {

std::string random_jti(util::Random& random);

/// The id of the one token of this type that a session gives for `presented`, on whatever host that has the
/// key. Looks as a random one does, and only who has the key can tell it before.
std::string succeeding_jti(const jwt::Key& key, TokenType type, const store::SessionId& session,
                           std::string_view presented);

}  // namespace tokens
