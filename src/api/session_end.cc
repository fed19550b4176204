#include "api/session_end.h"

#include "tokens/session_id.h"

namespace api {

void end_session_of(Services& services, const tokens::Principal& principal, store::AuditKind kind,
                    const store::Origin& origin) {
  // A session without a row may have been purged while its last access token lives.
  services.sessions.end_token(principal.user->id, principal.session, kind, origin, principal.token_expires);
}

accounts::LoggedIn logged_in(const tokens::Principal& principal) {
  return {principal.user->id, principal.has_sid ? std::optional(principal.session) : std::nullopt};
}

util::Result<store::SessionId, tokens::TokenDefect> session_of_refresh(const Services& services,
                                                                       std::string_view token) {
  const auto verified = services.verifier.verify(token, tokens::TokenType::refresh);
  if (!verified) return util::unexpected(verified.error());
  return tokens::session_of(verified->claims, services.options.jti_claim).id;
}

}  // namespace api
