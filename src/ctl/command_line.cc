#include "ctl/command_line.h"

#include <CLI/CLI.hpp>
#include <sstream>

#ifndef JWTAUTHD_CONFIG_FILE
#define JWTAUTHD_CONFIG_FILE "/etc/jwtauthd/jwtauthd.toml"
#endif
#ifndef JWTAUTHD_VERSION
#define JWTAUTHD_VERSION "0"
#endif

namespace jwtauthd {
namespace {

constexpr std::string_view kExitStatus =
    "Exit status:\n"
    "  0  done\n"
    "  1  refused: what was asked for cannot be, or was cancelled\n"
    "  2  the command line is wrong\n"
    "  3  the database cannot be reached\n"
    "  4  the configuration cannot be used";

/// Without its trailing newline.
std::string_view trimmed(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

ExitCode parse(CLI::App& app, int argc, const char* const* argv, Terminal& terminal) {
  try {
    app.parse(argc, argv);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    if (!out.str().empty()) terminal.out(trimmed(out.str()));
    if (!err.str().empty()) terminal.err(trimmed(err.str()));
    return code == 0 ? ExitCode::ok : ExitCode::usage;
  }
}

}  // namespace

void add_batch(CLI::App& verb, unsigned& batch, const std::string& meaning, bool& json) {
  verb.add_option("--batch", batch, meaning)
      ->type_name("N")
      ->check(CLI::Range(1U, 100'000U))
      ->capture_default_str();
  verb.add_flag("--json", json, "Answer in JSON.");
}

std::string lesson(std::string_view prose, std::string_view examples) {
  std::string out(prose);
  if (!out.empty()) out += "\n\n";
  out += "Examples:\n";
  while (!examples.empty()) {
    const std::string_view line = examples.substr(0, examples.find('\n'));
    examples.remove_prefix(std::min(examples.size(), line.size() + 1));
    out.append("  ").append(line).append("\n");
  }
  return out;
}

std::unique_ptr<CLI::App> command_line(CommandLine& line) {
  auto app = std::make_unique<CLI::App>("Look after jwtauthd: its database, configuration and accounts.",
                                        "jwtauthctl");
  app->fallthrough();  // -c may stand behind the verb, too
  app->require_subcommand(1);
  app->get_formatter()->column_width(34);
  app->failure_message(CLI::FailureMessage::simple);
  app->set_help_flag("-h,--help", "Say how to use the command, with examples.");
  app->set_version_flag("--version", "jwtauthctl " JWTAUTHD_VERSION, "Say which version this is.");
  line.config_path = JWTAUTHD_CONFIG_FILE;
  app->add_option("-c,--config", line.config_path, "The configuration that the daemon runs with.")
      ->type_name("FILE")
      ->capture_default_str();
  add_migrate(*app, line);
  add_setup(*app, line);
  add_config(*app, line);
  add_createsuperuser(*app, line);
  add_changepassword(*app, line);
  add_user(*app, line);
  add_group(*app, line);
  add_session(*app, line);
  add_personal_token(*app, line);
  add_throttle(*app, line);
  add_audit(*app, line);
  add_keys(*app, line);
  add_status(*app, line);
  add_top(*app, line);
  add_doctor(*app, line);
  add_compare(*app, line);
  add_flush_expired_tokens(*app, line);
  add_oauth_client(*app, line);
  add_restart(*app, line);
  add_docs(*app, line);
  app->footer(lesson("`jwtauthctl VERB --help` says more about each.\n\n" + std::string(kExitStatus),
                     "jwtauthctl setup --dry-run\n"
                     "jwtauthctl config check\n"
                     "jwtauthctl migrate\n"
                     "jwtauthctl createsuperuser --username ann --email ann@example.com"));
  return app;
}

int run(int argc, const char* const* argv, Terminal& terminal) {
  CommandLine line;
  const auto app = command_line(line);
  const ExitCode parsed = parse(*app, argc, argv, terminal);
  if (parsed != ExitCode::ok || !line.chosen) return static_cast<int>(parsed);
  return static_cast<int>(line.chosen(terminal));
}

}  // namespace jwtauthd
