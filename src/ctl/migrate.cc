#include <CLI/CLI.hpp>

#include "ctl/services.h"
#include "ctl/verbs.h"
#include "json/value.h"
#include "store/migrator.h"

namespace jwtauthd {
namespace {

struct Options {
  bool status = false;
  bool dry_run = false;
  bool json = false;
};

void print_status(const store::SchemaStatus& status, bool as_json, Terminal& terminal) {
  if (as_json) {
    json::Value migrations = json::Value::array();
    for (const auto& state : status.known) {
      json::Value entry = json::Value::object();
      entry.set("name", json::Value::string(state.name));
      entry.set("applied", json::Value::boolean(state.applied));
      entry.set("checksum_differs", json::Value::boolean(state.checksum_differs));
      migrations.append(std::move(entry));
    }
    json::Value report = json::Value::object();
    report.set("current", json::Value::boolean(status.current()));
    report.set("migrations", std::move(migrations));
    report.set("unknown", json::Value::array(status.unknown));
    terminal.out(report.dump_indented(2));
    return;
  }
  for (const auto& state : status.known) {
    terminal.out((state.applied ? " [X] " : " [ ] ") + state.name +
                 (state.checksum_differs ? "  (applied from another text than this version's)" : ""));
  }
  for (const auto& name : status.unknown) terminal.out(" [?] " + name + "  (of a newer version)");
}

/// Those that migrate would apply. Nothing when it would refuse.
std::optional<std::vector<std::string>> missing(const store::SchemaStatus& status) {
  std::vector<std::string> list;
  for (const auto& state : status.known) {
    if (state.checksum_differs) return std::nullopt;
    if (!state.applied) list.push_back(state.name);
  }
  if (!status.unknown.empty()) return std::nullopt;
  return list;
}

void print_names(const std::vector<std::string>& list, std::string_view verb, bool as_json,
                 Terminal& terminal) {
  if (as_json) {
    json::Value report = json::Value::object();
    report.set(verb == "Applied" ? "applied" : "would_apply", json::Value::array(list));
    terminal.out(report.dump_indented(2));
    return;
  }
  for (const auto& name : list) terminal.out(std::string(verb) + " " + name);
  if (list.empty()) terminal.out("No migrations to apply.");
}

ExitCode migrate(const Options& options, store::Migrator migrator, Terminal& terminal) {
  if (options.status) {
    const store::SchemaStatus status = migrator.status();
    print_status(status, options.json, terminal);
    return status.current() ? ExitCode::ok : ExitCode::refused;
  }
  if (options.dry_run) {
    const store::SchemaStatus status = migrator.status();
    const auto list = missing(status);
    const auto obstacle = list && !list->empty() ? migrator.obstacle() : std::nullopt;
    if (obstacle) {
      terminal.err("Error: " + *obstacle);
      return ExitCode::refused;
    }
    if (list) {
      print_names(*list, "Would apply", options.json, terminal);
      return ExitCode::ok;
    }
    terminal.err("Error: " + status.describe());
    return ExitCode::refused;
  }
  const auto applied = migrator.migrate();
  if (!applied) {
    terminal.err("Error: " + applied.error().message);
    return ExitCode::refused;
  }
  print_names(*applied, "Applied", options.json, terminal);
  return ExitCode::ok;
}

}  // namespace

void add_migrate(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("migrate", "Bring the database's tables up to this version.");
  auto options = std::make_shared<Options>();
  auto* status = verb->add_flag("--status", options->status,
                                "Only say which migrations are applied; exit status 1 when any is missing.");
  verb->add_flag("--dry-run", options->dry_run, "Only say what would be applied.")->excludes(status);
  verb->add_flag("--json", options->json, "Answer in JSON.");
  verb->footer(
      lesson("Migrations only go forward, and only add: Django's tables are adopted as they stand.\n"
             "Two hosts may migrate at once, one waits for the other. Run it before new workers start:\n"
             "they refuse a schema that they do not know.",
             "jwtauthctl migrate --dry-run\n"
             "jwtauthctl migrate\n"
             "jwtauthctl migrate --status --json"));
  verb->callback([&line, options] {
    line.chosen = [&line, options](Terminal& terminal) {
      return with_services(line.config_path, terminal, [&](Services& services) {
        return migrate(*options, store::Migrator(services.pool()), terminal);
      });
    };
  });
}

}  // namespace jwtauthd
