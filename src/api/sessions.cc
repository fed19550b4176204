// GET /api/sessions/, DELETE /api/sessions/{id}/

#include "api/cookies.h"
#include "api/device.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/time_text.h"
#include "json/writer.h"
#include "tokens/session_id.h"

namespace api {

std::optional<http::Response> list_sessions(Services& services, const Context& context) {
  http::Response response;
  response.no_store = true;
  response.body = "[";
  for (const store::Session& session : services.sessions.list(context.principal->user->id)) {
    if (response.body.size() > 1) response.body += ',';
    json::Object(response.body)
        .field("id", tokens::sid_text(session.id))
        .field("device", device_name(session.user_agent))
        .field("user_agent", session.user_agent)
        .field("address", session.address)
        .field("created", time_text(session.created_at))
        .field("last_used", time_text(session.last_used_at))
        .field("expires", time_text(session.idle_expires_at))
        .field("current", session.id == context.principal->session)
        .close();
  }
  response.body += ']';
  return response;
}

std::optional<http::Response> end_session(Services& services, const Context& context) {
  const auto id = tokens::read_sid(context.parameter);
  if (!id || !services.sessions.end_listed(context.principal->user->id, *id, origin_of(context.request))) {
    return not_found();
  }
  http::Response response = no_content();
  if (*id == context.principal->session) clear_login_cookies(response, services.options);
  return response;
}

}  // namespace api
