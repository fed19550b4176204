// Which session a token belongs to. Ours begin with a UUIDv7 (RFC 9562 section 5.7), the claim `sid` has its
// 32 lower-case digits; for a token without one stands a UUIDv8 (section 5.8) that is made of its `jti`. So
// every token has a session, and the two kinds can be told apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "store/revocation_store.h"
#include "util/clock.h"
#include "util/random.h"

namespace tokens {

inline constexpr std::string_view sid_claim = "sid";

struct SessionOfToken {
  store::SessionId id{};
  bool has_sid = false;  // else the id stands for a token that names no session
};

/// In order of time, so that rows with it as primary key are appended.
store::SessionId new_session_id(util::TimePoint now, util::Random& random);
/// When a session of ours began (milliseconds); nothing for what stands for a foreign token.
std::optional<util::TimePoint> began(const store::SessionId& id);

std::string sid_text(const store::SessionId& id);
/// Nothing unless these are 32 lower-case hexadecimal digits.
std::optional<store::SessionId> read_sid(std::string_view text);

SessionOfToken session_of(const json::Value& claims, std::string_view jti_claim);
/// What stands for a token that another issuer signed; without `jti` (empty) for all of its subject.
SessionOfToken session_of_foreign(std::string_view issuer, std::string_view subject, std::string_view jti);

}  // namespace tokens
