#include "ctl/personal_token.h"

#include "ctl/operator.h"
#include "ctl/plain_text.h"
#include "ctl/session.h"
#include "ctl/user_text.h"
#include "tokens/personal_tokens.h"
#include "tokens/session_id.h"

namespace jwtauthd {
namespace {

json::Value token_json(const store::PersonalToken& token) {
  json::Value out = json::Value::object();
  out.set("id", json_text(tokens::sid_text(token.id)));
  out.set("user_id", json::Value::integer(token.user_id));
  out.set("name", json_text(token.name));
  out.set("hint", json_text(token.hint));
  out.set("scope", json_text(token.scope));
  out.set("created_at", json_time(token.created_at));
  out.set("expires_at", json_time(token.expires_at));
  out.set("last_used_at", json_time(token.last_used_at));
  return out;
}

std::string time_or_never(const std::optional<util::TimePoint>& time) {
  return time ? utc_seconds(*time) : "never";
}

}  // namespace

ExitCode list_personal_tokens(const PersonalTokenList& request, std::optional<std::int64_t> user_id,
                              Accounts accounts, Terminal& terminal) {
  // One beyond the limit is asked for, to know whether there are more.
  auto tokens = accounts.personal_tokens.list({user_id, request.limit + 1});
  const bool more = tokens.size() > request.limit;
  if (more) tokens.resize(request.limit);
  if (request.json) {
    json::Value array = json::Value::array();
    for (const auto& token : tokens) array.append(token_json(token));
    terminal.out(array.dump_indented(2));
  } else {
    std::vector<std::vector<std::string>> rows{
        {"ID", "USER", "ENDS WITH", "CREATED", "EXPIRES", "LAST USED", "SCOPE", "NAME"}};
    for (const auto& token : tokens) {
      rows.push_back({tokens::sid_text(token.id), std::to_string(token.user_id), printable(token.hint),
                      utc_seconds(token.created_at), time_or_never(token.expires_at),
                      time_or_never(token.last_used_at), printable(token.scope), printable(token.name)});
    }
    for (const auto& line : columns(rows)) terminal.out(line);
  }
  if (more) terminal.err("There are more: see them with a higher --limit");
  return ExitCode::ok;
}

ExitCode revoke_personal_token(const std::string& id, Accounts accounts, Terminal& terminal) {
  const auto parsed = parse_session_id(id);
  if (!parsed) {
    terminal.err("Error: '" + printable(id) + "' is no id of a personal access token: 32 hexadecimal digits");
    return ExitCode::refused;
  }
  const auto token = accounts.personal_tokens.find_by_id(*parsed);
  if (!token || !accounts.personal_tokens.remove(token->user_id, *parsed, operator_withdrawal(accounts))) {
    terminal.err("Error: there is no personal access token " + tokens::sid_text(*parsed));
    return ExitCode::refused;
  }
  terminal.out("The token '" + printable(token->name) + "' of user " + std::to_string(token->user_id) +
               " is revoked.");
  return ExitCode::ok;
}

store::Withdrawal operator_withdrawal(const Accounts& accounts) {
  const util::TimePoint now = accounts.clock.now();
  return tokens::withdrawal(now, accounts.lifetimes.leeway,
                            operator_event(store::AuditKind::token_revoked, now));
}

}  // namespace jwtauthd
