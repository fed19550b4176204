#include <CLI/CLI.hpp>

#include "ctl/man_page.h"
#include "ctl/roff.h"

namespace jwtauthd {
namespace {

using Options = std::vector<const CLI::Option*>;
using Verbs = std::vector<const CLI::App*>;

Verbs verbs_of(const CLI::App& app) {
  return app.get_subcommands(
      [](const CLI::App* verb) { return !verb->get_name().empty() && !verb->get_group().empty(); });
}

/// With those of its groups of options.
Options options_of(const CLI::App& app) {
  Options options = app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
    const Options more = options_of(*group);
    options.insert(options.end(), more.begin(), more.end());
  }
  // A verb's --help is its parent's.
  if (app.get_parent() != nullptr) std::erase(options, app.get_help_ptr());
  return options;
}

std::string name_of(const CLI::Option& option) {
  if (option.get_positional()) return roff::italic(option.get_name(true));
  std::string out;
  for (const auto& name : option.get_snames()) out += (out.empty() ? "" : ", ") + roff::bold("-" + name);
  for (const auto& name : option.get_lnames()) out += (out.empty() ? "" : ", ") + roff::bold("--" + name);
  if (option.get_items_expected_max() > 0) out += " " + roff::italic(option.get_type_name());
  return out;
}

std::string option_list(const Options& options) {
  std::string out;
  for (const CLI::Option* option : options) {
    out += ".TP\n" + name_of(*option) + "\n" + roff::plain(option->get_description());
    if (!option->get_default_str().empty())
      out += " Default: " + roff::plain(option->get_default_str()) + ".";
    out += "\n";
  }
  return out;
}

/// Prose as a paragraph, examples as they stand.
std::string footer(std::string_view text) {
  const std::string_view mark = "Examples:\n";
  const std::size_t at = std::min(text.find(mark), text.size());
  std::string out;
  if (at > 0) out += ".PP\n" + roff::plain(text.substr(0, at)) + "\n";
  if (at < text.size()) out += roff::verbatim(text.substr(at + mark.size()));
  return out;
}

void append_verb(std::string& out, const CLI::App& verb, const std::string& path) {
  const Verbs inner = verbs_of(verb);
  for (const CLI::App* sub : inner) append_verb(out, *sub, path + " " + sub->get_name());
  if (!inner.empty()) return;
  std::string synopsis = roff::bold(path);
  const Options options = options_of(verb);
  for (const CLI::Option* option : options) {
    if (option->get_positional()) synopsis += " [" + name_of(*option) + "]";
  }
  out += ".SS " + synopsis + "\n" + roff::plain(verb.get_description()) + "\n" + option_list(options);
  out += footer(verb.get_footer());
}

/// The lines of the footer between "Exit status:" and the next empty one.
std::string exit_status(const std::string& footer_text) {
  const std::string_view mark = "Exit status:\n";
  const std::size_t start = footer_text.find(mark) + mark.size();
  return footer_text.substr(start, footer_text.find("\n\n", start) - start);
}

}  // namespace

std::string command_page(const CLI::App& app, std::string_view version) {
  std::string out = roff::title(app.get_name(), "8", version);
  out += roff::heading("NAME") + roff::plain(app.get_name() + " - look after jwtauthd") + "\n";
  out += roff::heading("SYNOPSIS") + roff::bold(app.get_name()) + " [" + roff::bold("-c") + " " +
         roff::italic("FILE") + "] " + roff::italic("VERB") + " [" + roff::italic("OPTION") + "...]\n";
  out += roff::heading("DESCRIPTION") + roff::plain(app.get_description()) + "\n";
  out += roff::heading("OPTIONS") + option_list(options_of(app));
  out += roff::heading("VERBS");
  for (const CLI::App* verb : verbs_of(app)) append_verb(out, *verb, verb->get_name());
  out += roff::heading("EXIT STATUS") + roff::verbatim(exit_status(app.get_footer()));
  out += roff::heading("ENVIRONMENT") +
         roff::plain(
             "JWTAUTHD_SECTION_KEY overrides a key of the configuration, see jwtauthd.toml(5). "
             "DJANGO_SUPERUSER_USERNAME, DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD are read by "
             "createsuperuser --noinput.") +
         "\n";
  out += roff::heading("SEE ALSO") + roff::bold("jwtauthd") + "(8), " + roff::bold("jwtauthd.toml") + "(5)\n";
  return out;
}

}  // namespace jwtauthd
