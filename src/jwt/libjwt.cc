#include "jwt/libjwt.h"

#include <jwt.h>

#include <memory>

namespace libjwt {
namespace {

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
};

}  // namespace

bool vouches_for(const std::string& token, std::string_view secret, std::string_view algorithm) {
  if (secret.empty()) return false;
  jwt_t* raw = nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(secret.data());
  if (jwt_decode(&raw, token.c_str(), bytes, static_cast<int>(secret.size())) != 0) return false;
  const std::unique_ptr<jwt_t, Free> decoded(raw);
  const char* name = jwt_alg_str(jwt_get_alg(decoded.get()));
  return name != nullptr && name == algorithm;
}

}  // namespace libjwt
