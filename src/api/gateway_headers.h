// What the gateway tells upstreams of whom it lets pass: the X-Auth-* headers.
#pragma once

#include <cstddef>
#include <string>

#include "tokens/bearer.h"

namespace api {

/// All of them together, with their names and line ends, stay under this.
inline constexpr std::size_t kGatewayHeadersEnd = 1024;

/// The header lines. Values are percent-encoded UTF-8, so that neither a name nor a group can end a line or a
/// list. What does not fit is left out whole and named in X-Auth-Omitted. Names that another issuer gave are
/// not told as ours: of its subjects upstream gets issuer, subject and groups.
std::string gateway_headers(const tokens::Principal& principal);

}  // namespace api
