// What the build writes from the program: manual pages and completion.
#include <cppunit/extensions/HelperMacros.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "config/config.h"
#include "ctl/bash_completion.h"
#include "ctl/command_line.h"
#include "ctl/man_page.h"
#include "ctl/roff.h"

namespace {

using namespace std::string_literals;
namespace roff = jwtauthd::roff;

class PagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PagesTest);
  CPPUNIT_TEST(roff_text_means_itself);
  CPPUNIT_TEST(command_page_has_every_verb_and_option);
  CPPUNIT_TEST(configuration_page_has_every_key);
  CPPUNIT_TEST(bash_completes_verbs_and_options);
  CPPUNIT_TEST_SUITE_END();

  jwtauthd::CommandLine line_;
  std::unique_ptr<CLI::App> app_ = jwtauthd::command_line(line_);

  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  void expect_in(const std::string& page, const CLI::App& app) const {
    for (const CLI::Option* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) {
        CPPUNIT_ASSERT_MESSAGE(name, contains(page, roff::plain("--" + name)));
      }
    }
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
      if (verb->get_group().empty()) continue;
      CPPUNIT_ASSERT_MESSAGE(verb->get_name(), contains(page, roff::plain(verb->get_name())));
      expect_in(page, *verb);
    }
  }

  /// The script's answer to TAB behind these words.
  std::string completed(const std::string& words) const {
    const std::string script = jwtauthd::bash_completion(*app_) + "COMP_WORDS=(" + words +
                               ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                               "_jwtauthctl\necho \"${COMPREPLY[*]}\"\n";
    CPPUNIT_ASSERT(!contains(script, "EOF_OF_TEST"));
    const std::string command = "bash --norc -u <<'EOF_OF_TEST' 2>&1\n" + script + "EOF_OF_TEST\n";
    const auto close = [](std::FILE* pipe) { pclose(pipe); };
    const std::unique_ptr<std::FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
    CPPUNIT_ASSERT(pipe);
    std::string out;
    std::array<char, 512> block{};
    while (std::fgets(block.data(), block.size(), pipe.get()) != nullptr) out += block.data();
    return out;
  }

 public:
  void roff_text_means_itself() {
    CPPUNIT_ASSERT_EQUAL("\\&.TH is \\-\\- not \\e(bu"s, roff::plain(".TH is -- not \\(bu"));
    CPPUNIT_ASSERT_EQUAL("a\n\\&.b\n\\&\\(aqc\\(aq"s, roff::plain("a\n.b\n'c'"));
    CPPUNIT_ASSERT_EQUAL("\\fBx\\-y\\fR"s, roff::bold("x-y"));
  }

  void command_page_has_every_verb_and_option() {
    const std::string page = jwtauthd::command_page(*app_, "1.2.3");
    CPPUNIT_ASSERT(page.starts_with(".TH \"JWTAUTHCTL\" 8 \"\" \"jwtauthd 1.2.3\""));
    expect_in(page, *app_);
    for (const char* part :
         {".SH EXIT STATUS", ".SH ENVIRONMENT", "user deactivate", "DJANGO_SUPERUSER_PASSWORD"}) {
      CPPUNIT_ASSERT_MESSAGE(part, contains(page, part));
    }
    CPPUNIT_ASSERT(contains(page, "the database cannot be reached"));
    CPPUNIT_ASSERT(!contains(page, "bash\\-completion"));
  }

  void configuration_page_has_every_key() {
    const std::string example = config::example_file();
    const std::string page = jwtauthd::configuration_page(example, "1.2.3");
    std::size_t keys = 0;
    for (std::size_t start = 0; start < example.size();) {
      const std::string line = example.substr(start, example.find('\n', start) - start);
      start += line.size() + 1;
      if (line.starts_with("["))
        CPPUNIT_ASSERT_MESSAGE(line, contains(page, ".SH " + roff::plain(line) + "\n"));
      if (!line.starts_with("#") || line == "#" || line.starts_with("# ")) continue;
      ++keys;
      CPPUNIT_ASSERT_MESSAGE(line, contains(page, ".TP\n" + roff::bold(line.substr(1)) + "\n"));
    }
    CPPUNIT_ASSERT(keys > 40);
    CPPUNIT_ASSERT(contains(page, ".SH DESCRIPTION\n" + roff::plain("jwtauthd.toml: the configuration")));
  }

  void bash_completes_verbs_and_options() {
    const struct {
      const char* words;
      const char* expected;
    } rows[] = {
        {"jwtauthctl ''",
         "migrate setup config createsuperuser changepassword user group session personal-token throttle "
         "audit "
         "keys doctor compare "
         "flush-expired-tokens oauth-client --help "
         "--version --config\n"},
        {"jwtauthctl m", "migrate\n"},
        {"jwtauthctl user d", "deactivate\n"},
        {"jwtauthctl session ''", "list revoke purge --config --help\n"},
        {"jwtauthctl audit tail --f", "--follow\n"},
        {"jwtauthctl -c user m", "migrate\n"},
        {"jwtauthctl user list --a", "--active --after\n"},
        {"jwtauthctl user show --i", "--id\n"},
        {"jwtauthctl user show --id ''", "\n"},
        {"jwtauthctl config ''", "check example --config --help\n"},
        {"jwtauthctl migrate --dry", "--dry-run\n"},
        {"jwtauthctl nonsense ''", "\n"},
    };
    for (const auto& row : rows) CPPUNIT_ASSERT_EQUAL(std::string(row.expected), completed(row.words));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PagesTest);

}  // namespace
