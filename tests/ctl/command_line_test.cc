#include "ctl/command_line.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/config.h"
#include "ctl/scripted_terminal.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;
using ctl_test::ScriptedTerminal;

/// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    path_ = (std::filesystem::temp_directory_path() / "jwtauthctl-test-XXXXXX").string();
    const int fd = mkstemp(path_.data());
    CPPUNIT_ASSERT(fd >= 0);
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(text.size()), write(fd, text.data(), text.size()));
    close(fd);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string sound_configuration() {
  const char* source = std::getenv("JWTAUTHD_SRCDIR");
  const std::string directory =
      std::filesystem::absolute(source != nullptr ? source : ".").lexically_normal().string();
  return "[server]\nlisten = \"/run/jwtauthd-test.sock\"\n"
         "[database]\nsocket = \"/nonexistent/mysqld.sock\"\nname = \"d\"\nuser = \"u\"\nconnect_timeout = "
         "\"1s\"\n"
         "[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a\"\n"
         "[passwords]\ncommon_passwords_file = \"" +
         directory + "/conf/common-passwords.txt\"\n";
}

class CommandLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommandLineTest);
  CPPUNIT_TEST(wrong_command_lines_end_with_2);
  CPPUNIT_TEST(every_help_teaches);
  CPPUNIT_TEST(configuration_may_be_named_before_or_behind_the_verb);
  CPPUNIT_TEST(names_that_look_like_verbs_are_names);
  CPPUNIT_TEST(unusable_configuration_ends_with_4);
  CPPUNIT_TEST(config_check_opens_what_the_daemon_would);
  CPPUNIT_TEST(config_check_speaks_json);
  CPPUNIT_TEST(config_example_is_the_shipped_file);
  CPPUNIT_TEST(database_away_ends_with_3);
  CPPUNIT_TEST_SUITE_END();

  ScriptedTerminal terminal_;

  int run(std::vector<std::string> words) {
    terminal_ = {};
    terminal_.somebody_there = false;
    words.insert(words.begin(), "jwtauthctl");
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());
    return jwtauthd::run(static_cast<int>(argv.size()), argv.data(), terminal_);
  }

  bool says(std::string_view text) {
    return (terminal_.output + terminal_.errors).find(text) != std::string::npos;
  }

 public:
  void wrong_command_lines_end_with_2() {
    const std::vector<std::vector<std::string>> rows = {
        {},
        {"nonsense"},
        {"--nonsense"},
        {"migrate", "--nonsense"},
        {"migrate", "--status", "--dry-run"},
        {"migrate", "surplus"},
        {"doctor", "--nginx"},
        {"compare"},
        {"compare", "--reference", "http://127.0.0.1"},
        {"compare", "--reference", "http://a", "--candidate", "http://b", "--timeout", "0"},
        {"migrate", "user", "list"},
        {"config"},
        {"config", "nonsense"},
        {"user"},
        {"user", "show"},
        {"user", "show", "ann", "--id", "7"},
        {"user", "show", "--id", "seven"},
        {"user", "deactivate"},
        {"user", "list", "--active", "--inactive"},
        {"user", "list", "--limit", "-1"},
        {"user", "list", "--limit"},
        {"changepassword", "one", "two"},
        {"session"},
        {"session", "revoke"},
        {"sessions", "purge", "--batch", "0"},
        {"throttle", "clear"},
        {"throttle", "clear", "ann", "--address", "192.0.2.1"},
        {"audit", "search", "--event", "no_such"},
        {"audit", "search", "--since", "yesterday"},
        {"user", "revoke-tokens"},
        {"-c"},
    };
    for (const auto& words : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(words.empty() ? "nothing" : words.back(), 2, run(words));
      CPPUNIT_ASSERT(!terminal_.errors.empty());
      CPPUNIT_ASSERT_EQUAL(""s, terminal_.output);
    }
  }

  void every_help_teaches() {
    CPPUNIT_ASSERT_EQUAL(0, run({"--help"}));
    for (const char* expected :
         {"migrate", "createsuperuser", "Exit status:", "Examples:", "--config", "--version"}) {
      CPPUNIT_ASSERT_MESSAGE(expected, says(expected));
    }
    CPPUNIT_ASSERT(!says("docs"));
    const std::vector<std::vector<std::string>> verbs = {
        {"migrate"},          {"config", "check"},   {"config", "example"},
        {"createsuperuser"},  {"changepassword"},    {"user", "list"},
        {"user", "show"},     {"user", "activate"},  {"user", "deactivate"},
        {"doctor"},           {"compare"},           {"user", "revoke-tokens"},
        {"session", "list"},  {"session", "revoke"}, {"session", "purge"},
        {"throttle", "list"}, {"throttle", "clear"}, {"audit", "tail"},
        {"audit", "search"}};
    for (auto words : verbs) {
      const std::string verb = words.size() == 1 ? words[0] : words[0] + " " + words[1];
      words.emplace_back("--help");
      CPPUNIT_ASSERT_EQUAL(0, run(words));
      CPPUNIT_ASSERT_MESSAGE(verb, says("Examples:"));
      CPPUNIT_ASSERT_MESSAGE(verb, says("jwtauthctl " + verb));
      CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
    }
    CPPUNIT_ASSERT_EQUAL(0, run({"--version"}));
    CPPUNIT_ASSERT(terminal_.output.starts_with("jwtauthctl "));
  }

  void configuration_may_be_named_before_or_behind_the_verb() {
    const TemporaryFile file(sound_configuration());
    const std::vector<std::vector<std::string>> rows = {{"-c", file.path(), "config", "check"},
                                                        {"config", "-c", file.path(), "check"},
                                                        {"config", "check", "-c", file.path()},
                                                        {"config", "check", "--config=" + file.path()}};
    for (const auto& words : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.errors, 0, run(words));
      CPPUNIT_ASSERT_EQUAL(file.path() + ": good\n", terminal_.output);
    }
  }

  void names_that_look_like_verbs_are_names() {
    // Parsed, the verb goes on to a configuration that is not there.
    for (const char* name : {"migrate", "user", "list", "docs", "x"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 4, run({"-c", "/nonexistent.toml", "changepassword", name}));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 4, run({"-c", "/nonexistent.toml", "user", "show", name}));
    }
    CPPUNIT_ASSERT_EQUAL(4, run({"-c", "/nonexistent.toml", "user", "show", "--", "-dash"}));
    CPPUNIT_ASSERT_EQUAL(4, run({"-c", "/nonexistent.toml", "user", "show", "+plus@x"}));
  }

  void unusable_configuration_ends_with_4() {
    const TemporaryFile file("[server]\nnonsense = 1\n");
    const std::vector<std::vector<std::string>> rows = {{"config", "check"},
                                                        {"migrate"},
                                                        {"user", "list"},
                                                        {"createsuperuser", "--noinput"},
                                                        {"changepassword", "a"}};
    for (const auto& words : rows) {
      auto with_file = words;
      with_file.insert(with_file.end(), {"-c", file.path()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(words[0], 4, run(with_file));
      CPPUNIT_ASSERT_MESSAGE(words[0], says(file.path() + ":2: server.nonsense"));
      CPPUNIT_ASSERT_EQUAL(""s, terminal_.output);
    }
  }

  void config_check_opens_what_the_daemon_would() {
    const auto with = [](const std::string& from, const std::string& to) {
      std::string text = sound_configuration();
      const std::size_t at = text.find(from);
      CPPUNIT_ASSERT(at != std::string::npos);
      return text.replace(at, from.size(), to);
    };
    const struct {
      std::string text;
      const char* expected;
    } rows[] = {
        {with("4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a", "short"), "signing_key"},
        {with("conf/common-passwords.txt", "conf/nowhere.txt"), "common_passwords_file"},
        {with("HS256", "HS1"), "tokens.algorithm"},
    };
    for (const auto& row : rows) {
      const TemporaryFile file(row.text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.expected, 4, run({"config", "check", "-c", file.path()}));
      CPPUNIT_ASSERT_MESSAGE(terminal_.errors, says(row.expected));
      CPPUNIT_ASSERT(terminal_.errors.starts_with(file.path()));
    }
  }

  void config_check_speaks_json() {
    const TemporaryFile good(sound_configuration());
    CPPUNIT_ASSERT_EQUAL(0, run({"config", "check", "--json", "-c", good.path()}));
    const auto fine = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT(fine.get("good")->as_boolean());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, fine.get("findings")->size());

    const TemporaryFile bad("[server]\nnonsense = 1\nfolly = 2\n");
    CPPUNIT_ASSERT_EQUAL(4, run({"config", "check", "--json", "-c", bad.path()}));
    const auto report = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT(!report.get("good")->as_boolean());
    CPPUNIT_ASSERT(report.get("findings")->size() >= 2);
  }

  void config_example_is_the_shipped_file() {
    CPPUNIT_ASSERT_EQUAL(0, run({"config", "example"}));
    CPPUNIT_ASSERT_EQUAL(config::example_file(), terminal_.output);
  }

  void database_away_ends_with_3() {
    const TemporaryFile file(sound_configuration());
    for (const std::vector<std::string>& words : {std::vector<std::string>{"migrate", "--status"},
                                                  {"migrate"},
                                                  {"user", "list"},
                                                  {"changepassword", "a"}}) {
      auto with_file = words;
      with_file.insert(with_file.end(), {"-c", file.path()});
      CPPUNIT_ASSERT_EQUAL(3, run(with_file));
      CPPUNIT_ASSERT(terminal_.errors.starts_with("Error: the database does not answer: "));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CommandLineTest);

}  // namespace
