#include "ctl/doctor.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "ctl/services.h"
#include "ctl/user_text.h"
#include "ctl/verbs.h"
#include "util/unicode.h"

namespace jwtauthd {
namespace {

using doctor::Finding;
using doctor::Report;
using doctor::Severity;

struct Options {
  std::vector<std::string> nginx;
  bool json = false;
  bool quiet = false;
};

/// Names of files and messages of the server may be any bytes.
std::string clean(const std::string& text) {
  return util::unicode::is_utf8(text) ? printable(text) : "(not UTF-8)";
}

void print_json(const Report& report, Terminal& terminal) {
  json::Value findings = json::Value::array();
  for (const Finding& found : report.findings()) {
    json::Value one = json::Value::object();
    one.set("check", json::Value::string(found.check));
    one.set("severity", json::Value::string(name(found.severity)));
    one.set("text", json::Value::string(clean(found.text)));
    one.set("advice", json::Value::string(clean(found.advice)));
    if (found.facts.is(json::Type::object)) one.set("facts", found.facts);
    findings.append(std::move(one));
  }
  json::Value counts = json::Value::object();
  for (const Severity severity : {Severity::problem, Severity::warning, Severity::note, Severity::ok}) {
    counts.set(name(severity), json::Value::integer(static_cast<std::int64_t>(report.count(severity))));
  }
  json::Value whole = json::Value::object();
  whole.set("sound", json::Value::boolean(report.count(Severity::problem) == 0));
  whole.set("counts", std::move(counts));
  whole.set("findings", std::move(findings));
  terminal.out(whole.dump_indented(2));
}

void print_text(const Report& report, bool quiet, Terminal& terminal) {
  for (const Finding& found : report.findings()) {
    if (quiet && found.severity == Severity::ok) continue;
    std::string severity(name(found.severity));
    severity.resize(8, ' ');
    terminal.out(severity + found.check + ": " + clean(found.text));
    if (!found.advice.empty()) terminal.out("        → " + clean(found.advice));
  }
  const auto count = [&](Severity severity, std::string_view word) {
    return doctor::counted(static_cast<std::int64_t>(report.count(severity)), word);
  };
  terminal.out(count(Severity::problem, "problem") + ", " + count(Severity::warning, "warning") + ", " +
               count(Severity::note, "note") + ", " + std::to_string(report.count(Severity::ok)) + " ok");
}

ExitCode examine(const Options& options, const std::string& config_path, Terminal& terminal) {
  const util::SystemClock clock;
  const auto services = Services::open(config_path);
  doctor::Patient patient;
  patient.config_path = config_path;
  patient.clock = &clock;
  patient.nginx_files = options.nginx;
  if (services) {
    patient.config = &(*services)->config();
    patient.hashes = &(*services)->accounts().hashes;
    patient.pool = &(*services)->pool();
  } else {
    patient.config_error = services.error().message;
  }
  const Report report = doctor::examine(patient);
  options.json ? print_json(report, terminal) : print_text(report, options.quiet, terminal);
  return report.count(Severity::problem) == 0 ? ExitCode::ok : ExitCode::refused;
}

}  // namespace

void add_doctor(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand(
      "doctor", "Look for what is wrong with configuration, database, accounts and nginx.");
  auto options = std::make_shared<Options>();
  verb->add_option("--nginx", options->nginx,
                   "nginx configuration to look at as well: files, or what `nginx -T` printed.")
      ->type_name("FILE...");
  verb->add_flag("--json", options->json, "Answer in JSON, with the figures.");
  verb->add_flag("--quiet", options->quiet, "Leave out what is in order.");
  verb->footer(lesson(
      "Only reads. Each finding is ok, a note, a warning or a problem, and says what to do. The whole of\n"
      "auth_user is read, in pages: on a large site, ask a replica. No secret is shown, of the signing\n"
      "secret only its length. Exit status 1 when there is a problem, whatever it is: also when the\n"
      "configuration cannot be used or the database does not answer.",
      "jwtauthctl doctor\n"
      "jwtauthctl doctor --nginx /etc/nginx/sites-enabled/auth /etc/nginx/conf.d/jwtauthd.conf\n"
      "nginx -T > all.conf && jwtauthctl doctor --quiet --nginx all.conf\n"
      "jwtauthctl doctor --json | jq '.findings[] | select(.severity == \"problem\")'"));
  verb->callback([&line, options] {
    line.chosen = [&line, options](Terminal& terminal) {
      return examine(*options, line.config_path, terminal);
    };
  });
}

}  // namespace jwtauthd
