// Where discovery is true: OpenID Connect Discovery 1.0 section 3 wants an issuer that is an https URL.
#pragma once

#include <string_view>

namespace api {

/// https://…, or http:// on this machine, for trying things out; no query, no fragment.
constexpr bool is_issuer_url(std::string_view issuer) noexcept {
  if (issuer.find_first_of(" \t\r\n?#\"\\") != std::string_view::npos) return false;
  constexpr std::string_view secure = "https://";
  if (issuer.starts_with(secure)) return issuer.size() > secure.size();
  constexpr std::string_view local[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};
  for (const std::string_view host : local) {
    if (!issuer.starts_with(host)) continue;
    const std::string_view rest = issuer.substr(host.size());
    return rest.empty() || rest.front() == ':' || rest.front() == '/';
  }
  return false;
}

}  // namespace api
