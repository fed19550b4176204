#include "ctl/audit.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <thread>

#include "ctl/plain_text.h"
#include "ctl/session.h"
#include "ctl/user.h"
#include "ctl/user_text.h"
#include "ctl/verbs.h"
#include "store/mysql_audit_store.h"
#include "tokens/session_id.h"

namespace jwtauthd {
namespace {

/// Ids are handed out before the commit, and by several nodes: one this far behind the last may still appear.
constexpr std::int64_t kLate = 1000;

void show(const store::AuditRecord& record, bool json, Terminal& terminal) {
  terminal.out(json ? audit_json(record).dump() : audit_line(record));
}

struct SearchOptions {
  std::string kind;
  std::optional<std::int64_t> user_id;
  std::string user;
  std::string since;
  std::string until;
  store::AuditFilter filter;
  bool json = false;
};

std::string kinds() {
  std::string text;
  for (const auto kind : store::audit_kinds()) text += (text.empty() ? "" : ", ") + std::string(name(kind));
  return text;
}

/// Called when the command line is parsed.
void read_filter(SearchOptions& options) {
  if (!options.kind.empty() && !(options.filter.kind = store::audit_kind(options.kind))) {
    throw CLI::ValidationError("--event", "one of " + kinds());
  }
  const auto time = [now = util::SystemClock().now()](const char* option, const std::string& text) {
    std::optional<util::TimePoint> read;
    if (!text.empty() && !(read = parse_time(text, now))) {
      throw CLI::ValidationError(option, "a time as 2026-11-22, 2026-11-22T07:35:19Z, 30m, 2h, 7d");
    }
    return read;
  };
  options.filter.since = time("--since", options.since);
  options.filter.until = time("--until", options.until);
}

void add_search(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("search", "Find events.");
  auto options = std::make_shared<SearchOptions>();
  verb->add_option("--event", options->kind, "Of this kind: " + kinds() + ".")->type_name("KIND");
  auto* user = verb->add_option("--user", options->user, "Of the user with this name.");
  verb->add_option("--user-id", options->user_id, "Of the user with this id; he may be deleted by now.")
      ->excludes(user);
  verb->add_option("--address", options->filter.address, "From this address.");
  verb->add_option("--since", options->since,
                   "Not before: a date or time in UTC, or how long ago (30m, 2h, 7d).");
  verb->add_option("--until", options->until, "Before; written the same way.");
  verb->add_option("--after", options->filter.after_id,
                   "Only ids above this one: where the last search ended.");
  verb->add_option("--limit", options->filter.limit, "At most so many.")
      ->check(CLI::Range(1U, 10'000'000U))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "JSON lines: an object a line, times in UTC.");
  verb->footer(lesson("",
                      "jwtauthctl audit search --user ann --since 7d\n"
                      "jwtauthctl audit search --event refresh_reuse --json\n"
                      "jwtauthctl audit search --address 192.0.2.1 --since 2026-11-01 --until 2026-12-01"));
  verb->callback([=, &line] {
    read_filter(*options);
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        store::AuditFilter filter = options->filter;
        filter.user_id = options->user_id;
        if (!options->user.empty()) {
          const auto found = find_user({{}, options->user}, services.accounts().users, terminal);
          if (!found) return ExitCode::refused;
          filter.user_id = found->id;
        }
        store::MysqlAuditStore audit(services.pool());
        return search_audit(filter, options->json, audit, terminal);
      });
    };
  });
}

void add_tail(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("tail", "Show the last events.");
  auto request = std::make_shared<AuditTail>();
  verb->add_option("-n,--lines", request->lines, "So many.")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  verb->add_flag("-f,--follow", request->follow, "Go on with what happens, until Ctrl-C.");
  verb->add_flag("--json", request->json, "JSON lines: an object a line, times in UTC.");
  verb->footer(
      lesson("",
             "jwtauthctl audit tail -f\n"
             "jwtauthctl audit tail -n 1000 --json | jq -r 'select(.event == \"login_failed\").address'"));
  verb->callback([=, &line] {
    line.chosen = [=, &line](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        store::MysqlAuditStore audit(services.pool());
        const auto wait = [] {
          std::this_thread::sleep_for(std::chrono::seconds(1));
          return true;
        };
        return tail_audit(*request, audit, wait, terminal);
      });
    };
  });
}

}  // namespace

json::Value audit_json(const store::AuditRecord& record) {
  json::Value out = json::Value::object();
  out.set("id", json::Value::integer(record.id));
  out.set("time", json_time(record.at));
  out.set("event", json_text(record.kind));
  out.set("user_id", record.user_id == 0 ? json::Value() : json::Value::integer(record.user_id));
  const bool has_session = record.session != store::SessionId{};
  out.set("session", has_session ? json_text(tokens::sid_text(record.session)) : json::Value());
  out.set("address", json_text(record.address));
  out.set("request_id", json_text(record.request_id));
  out.set("reason", json_text(record.reason));
  return out;
}

std::string audit_line(const store::AuditRecord& record) {
  std::string line = utc_seconds(record.at) + " " + printable(record.kind);
  const auto add = [&](const char* what, const std::string& value) {
    if (!value.empty()) line.append(" ").append(what).append("=").append(printable(value));
  };
  if (record.user_id != 0) add("user", std::to_string(record.user_id));
  if (record.session != store::SessionId{}) add("session", tokens::sid_text(record.session));
  add("address", record.address);
  add("request", record.request_id);
  add("reason", record.reason);
  return line;
}

ExitCode search_audit(const store::AuditFilter& filter, bool json, store::AuditStore& audit,
                      Terminal& terminal) {
  constexpr unsigned kPage = 1000;
  store::AuditFilter page = filter;
  for (unsigned left = filter.limit; left > 0;) {
    page.limit = std::min(left, kPage);
    const auto records = audit.list(page);
    for (const auto& record : records) show(record, json, terminal);
    if (records.size() < page.limit) return ExitCode::ok;
    left -= page.limit;
    page.after_id = records.back().id;
  }
  page.limit = 1;
  if (!audit.list(page).empty()) {
    terminal.err("There are more: go on with --after " + std::to_string(page.after_id));
  }
  return ExitCode::ok;
}

ExitCode tail_audit(const AuditTail& request, store::AuditStore& audit, const std::function<bool()>& wait,
                    Terminal& terminal) {
  store::AuditFilter filter;
  filter.newest_first = true;
  // Those before the ones that are shown are read as well, so that they are known when they are seen again.
  filter.limit = request.lines + (request.follow ? static_cast<unsigned>(kLate) : 0);
  auto last = audit.list(filter);
  std::reverse(last.begin(), last.end());
  std::set<std::int64_t> seen;
  std::int64_t newest = 0;
  for (std::size_t i = 0; i < last.size(); ++i) {
    if (last.size() - i <= request.lines) show(last[i], request.json, terminal);
    seen.insert(last[i].id);
    newest = std::max(newest, last[i].id);
  }
  filter.newest_first = false;
  filter.limit = 10 * static_cast<unsigned>(kLate);
  while (request.follow && wait()) {
    filter.after_id = newest - kLate;
    for (const auto& record : audit.list(filter)) {
      if (!seen.insert(record.id).second) continue;
      show(record, request.json, terminal);
      newest = std::max(newest, record.id);
    }
    seen.erase(seen.begin(), seen.upper_bound(newest - kLate));
  }
  return ExitCode::ok;
}

void add_audit(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("audit", "Read what happened to accounts and sessions.");
  group->require_subcommand(1);
  add_tail(*group, line);
  add_search(*group, line);
}

}  // namespace jwtauthd
