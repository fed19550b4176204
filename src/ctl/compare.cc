#include "ctl/compare.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
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
  util::Result<HttpAnswer> ask(const HttpAddress& address, const ComparedRequest& row,
                               std::string_view path) {
    HttpRequest request{row.method, path, row.headers, row.body, false};
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

/// Where the reference has what `row` asks for.
std::string reference_path(const CompareOptions& options, const ComparedRequest& row) {
  const auto mapped = options.paths.find(resource_of(row));
  if (mapped == options.paths.end()) return std::string(row.path);
  const auto all = resources();
  const auto ours =
      std::find_if(all.begin(), all.end(), [&](const Resource& one) { return one.name == mapped->first; });
  // Below it, at it, or without the slash at its end.
  if (row.path.starts_with(ours->path))
    return mapped->second + std::string(row.path.substr(ours->path.size()));
  return mapped->second.substr(0, mapped->second.find_last_not_of('/') + 1);
}

std::size_t count(const std::vector<Compared>& all, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const Compared& one) { return one.comparison.verdict == verdict; }));
}

void print_json(const std::vector<Compared>& all, const std::vector<std::string>& absent,
                Terminal& terminal) {
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
  report.set("left_out", json::Value::array(absent));
  report.set("requests", std::move(requests));
  terminal.out(report.dump_indented(2));
}

void print_text(const std::vector<Compared>& all, const std::vector<std::string>& absent,
                Terminal& terminal) {
  for (const auto& resource : absent) {
    terminal.out("left out   " + resource + ": the reference has no such path (--path " + resource +
                 "=PATH says where it has it)");
  }
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
  std::set<std::string_view> there;
  std::vector<std::string> absent;
  for (const ComparedRequest* request : chosen) {
    const std::string_view resource = resource_of(*request);
    if (std::find(absent.begin(), absent.end(), resource) != absent.end()) continue;
    terminal.progress(std::to_string(all.size() + 1) + "/" + std::to_string(chosen.size()) + " " +
                      std::string(request->name));
    const auto theirs = asking.ask(*reference, *request, reference_path(options, *request));
    // Its first 404 says that a usual site has no such resource: that is no answer to compare.
    if (theirs && !resource.empty() && there.insert(resource).second && theirs->status == 404) {
      absent.emplace_back(resource);
      continue;
    }
    const auto ours = theirs ? asking.ask(*candidate, *request, request->path) : theirs;
    if (!ours) {
      terminal.progress({});
      return refuse({std::string(request->name) + ": " + ours.error().message}, terminal);
    }
    all.push_back({request, compare_answers(*request, *theirs, *ours)});
  }
  terminal.progress({});
  options.json ? print_json(all, absent, terminal) : print_text(all, absent, terminal);
  if (all.empty()) return refuse({"the reference has none of these paths"}, terminal);
  return count(all, Verdict::different) == 0 ? ExitCode::ok : ExitCode::refused;
}

namespace {

/// "login=/auth/jwt/create/" → a member of `paths`; else what is wrong with it.
std::string take_path(const std::string& word, CompareOptions& options) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const auto all = resources();
  std::string names;
  for (const Resource& one : all) names += (names.empty() ? "" : ", ") + std::string(one.name);
  if (std::none_of(all.begin(), all.end(), [&](const Resource& one) { return one.name == name; })) {
    return "a path is for one of " + names;
  }
  const std::string path = equals == std::string::npos ? "" : word.substr(equals + 1);
  const bool plain = path.starts_with('/') &&
                     std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain) return "give it as " + name + "=/a/path/";
  options.paths[name] = path;
  return {};
}

}  // namespace

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
  verb->add_option_function<std::vector<std::string>>(
          "--path",
          [options](const std::vector<std::string>& words) {
            for (const auto& word : words) {
              if (auto wrong = take_path(word, *options); !wrong.empty()) {
                throw CLI::ValidationError("--path", wrong);
              }
            }
          },
          "Where the reference has what we have elsewhere: register, login, token, refresh, verify, "
          "blacklist, "
          "dashboard.")
      ->type_name("NAME=PATH")
      ->allow_extra_args(false);
  verb->add_option("--timeout", *seconds, "Seconds that an answer may take.")
      ->capture_default_str()
      ->check(CLI::Range(1, 600));
  verb->add_flag("--json", options->json, "Answer in JSON.");
  verb->footer(lesson(
      "Harmless on a live site: no request can write, log in, or count against an account; a limit per\n"
      "address (429) is waited for. Status, headers and body are compared, less Date, Server, Connection\n"
      "and X-Request-ID. A difference that docs/compatibility.md lists is called deliberate. What the\n"
      "reference answers with 404 is left out, and said to be.\n"
      "Only http is spoken, not https: ask both by the addresses they have behind TLS. Exit status 1\n"
      "when anything differs that is not deliberate, or when one of the two does not answer.",
      "jwtauthctl compare --reference http://127.0.0.1:8000 --candidate http://127.0.0.1:8080\n"
      "jwtauthctl compare --path login=/auth/jwt/create/ --reference http://10.0.0.5 --candidate "
      "http://10.0.0.6\n"
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
