#include "ctl/bash_completion.h"

#include <CLI/CLI.hpp>

namespace jwtauthd {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands(
      [](const CLI::App* verb) { return !verb->get_name().empty() && !verb->get_group().empty(); });
}

/// Long options of `app` and its option groups; `with_value`: only those that take one.
std::string options_of(const CLI::App& app, bool with_value) {
  std::string out;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || (with_value && option->get_items_expected_max() == 0)) continue;
    for (const auto& name : option->get_lnames()) out += " --" + name;
  }
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
    out += options_of(*group, with_value);
  }
  return out;
}

/// One row of the script's case: the words that may follow `path`.
void append_rows(std::string& out, const CLI::App& app, const std::string& path,
                 const std::string& inherited) {
  std::string words;
  for (const CLI::App* verb : verbs_of(app)) words += " " + verb->get_name();
  const std::string all = inherited + options_of(app, false);
  out += "    '" + path + "') words='" + (words + all).substr(1) + "' ;;\n";
  for (const CLI::App* verb : verbs_of(app))
    append_rows(out, *verb, path + "/" + verb->get_name(), " --config");
}

std::string values_of(const CLI::App& app) {
  std::string out = options_of(app, true);
  for (const CLI::App* verb : verbs_of(app)) out += values_of(*verb);
  return out;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string rows;
  append_rows(rows, app, "", "");
  std::string values;
  for (const char c : values_of(app).substr(1)) values += c == ' ' ? '|' : c;
  return "# bash completion for jwtauthctl; written by `jwtauthctl docs bash-completion`.\n"
         "_jwtauthctl() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= words= i\n"
         "  COMPREPLY=()\n"
         "  case $previous in\n"
         "    -c|--config) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
         "    " +
         values +
         ") return ;;\n"
         "  esac\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      -c|" +
         values +
         ") ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) path+=/${COMP_WORDS[i]} ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         rows +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _jwtauthctl jwtauthctl\n";
}

}  // namespace jwtauthd
