// jwtauthctl group …: Django's groups, for a site without Django's admin.
#include <CLI/CLI.hpp>
#include <memory>

#include "ctl/plain_text.h"
#include "ctl/services.h"
#include "ctl/user.h"
#include "ctl/user_text.h"
#include "ctl/verbs.h"
#include "store/group_store.h"
#include "util/unicode.h"

namespace jwtauthd {
namespace {

using store::AuditKind;
using store::GroupStore;

constexpr std::size_t kLongestName = 150;  // characters of auth_group.name

std::string quoted(const std::string& name) {
  return "'" + printable(name) + "'";
}

ExitCode refuse_missing(const std::string& name, Terminal& terminal) {
  terminal.err("Error: there is no group " + quoted(name) +
               "; `jwtauthctl group list` shows those there are");
  return ExitCode::refused;
}

store::AuditEvent event_about(AuditKind kind, const std::string& group, const util::Clock& clock) {
  auto event = operator_event(kind, clock.now());
  event.reason = group;  // an operator's word, of which the store keeps what is printable
  return event;
}

ExitCode list_groups(bool as_json, GroupStore& groups, Terminal& terminal) {
  const auto found = groups.list();
  if (as_json) {
    json::Value array = json::Value::array();
    for (const auto& group : found) {
      json::Value row = json::Value::object();
      row.set("name", json_text(group.name));
      row.set("members", json::Value::integer(group.members));
      array.append(row);
    }
    terminal.out(array.dump_indented(2));
    return ExitCode::ok;
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "MEMBERS"}};
  for (const auto& group : found) rows.push_back({printable(group.name), std::to_string(group.members)});
  for (const auto& line : columns(rows)) terminal.out(line);
  return ExitCode::ok;
}

ExitCode create_group(const std::string& name, GroupStore& groups, const util::Clock& clock,
                      Terminal& terminal) {
  if (name.empty() || !util::unicode::is_utf8(name) || util::unicode::length(name) > kLongestName) {
    terminal.err("Error: a group's name has 1 to 150 characters");
    return ExitCode::refused;
  }
  if (!groups.create(name, event_about(AuditKind::group_created, name, clock))) {
    terminal.err("Error: there is a group " + quoted(name) + " already");
    return ExitCode::refused;
  }
  terminal.out("Group " + quoted(name) + " is there now, without members.");
  return ExitCode::ok;
}

ExitCode delete_group(const std::string& name, GroupStore& groups, const util::Clock& clock,
                      Terminal& terminal) {
  switch (groups.remove(name, event_about(AuditKind::group_deleted, name, clock))) {
    case GroupStore::Removal::no_such_group:
      return refuse_missing(name, terminal);
    case GroupStore::Removal::referred_to:
      terminal.err("Error: Django has given group " + quoted(name) +
                   " permissions: delete it in Django's admin");
      return ExitCode::refused;
    case GroupStore::Removal::done:
      break;
  }
  terminal.out("Group " + quoted(name) + " is deleted.");
  return ExitCode::ok;
}

ExitCode set_membership(const std::string& name, const UserReference& whom, bool member, GroupStore& groups,
                        Accounts accounts, Terminal& terminal) {
  const auto user = find_user(whom, accounts.users, terminal);
  if (!user) return ExitCode::refused;
  const auto event =
      event_about(member ? AuditKind::group_joined : AuditKind::group_left, name, accounts.clock);
  const auto change = member ? groups.add(name, user->id, event) : groups.take_out(name, user->id, event);
  if (change == GroupStore::Change::no_such_group) return refuse_missing(name, terminal);
  const bool was_so = change == GroupStore::Change::was_so;
  const char* const now = member ? (was_so ? "already in" : "now in") : (was_so ? "not in" : "no longer in");
  terminal.out("User " + quoted(user->username) + " is " + now + " group " + quoted(name) + ".");
  return ExitCode::ok;
}

/// `work` gets what the command works with; `check` is called when the command line is parsed.
template <typename Work>
void choose(
    CLI::App& verb, CommandLine& line, Work work, const std::function<void()>& check = [] {}) {
  verb.callback([&line, work, check] {
    check();
    line.chosen = [&line, work](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        GroupStore groups(services.pool(), services.auditing());
        return work(groups, services, terminal);
      });
    };
  });
}

std::shared_ptr<std::string> add_name(CLI::App& verb) {
  auto name = std::make_shared<std::string>();
  verb.add_option("group", *name, "The name of the group.")->required();
  return name;
}

void add_list(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("list", "List groups, and how many are in them.");
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Answer in JSON: an array.");
  verb->footer(lesson("", "jwtauthctl group list\njwtauthctl group list --json | jq -r '.[].name'"));
  choose(*verb, line, [=](GroupStore& groups, Services&, Terminal& terminal) {
    return list_groups(*as_json, groups, terminal);
  });
}

void add_create(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("create", "Make a group.");
  auto name = add_name(*verb);
  verb->footer(lesson("", "jwtauthctl group create editors\njwtauthctl group create 'Site owners'"));
  choose(*verb, line, [=](GroupStore& groups, Services& services, Terminal& terminal) {
    return create_group(*name, groups, services.clock(), terminal);
  });
}

void add_delete(CLI::App& group, CommandLine& line) {
  CLI::App* verb = group.add_subcommand("delete", "Delete a group; its members are in it no more.");
  auto name = add_name(*verb);
  verb->footer(lesson("", "jwtauthctl group delete editors"));
  choose(*verb, line, [=](GroupStore& groups, Services& services, Terminal& terminal) {
    return delete_group(*name, groups, services.clock(), terminal);
  });
}

void add_membership(CLI::App& group, CommandLine& line, bool member) {
  CLI::App* verb = member ? group.add_subcommand("add", "Put a user into a group.")
                          : group.add_subcommand("remove", "Take a user out of a group.");
  auto name = add_name(*verb);
  auto whom = add_user_reference(*verb);
  const std::string self = std::string("jwtauthctl group ") + (member ? "add" : "remove");
  verb->footer(lesson("The gateway's workers see it within cache.poll_interval.",
                      self + " editors ann\n" + self + " editors --id 7"));
  choose(
      *verb, line,
      [=](GroupStore& groups, Services& services, Terminal& terminal) {
        return set_membership(*name, *whom, member, groups, services.accounts(), terminal);
      },
      [=] { require(*whom); });
}

}  // namespace

void add_group(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("group", "Groups, which the gateway tells and asks for.");
  group->require_subcommand(1);
  add_list(*group, line);
  add_create(*group, line);
  add_delete(*group, line);
  add_membership(*group, line, true);
  add_membership(*group, line, false);
}

}  // namespace jwtauthd
