#include "ctl/session.h"

#include <array>
#include <functional>
#include <utility>

#include "ctl/plain_text.h"
#include "ctl/user_text.h"
#include "tokens/session_id.h"

namespace jwtauthd {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

json::Value session_json(const store::Session& session) {
  json::Value out = json::Value::object();
  out.set("id", json_text(tokens::sid_text(session.id)));
  out.set("user_id", json::Value::integer(session.user_id));
  out.set("created_at", json_time(session.created_at));
  out.set("last_used_at", json_time(session.last_used_at));
  out.set("idle_expires_at", json_time(session.idle_expires_at));
  out.set("expires_at", json_time(session.expires_at));
  out.set("refreshes", json::Value::integer(session.generation));
  out.set("address", json_text(session.address));
  out.set("user_agent", json_text(session.user_agent));
  out.set("revoked_at", json_time(session.revoked_at));
  out.set("revoked_for", session.revoked_at ? json_text(session.revoked_for) : json::Value());
  return out;
}

std::string state(const store::Session& session, util::TimePoint now) {
  if (session.revoked_at) return "ended: " + session.revoked_for;
  return session.idle_expires_at > now ? "open" : "over";
}

/// In batches until there is nothing left.
std::uint64_t drain(unsigned batch, const std::function<std::uint64_t()>& purge_batch) {
  std::uint64_t sum = 0;
  for (std::uint64_t deleted = batch; deleted >= batch;) {
    deleted = purge_batch();
    sum += deleted;
  }
  return sum;
}

}  // namespace

std::optional<store::SessionId> parse_session_id(std::string_view text) {
  store::SessionId id{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-' && digits > 0) continue;
    const int value = digit(c);
    if (value < 0 || digits == 2 * id.size()) return std::nullopt;
    unsigned char& byte = id[digits / 2];
    byte = static_cast<unsigned char>(byte << 4 | value);
    ++digits;
  }
  if (digits != 2 * id.size() || id == store::SessionId{}) return std::nullopt;
  return id;
}

ExitCode list_sessions(const SessionList& request, std::optional<std::int64_t> user_id, Accounts accounts,
                       Terminal& terminal) {
  const util::TimePoint now = accounts.clock.now();
  // One beyond the limit is asked for, to know whether there are more.
  auto sessions = accounts.sessions.list({user_id, !request.ended, request.limit + 1}, now);
  const bool more = sessions.size() > request.limit;
  if (more) sessions.resize(request.limit);
  if (request.json) {
    json::Value array = json::Value::array();
    for (const auto& session : sessions) array.append(session_json(session));
    terminal.out(array.dump_indented(2));
  } else {
    std::vector<std::vector<std::string>> rows{
        {"ID", "USER", "LAST USED", "ENDS", "STATE", "ADDRESS", "DEVICE"}};
    for (const auto& session : sessions) {
      rows.push_back({tokens::sid_text(session.id), std::to_string(session.user_id),
                      utc_seconds(session.last_used_at), utc_seconds(session.idle_expires_at),
                      state(session, now), printable(session.address), printable(session.user_agent)});
    }
    for (const auto& line : columns(rows)) terminal.out(line);
  }
  if (more) terminal.err("There are more: see them with a higher --limit");
  return ExitCode::ok;
}

ExitCode revoke_session(const std::string& id, Accounts accounts, Terminal& terminal) {
  const auto parsed = parse_session_id(id);
  if (!parsed) {
    terminal.err("Error: '" + printable(id) + "' is no id of a session: 32 hexadecimal digits");
    return ExitCode::refused;
  }
  const auto session = accounts.sessions.find(*parsed);
  if (!session) {
    terminal.err("Error: there is no session " + tokens::sid_text(*parsed));
    return ExitCode::refused;
  }
  auto ending = operator_ending(store::SessionEnd::admin, store::AuditKind::session_ended, accounts.clock,
                                accounts.lifetimes);
  ending.event.session = *parsed;
  // One that is over may have given an access token just before: that ends, too.
  const bool ended = !accounts.sessions.revoke(session->user_id, *parsed, ending).empty() &&
                     session->idle_expires_at > ending.now;
  terminal.out("Session " + tokens::sid_text(*parsed) + " of user " + std::to_string(session->user_id) +
               (ended ? " is ended." : " was over already."));
  return ExitCode::ok;
}

/// What ended stays so if the clock that purges is a day ahead, and is put right before the tokens concerned
/// are over.
constexpr std::chrono::hours kClockAhead{24};

ExitCode purge(const Purge& request, Terminal& terminal) {
  const unsigned batch = request.batch;
  const struct {
    const char* what;
    std::uint64_t deleted;
  } rows[] = {
      {"sessions",
       drain(batch, [&] { return request.sessions.purge(request.now - request.session_memory, batch); })},
      {"personal_tokens",
       drain(batch, [&] { return request.personal_tokens.purge(request.now - request.leeway, batch); })},
      {"revocations",
       drain(batch, [&] { return request.revocations.purge(request.now - kClockAhead, batch); })},
      {"throttle",
       drain(batch, [&] { return request.throttle.purge(request.now - request.throttle_memory, batch); })},
      {"audit",
       drain(batch, [&] { return request.audit.purge(request.now - request.audit_retention, batch); })},
  };
  json::Value report = json::Value::object();
  std::string text;
  for (const auto& row : rows) {
    report.set(row.what, json::Value::integer(static_cast<std::int64_t>(row.deleted)));
    text += (text.empty() ? "Deleted " : ", ") + std::to_string(row.deleted) + " of " + row.what;
  }
  terminal.out(request.json ? report.dump_indented(2) : text + ".");
  return ExitCode::ok;
}

}  // namespace jwtauthd
