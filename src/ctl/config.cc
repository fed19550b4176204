#include "config/config.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <stdexcept>

#include "accounts/settings.h"
#include "ctl/verbs.h"
#include "json/value.h"
#include "tokens/settings.h"
#include "util/random.h"

namespace jwtauthd {

namespace {

/// What would keep the daemon from starting with this file, a line each.
std::string findings(const std::string& path) {
  const auto loaded = config::load(path);
  if (!loaded) return loaded.error().message;
  std::string found;
  const auto add = [&](const std::string& text) {
    found += (found.empty() ? "" : "\n") + path + ": " + text;
  };
  const util::SystemClock clock;
  if (const auto keys = tokens::open_ring(*loaded, clock); !keys) add(keys.error().message);
  try {
    util::SystemRandom random;
    const crypto::PasswordHashes hashes(accounts::password_params(loaded->passwords), random, 1);
  } catch (const std::invalid_argument& wrong) {
    add(wrong.what());
  }
  try {
    accounts::password_policy(loaded->passwords);
  } catch (const util::Outage& outage) {
    add(std::string("passwords.common_passwords_file: ") + outage.what());
  }
  return found;
}

ExitCode check(const std::string& path, bool as_json, Terminal& terminal) {
  const std::string found = findings(path);
  if (as_json) {
    json::Value lines = json::Value::array();
    std::istringstream text(found);
    for (std::string line; std::getline(text, line);) lines.append(json::Value::string(line));
    json::Value report = json::Value::object();
    report.set("file", json::Value::string(path));
    report.set("good", json::Value::boolean(found.empty()));
    report.set("findings", std::move(lines));
    terminal.out(report.dump_indented(2));
  } else if (found.empty()) {
    terminal.out(path + ": good");
  } else {
    terminal.err(found);
  }
  return found.empty() ? ExitCode::ok : ExitCode::configuration;
}

}  // namespace

void add_config(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("config", "Look at the configuration.");
  group->require_subcommand(1);

  CLI::App* check_verb =
      group->add_subcommand("check", "Say what would keep the daemon from starting with this file.");
  auto as_json = std::make_shared<bool>(false);
  check_verb->add_flag("--json", *as_json, "Answer in JSON.");
  check_verb->footer(lesson(
      "Every finding is told at once, with file, line, key and what is allowed; the signing key and\n"
      "the list of common passwords are opened, too. Exit status 4 when there is any. The database is\n"
      "not asked: see migrate --status.",
      "jwtauthctl config check && systemctl restart 'jwtauthd@*'\n"
      "jwtauthctl -c ./new.toml config check --json"));
  check_verb->callback([&line, as_json] {
    line.chosen = [&line, as_json](Terminal& terminal) {
      return check(line.config_path, *as_json, terminal);
    };
  });

  CLI::App* example_verb =
      group->add_subcommand("example", "Print a configuration with every key, its default and its meaning.");
  example_verb->footer(lesson("", "jwtauthctl config example > jwtauthd.toml"));
  example_verb->callback([&line] {
    line.chosen = [](Terminal& terminal) {
      std::string text = config::example_file();
      if (text.ends_with('\n')) text.pop_back();
      terminal.out(text);
      return ExitCode::ok;
    };
  });
}

}  // namespace jwtauthd
