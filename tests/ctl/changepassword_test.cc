// Prompts and messages are those of Django's changepassword.
#include "ctl/changepassword.h"

#include <cppunit/extensions/HelperMacros.h>

#include "ctl/accounts_in_memory.h"

namespace {

using namespace std::string_literals;
using ctl_test::kGood;
using jwtauthd::ExitCode;

class ChangePasswordTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChangePasswordTest);
  CPPUNIT_TEST(stores_the_new_password);
  CPPUNIT_TEST(unknown_user_is_told_before_anything_is_asked);
  CPPUNIT_TEST(name_is_normalised_and_shown_as_stored);
  CPPUNIT_TEST(gives_up_after_three_attempts);
  CPPUNIT_TEST(knows_what_a_password_must_not_resemble);
  CPPUNIT_TEST(empty_answer_aborts);
  CPPUNIT_TEST(reads_from_a_pipe);
  CPPUNIT_TEST(user_deleted_meanwhile_is_told);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::AccountsInMemory accounts_;
  ctl_test::ScriptedTerminal terminal_;

  ExitCode change(const std::string& username) {
    return jwtauthd::change_password(username, accounts_.all(), terminal_);
  }

 public:
  void stores_the_new_password() {
    accounts_.users.add("ann", "old");
    terminal_.answers = {kGood, kGood};
    CPPUNIT_ASSERT(change("ann") == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL("Changing password for user 'ann'\nPassword changed successfully for user 'ann'\n"s,
                         terminal_.output);
    CPPUNIT_ASSERT_EQUAL("Password: ***\nPassword (again): ***\n"s, terminal_.conversation);
    CPPUNIT_ASSERT(accounts_.hashes.verify(kGood, accounts_.users.rows[0].password).matched);
    const store::Ending& ending = accounts_.sessions.endings.at(0);
    CPPUNIT_ASSERT(ending.reason == store::SessionEnd::password_changed);
    CPPUNIT_ASSERT(ending.event.kind == store::AuditKind::password_changed);
    CPPUNIT_ASSERT(ending.now == accounts_.clock.now_);
    CPPUNIT_ASSERT(ending.refresh_end >= accounts_.clock.now_ + std::chrono::hours(24));
  }

  void unknown_user_is_told_before_anything_is_asked() {
    CPPUNIT_ASSERT(change("nobody") == ExitCode::refused);
    CPPUNIT_ASSERT_EQUAL("Error: user 'nobody' does not exist\n"s, terminal_.errors);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.conversation);
  }

  void name_is_normalised_and_shown_as_stored() {
    accounts_.users.add("Ann");
    terminal_.answers = {kGood, kGood};
    CPPUNIT_ASSERT(change("ａNN") == ExitCode::ok);
    CPPUNIT_ASSERT(terminal_.output.starts_with("Changing password for user 'Ann'\n"));
  }

  void gives_up_after_three_attempts() {
    accounts_.users.add("ann", "old");
    terminal_.answers = {kGood, "other", "short", "short", " spaced-quilt", " spaced-quilt", kGood, kGood};
    CPPUNIT_ASSERT(change("ann") == ExitCode::refused);
    CPPUNIT_ASSERT_EQUAL(
        "Passwords do not match. Please try again.\n"
        "This password is too short. It must contain at least 8 characters.\n"
        "Error: The password begins or ends with white space, which a login leaves out.\n"
        "Error: Aborting password change for user 'ann' after 3 attempts\n"s,
        terminal_.errors);
    CPPUNIT_ASSERT_EQUAL("old"s, accounts_.users.rows[0].password);
  }

  void knows_what_a_password_must_not_resemble() {
    store::User& user = accounts_.users.add("ann");
    user.last_name = "Marzipan";
    terminal_.answers = {"marzipan1", "marzipan1"};
    CPPUNIT_ASSERT(change("ann") == ExitCode::refused);
    CPPUNIT_ASSERT(terminal_.errors.starts_with("The password is too similar to the last name.\n"));
  }

  void empty_answer_aborts() {
    accounts_.users.add("ann", "old");
    for (const std::deque<std::string>& answers : {std::deque<std::string>{}, {""}, {kGood}, {kGood, ""}}) {
      terminal_ = {};
      terminal_.answers = answers;
      CPPUNIT_ASSERT(change("ann") == ExitCode::refused);
      CPPUNIT_ASSERT_EQUAL("Error: aborted\n"s, terminal_.errors);
    }
    CPPUNIT_ASSERT_EQUAL("old"s, accounts_.users.rows[0].password);
  }

  void reads_from_a_pipe() {
    accounts_.users.add("ann", "old");
    terminal_.somebody_there = false;
    terminal_.answers = {kGood, kGood};
    CPPUNIT_ASSERT(change("ann") == ExitCode::ok);
  }

  void user_deleted_meanwhile_is_told() {
    accounts_.users.add("ann", "old");
    accounts_.users.before_set_password = [&] { accounts_.users.rows.clear(); };
    terminal_.answers = {kGood, kGood};
    CPPUNIT_ASSERT(change("ann") == ExitCode::refused);
    CPPUNIT_ASSERT_EQUAL("Error: user 'ann' has been deleted meanwhile\n"s, terminal_.errors);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChangePasswordTest);

}  // namespace
