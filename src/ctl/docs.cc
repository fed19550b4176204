// The verbs that the build runs to write what it installs beside the program. Not shown in the help.

#include <CLI/CLI.hpp>

#include "api/openapi.h"
#include "config/config.h"
#include "ctl/bash_completion.h"
#include "ctl/man_page.h"
#include "ctl/verbs.h"
#include "metrics/table.h"

#ifndef JWTAUTHD_VERSION
#define JWTAUTHD_VERSION "0"
#endif

namespace jwtauthd {

void add_docs(CLI::App& root, CommandLine& line) {
  CLI::App* group = root.add_subcommand("docs", "Write the manual pages and the completion.");
  group->group("")->require_subcommand(1);
  const auto add = [&](const char* name, const char* description, auto&& text) {
    group->add_subcommand(name, description)->callback([&line, text] {
      line.chosen = [text](Terminal& terminal) {
        std::string page = text();
        page.pop_back();
        terminal.out(page);
        return ExitCode::ok;
      };
    });
  };
  const CLI::App* app = &root;
  add("command-page", "jwtauthctl(8)", [app] { return command_page(*app, JWTAUTHD_VERSION); });
  add("configuration-page", "jwtauthd.toml(5)",
      [] { return configuration_page(config::example_file(), JWTAUTHD_VERSION); });
  add("bash-completion", "For bash.", [app] { return bash_completion(*app); });
  add("metrics", "The table of docs/metrics.md.", [] { return metrics::reference(); });
  add("openapi", "The OpenAPI document of all endpoints.",
      [] { return api::openapi_document(api::everything()); });
}

}  // namespace jwtauthd
