#include "ctl/compare.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <thread>

#include "ctl/user_text.h"
#include "ctl/verbs.h"
#include "json/value.h"
#include "util/unicode.h"

namespace jwtauthd {
namespace {

struct Compared {
  const ComparedRequest* request;
  Comparison comparison;
};

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::same:
      return "same";
    case Verdict::deliberate:
      return "deliberate";
    case Verdict::different:
      return "different";
  }
  return {};
}

/// Bodies may be any bytes.
std::string clean(const std::string& text) {
  return util::unicode::is_utf8(text) ? printable(text)
                                      : "(not UTF-8, " + std::to_string(text.size()) + " bytes)";
}

class Asking {
 public:
  Asking(const CompareOptions& options, const Sleep& sleep, Terminal& terminal)
      : options_(options), sleep_(sleep), terminal_(terminal) {}

  /// Waits and asks again when the server says that it has been asked too often: limits count addresses,
  /// and how many requests there are in a minute is not what is compared.
  util::Result<HttpAnswer> ask(const HttpAddress& address, const ComparedRequest& row) {
    HttpRequest request{row.method, row.path, row.headers, row.body, false};
    request.has_body = !row.body.empty() || row.method == "POST" || row.method == "PUT";
    const HttpOptions http{options_.timeout, options_.host};
    constexpr int kTries = 4;
    for (int tried = 1;; ++tried) {
      auto answer = exchange(address, request, http);
      if (!answer || answer->status != 429) return answer;
      const auto wait = retry_after(*answer);
      if (tried == kTries || !wait)
        return util::fail(address.authority() + ": throttled (429): try again later");
      terminal_.progress(address.authority() + " is throttling: waiting " + std::to_string(wait->count()) +
                         " s");
      sleep_(*wait);
    }
  }

 private:
  static std::optional<std::chrono::seconds> retry_after(const HttpAnswer& answer) {
    constexpr int kLongest = 120;
    const std::string_view text = answer.header("retry-after");
    int seconds = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || at != text.data() + text.size() || seconds < 0 || seconds > kLongest) {
      return std::nullopt;
    }
    return std::chrono::seconds(seconds);
  }

  const CompareOptions& options_;
  const Sleep& sleep_;
  Terminal& terminal_;
};

std::size_t count(const std::vector<Compared>& all, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const Compared& one) { return one.comparison.verdict == verdict; }));
}

void print_json(const std::vector<Compared>& all, Terminal& terminal) {
  json::Value requests = json::Value::array();
  for (const auto& [request, comparison] : all) {
    json::Value one = json::Value::object();
    one.set("name", json::Value::string(request->name));
    one.set("method", json::Value::string(request->method));
    one.set("path", json::Value::string(request->path));
    one.set("verdict", json::Value::string(name(comparison.verdict)));
    if (comparison.verdict == Verdict::deliberate) {
      one.set("reason", json::Value::string(request->deliberate.reason));
    }
    json::Value differences = json::Value::array();
    for (const auto& line : comparison.differences) differences.append(json::Value::string(clean(line)));
    one.set("differences", std::move(differences));
    requests.append(std::move(one));
  }
  json::Value report = json::Value::object();
  for (const Verdict verdict : {Verdict::same, Verdict::deliberate, Verdict::different}) {
    report.set(name(verdict), json::Value::integer(static_cast<std::int64_t>(count(all, verdict))));
  }
  report.set("requests", std::move(requests));
  terminal.out(report.dump_indented(2));
}

void print_text(const std::vector<Compared>& all, Terminal& terminal) {
  for (const auto& [request, comparison] : all) {
    if (comparison.verdict == Verdict::same) continue;
    std::string line(name(comparison.verdict));
    line.resize(11, ' ');
    line.append(request->name).append(": ").append(request->method).append(" ").append(request->path);
    if (comparison.verdict == Verdict::deliberate) {
      line.append(" (docs/compatibility.md: ").append(request->deliberate.reason).append(")");
    }
    terminal.out(line);
    for (const auto& difference : comparison.differences) terminal.out("    " + clean(difference));
  }
  terminal.out("same " + std::to_string(count(all, Verdict::same)) + ", deliberate " +
               std::to_string(count(all, Verdict::deliberate)) + ", different " +
               std::to_string(count(all, Verdict::different)));
}

