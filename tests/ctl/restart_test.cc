#include "ctl/restart.h"

#include <cppunit/extensions/HelperMacros.h>

#include "ctl/fake_host.h"
#include "ctl/scripted_terminal.h"

namespace {

using jwtauthd::ExitCode;
using Told = std::vector<std::string>;

class RestartTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RestartTest);
  CPPUNIT_TEST(tables_come_first_then_one_worker_after_the_other);
  CPPUNIT_TEST(tables_that_are_somebody_elses_are_left_to_him);
  CPPUNIT_TEST(tables_that_stay_old_end_it);
  CPPUNIT_TEST(a_worker_that_does_not_get_ready_ends_it);
  CPPUNIT_TEST(says_when_none_runs);
  CPPUNIT_TEST(hands_on_what_systemctl_complains_of);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::FakeHost host_;
  ctl_test::ScriptedTerminal terminal_;

  ExitCode restart() { return jwtauthd::restart_workers(host_, terminal_); }
  /// What was restarted, in order.
  Told restarted() const {
    const std::string order = "systemctl restart ";
    Told told;
    for (const auto& line : host_.ran) {
      if (line.starts_with(order)) told.push_back(line.substr(order.size()));
    }
    return told;
  }

 public:
  void setUp() override {
    host_.answer("systemctl show -P LoadState jwtauthd-migrate.service", 0, "loaded");
    host_.answer("systemctl list-units", 0,
                 "jwtauthd@1.service loaded active running\njwtauthd@2.service loaded active running");
  }

  void tables_come_first_then_one_worker_after_the_other() {
    CPPUNIT_ASSERT(restart() == ExitCode::ok);
    CPPUNIT_ASSERT(restarted() ==
                   (Told{"jwtauthd-migrate.service", "jwtauthd@1.service", "jwtauthd@2.service"}));
  }

  void tables_that_are_somebody_elses_are_left_to_him() {
    host_.answer("systemctl show -P LoadState jwtauthd-migrate.service", 0, "masked");
    host_.answer("systemctl restart jwtauthd-migrate.service", 1);
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, restart() == ExitCode::ok);
    CPPUNIT_ASSERT(restarted() == (Told{"jwtauthd@1.service", "jwtauthd@2.service"}));
  }

  void tables_that_stay_old_end_it() {
    host_.answer("systemctl restart jwtauthd-migrate.service", 1, "Job for it failed.");
    CPPUNIT_ASSERT(restart() == ExitCode::refused);
    CPPUNIT_ASSERT(restarted() == Told{"jwtauthd-migrate.service"});
    CPPUNIT_ASSERT(terminal_.errors.find("Job for it failed.") != std::string::npos);
  }

  void a_worker_that_does_not_get_ready_ends_it() {
    host_.answer("systemctl restart jwtauthd@1.service", 1);
    CPPUNIT_ASSERT(restart() == ExitCode::refused);
    CPPUNIT_ASSERT(restarted() == (Told{"jwtauthd-migrate.service", "jwtauthd@1.service"}));
  }

  void says_when_none_runs() {
    host_.answer("systemctl list-units", 0);
    CPPUNIT_ASSERT(restart() == ExitCode::refused);
    CPPUNIT_ASSERT(terminal_.errors.find("no worker is running") != std::string::npos);
  }

  void hands_on_what_systemctl_complains_of() {
    const std::string complaint = "Warning: the unit file changed on disk.";
    host_.answer("systemctl list-units", 0, complaint + "\njwtauthd@1.service loaded active running");
    host_.answer("systemctl restart jwtauthd@1.service", 0, complaint);
    CPPUNIT_ASSERT(restart() == ExitCode::ok);
    CPPUNIT_ASSERT(restarted() == (Told{"jwtauthd-migrate.service", "jwtauthd@1.service"}));
    CPPUNIT_ASSERT(terminal_.errors.find(complaint) != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RestartTest);

}  // namespace
