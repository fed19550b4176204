#include "jwt/compact.h"

#include <utility>

#include "jwt/verify.h"
#include "util/encoding.h"

namespace jwt {

std::optional<Compact> split_compact(std::string_view token) {
  if (token.size() > max_token_bytes) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;

  // A third dot is in the signature part then, and no character of base64url.
  const std::string_view claims = token.substr(first + 1, second - first - 1);
  const std::string_view signature = token.substr(second + 1);
  if (first == 0 || claims.empty() || signature.empty()) return std::nullopt;

  auto claims_bytes = util::from_base64url(claims);
  if (!claims_bytes) return std::nullopt;
  auto signature_bytes = util::from_base64url(signature);
  if (!signature_bytes) return std::nullopt;
  return Compact{token.substr(0, second), token.substr(0, first), std::move(*claims_bytes),
                 std::move(*signature_bytes)};
}

}  // namespace jwt
