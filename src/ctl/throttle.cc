#include "ctl/throttle.h"

#include <CLI/CLI.hpp>

#include "accounts/throttle.h"
#include "accounts/username.h"
#include "ctl/plain_text.h"
#include "ctl/user_text.h"
#include "ctl/verbs.h"
#include "store/mysql_audit_store.h"
#include "store/mysql_throttle_store.h"

namespace jwtauthd {
namespace {

using Kind = store::ThrottleSubject::Kind;

const char* kind_text(Kind kind) noexcept {
  if (kind == Kind::account) return "account";
  return kind == Kind::owner ? "owner" : "address";
}

std::string subject(const store::ThrottleRow& row) {
  if (row.kind == Kind::address) return printable(row.address);
  const std::string name = row.username.empty() ? "(a name without account)" : printable(row.username);
  return row.kind == Kind::owner ? name + " at " + printable(row.address) : name;
}

json::Value row_json(const store::ThrottleRow& row) {
  json::Value out = json::Value::object();
  out.set("kind", json_text(kind_text(row.kind)));
  out.set("username", row.username.empty() ? json::Value() : json_text(row.username));
  out.set("user_id", row.user_id == 0 ? json::Value() : json::Value::integer(row.user_id));
  out.set("address", row.address.empty() ? json::Value() : json_text(row.address));
  out.set("failures", json::Value::integer(row.failures));
  out.set("last_failed_at", json_time(row.last_failed_at));
  out.set("blocked_until", json_time(row.blocked_until));
  return out;
}

void add_list(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("list", "List failed logins, the latest first.");
  auto request = std::make_shared<ThrottleList>();
  verb->add_option("--limit", request->limit, "At most so many.")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  verb->add_flag("--json", request->json, "Answer in JSON: an array, times in UTC.");
  verb->footer(lesson(
      "A row for each account, also for names that nobody has, and for each address. A name that was\n"
      "typed is not kept. An owner is somebody who is logged in, or tries to from where he was before;\n"
      "strangers' failures do not count for him.",
      "jwtauthctl throttle list\n"
      "jwtauthctl throttle list --json | jq '.[] | select(.failures > 50)'"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        store::MysqlThrottleStore throttle(services.pool());
        return list_throttled(*request, throttle, services.clock(), terminal);
      });
    };
  });
}

void add_clear(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("clear", "Forget failed logins, so that the next is tried at once.");
  auto username = std::make_shared<std::string>();
  auto address = std::make_shared<std::string>();
  auto* name = verb->add_option("username", *username, "The login name.");
  verb->add_option("--address", *address, "An address, as `throttle list` shows it, instead of a name.")
      ->excludes(name);
  verb->footer(lesson("",
                      "jwtauthctl throttle clear ann\n"
                      "jwtauthctl throttle clear --address 192.0.2.1"));
  verb->callback([=, &line] {
    if (username->empty() && address->empty()) throw CLI::RequiredError("username or --address");
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        store::MysqlThrottleStore throttle(services.pool());
        store::MysqlAuditStore audit(services.pool(), services.auditing());
        return clear_throttle(*username, *address, throttle, audit, services.accounts(), terminal);
      });
    };
  });
}

}  // namespace

ExitCode list_throttled(const ThrottleList& request, store::ThrottleStore& throttle, const util::Clock& clock,
                        Terminal& terminal) {
  const auto found = throttle.list(request.limit);
  if (request.json) {
    json::Value array = json::Value::array();
    for (const auto& row : found) array.append(row_json(row));
    terminal.out(array.dump_indented(2));
    return ExitCode::ok;
  }
  const util::TimePoint now = clock.now();
  std::vector<std::vector<std::string>> rows{{"KIND", "WHO", "FAILURES", "LAST", "BLOCKED UNTIL"}};
  for (const auto& row : found) {
    const bool blocked = row.blocked_until && *row.blocked_until > now;
    rows.push_back({kind_text(row.kind), subject(row), std::to_string(row.failures),
                    row.last_failed_at ? utc_seconds(*row.last_failed_at) : "",
                    blocked ? utc_seconds(*row.blocked_until) : "not blocked"});
  }
  for (const auto& line : columns(rows)) terminal.out(line);
  return ExitCode::ok;
}

ExitCode clear_throttle(const std::string& username, const std::string& address,
                        store::ThrottleStore& throttle, store::AuditStore& audit, Accounts accounts,
                        Terminal& terminal) {
  const bool account = address.empty();
  const std::string name = accounts::normalized_username(username);
  // An address as failures are counted; a network as it is shown is none, and stands for itself.
  const std::string network = accounts::counted_network(address);
  const std::string counted = network.empty() ? address : network;
  const std::string who = account ? "'" + printable(name) + "'" : printable(address);
  const auto user = account ? accounts.users.find_by_username(name) : std::nullopt;
  bool found = throttle.clear({account ? Kind::account : Kind::address, account ? name : counted});
  if (user && throttle.clear_owner(user->id)) found = true;
  if (!found) {
    terminal.out("There are no failed logins of " + who + ".");
    return ExitCode::ok;
  }
  auto event = operator_event(store::AuditKind::throttle_cleared, accounts.clock.now());
  if (!account) event.address = address;
  if (user) event.user_id = user->id;
  audit.append(event);
  terminal.out("The failed logins of " + who + " are forgotten.");
  return ExitCode::ok;
}

void add_throttle(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("throttle", "Look at failed logins, and let somebody try again.");
  group->require_subcommand(1);
  add_list(*group, line);
  add_clear(*group, line);
}

}  // namespace jwtauthd