ExitCode refuse(const util::Error& error, Terminal& terminal) {
  terminal.err("Error: " + clean(error.message));
  return ExitCode::refused;
}

}  // namespace

ExitCode compare(const CompareOptions& options, const Sleep& sleep, Terminal& terminal) {
  const auto reference = parse_http_address(options.reference);
  if (!reference) return refuse(reference.error(), terminal);
  const auto candidate = parse_http_address(options.candidate);
  if (!candidate) return refuse(candidate.error(), terminal);
  std::vector<const ComparedRequest*> chosen;
  for (const auto& request : compared_requests()) {
    if (request.name.find(options.only) != std::string_view::npos) chosen.push_back(&request);
  }
  if (chosen.empty()) return refuse({"no request's name contains " + options.only}, terminal);

  Asking asking(options, sleep, terminal);
  std::vector<Compared> all;
  for (const ComparedRequest* request : chosen) {
    terminal.progress(std::to_string(all.size() + 1) + "/" + std::to_string(chosen.size()) + " " +
                      std::string(request->name));
    const auto theirs = asking.ask(*reference, *request);
    const auto ours = theirs ? asking.ask(*candidate, *request) : theirs;
    if (!ours) {
      terminal.progress({});
      return refuse({std::string(request->name) + ": " + ours.error().message}, terminal);
    }
    all.push_back({request, compare_answers(*request, *theirs, *ours)});
  }
  terminal.progress({});
  options.json ? print_json(all, terminal) : print_text(all, terminal);
  return count(all, Verdict::different) == 0 ? ExitCode::ok : ExitCode::refused;
}

void add_compare(CLI::App& root, CommandLine& line) {
  CLI::App* verb = root.add_subcommand("compare", "Ask Django and jwtauthd the same, and show what differs.");
  auto options = std::make_shared<CompareOptions>();
  auto seconds = std::make_shared<unsigned>(10);
  verb->add_option("--reference", options->reference, "The Django site as it is: http://HOST[:PORT][/PATH].")
      ->required()
      ->type_name("URL");
  verb->add_option("--candidate", options->candidate, "The nginx in front of jwtauthd.")
      ->required()
      ->type_name("URL");
  verb->add_option("--host", options->host, "The name to ask both for (the header Host).")->type_name("NAME");
  verb->add_option("--only", options->only, "Only requests with this in their name.")->type_name("TEXT");
  verb->add_option("--timeout", *seconds, "Seconds that an answer may take.")
      ->capture_default_str()
      ->check(CLI::Range(1, 600));
  verb->add_flag("--json", options->json, "Answer in JSON.");
  verb->footer(lesson(
      "Harmless on a live site: no request can write, log in, or count against an account; a limit per\n"
      "address (429) is waited for. Status, headers and body are compared, less Date, Server, Connection\n"
      "and X-Request-ID. A difference that docs/compatibility.md lists is called deliberate.\n"
      "Only http is spoken, not https: ask both by the addresses they have behind TLS. Exit status 1\n"
      "when anything differs that is not deliberate, or when one of the two does not answer.",
      "jwtauthctl compare --reference http://127.0.0.1:8000 --candidate http://127.0.0.1:8080\n"
      "jwtauthctl compare --host www.example.org --reference http://10.0.0.5 --candidate http://10.0.0.6\n"
      "jwtauthctl compare --only login --json --reference http://10.0.0.5 --candidate http://10.0.0.6"));
  verb->callback([&line, options, seconds] {
    line.chosen = [options, seconds](Terminal& terminal) {
      options->timeout = std::chrono::seconds(*seconds);
      return compare(
          *options, [](std::chrono::seconds time) { std::this_thread::sleep_for(time); }, terminal);
    };
  });
}

}  // namespace jwtauthd
