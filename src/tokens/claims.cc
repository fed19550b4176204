#include "tokens/claims.h"

namespace tokens {

std::string_view name(TokenType type) noexcept {
  return type == TokenType::access ? "access" : "refresh";
}

}  // namespace tokens
