// jwtauthctl restart, with a systemctl that writes down what it is told.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ctl/command_line.h"
#include "ctl/scripted_terminal.h"

namespace {

using namespace std::string_literals;

class RestartTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RestartTest);
  CPPUNIT_TEST(tables_come_first_then_one_worker_after_the_other);
  CPPUNIT_TEST(tables_that_are_somebody_elses_are_left_to_him);
  CPPUNIT_TEST(tables_that_stay_old_end_it);
  CPPUNIT_TEST(a_worker_that_does_not_get_ready_ends_it);
  CPPUNIT_TEST_SUITE_END();

  std::filesystem::path directory_;
  std::string path_;  // PATH, as it was
  ctl_test::ScriptedTerminal terminal_;

  /// `state`: LoadState of the unit for the tables. `fails`: the unit whose restart does not succeed.
  int restart(const std::string& state, const std::string& fails = "none") {
    const std::string program = (directory_ / "systemctl").string();
    std::ofstream(program)
        << "#!/bin/sh\n"
           "case \"$*\" in\n"
           "  'show -P LoadState jwtauthd-migrate.service') echo "
        << state
        << " ;;\n"
           "  list-units*) printf 'jwtauthd@1.service loaded\\njwtauthd@2.service loaded\\n' ;;\n"
           "  *) echo \"$*\" >>'"
        << (directory_ / "told").string() << "' ; [ \"$2\" != " << fails << " ] ;;\nesac\n";
    chmod(program.c_str(), 0755);
    const char* const words[] = {"jwtauthctl", "restart"};
    return jwtauthd::run(2, words, terminal_);
  }
  std::string told() const {
    std::stringstream text;
    text << std::ifstream(directory_ / "told").rdbuf();
    return text.str();
  }

 public:
  void setUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "jwtauthctl-restart-XXXXXX").string();
    CPPUNIT_ASSERT(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    const char* const path = std::getenv("PATH");
    path_ = path != nullptr ? path : "/usr/bin:/bin";
    setenv("PATH", (directory_.string() + ":" + path_).c_str(), 1);
  }
  void tearDown() override {
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(directory_);
  }

  void tables_come_first_then_one_worker_after_the_other() {
    CPPUNIT_ASSERT_EQUAL(0, restart("loaded"));
    CPPUNIT_ASSERT_EQUAL(
        "restart jwtauthd-migrate.service\nrestart jwtauthd@1.service\nrestart jwtauthd@2.service\n"s,
        told());
  }

  void tables_that_are_somebody_elses_are_left_to_him() {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.errors, 0, restart("masked", "jwtauthd-migrate.service"));
    CPPUNIT_ASSERT_EQUAL("restart jwtauthd@1.service\nrestart jwtauthd@2.service\n"s, told());
  }

  void tables_that_stay_old_end_it() {
    CPPUNIT_ASSERT_EQUAL(1, restart("loaded", "jwtauthd-migrate.service"));
    CPPUNIT_ASSERT_EQUAL("restart jwtauthd-migrate.service\n"s, told());
  }

  void a_worker_that_does_not_get_ready_ends_it() {
    CPPUNIT_ASSERT_EQUAL(1, restart("loaded", "jwtauthd@1.service"));
    CPPUNIT_ASSERT_EQUAL("restart jwtauthd-migrate.service\nrestart jwtauthd@1.service\n"s, told());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RestartTest);

}  // namespace
