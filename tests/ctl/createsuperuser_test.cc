// Prompts and messages are those of Django's createsuperuser.
#include "ctl/createsuperuser.h"

#include <cppunit/extensions/HelperMacros.h>

#include "ctl/accounts_in_memory.h"

namespace {

using namespace std::string_literals;
using ctl_test::kGood;
using jwtauthd::ExitCode;
using jwtauthd::SuperuserRequest;

class CreateSuperuserTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CreateSuperuserTest);
  CPPUNIT_TEST(asks_for_what_is_not_given);
  CPPUNIT_TEST(asks_nothing_that_is_given);
  CPPUNIT_TEST(proposes_the_callers_own_name_while_it_is_free);
  CPPUNIT_TEST(asks_again_until_the_answer_is_good);
  CPPUNIT_TEST(asks_again_for_an_argument_that_is_no_good);
  CPPUNIT_TEST(weak_password_can_be_insisted_on);
  CPPUNIT_TEST(password_that_no_login_could_give_is_refused);
  CPPUNIT_TEST(end_of_input_cancels_at_every_prompt);
  CPPUNIT_TEST(stores_normalised_name_and_address);
  CPPUNIT_TEST(email_may_be_blank_and_then_shared);
  CPPUNIT_TEST(noinput_takes_everything_from_the_request);
  CPPUNIT_TEST(noinput_without_password_makes_an_account_that_nobody_can_open);
  CPPUNIT_TEST(noinput_refuses_what_is_missing_or_wrong);
  CPPUNIT_TEST(without_a_terminal_nothing_is_asked);
  CPPUNIT_TEST(loser_of_a_race_is_told);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::AccountsInMemory accounts_;
  ctl_test::ScriptedTerminal terminal_;

  ExitCode create(SuperuserRequest request = {}) {
    return jwtauthd::create_superuser(std::move(request), accounts_.all(), terminal_);
  }
  static SuperuserRequest request(std::optional<std::string> username, std::optional<std::string> email) {
    SuperuserRequest made;
    made.username = std::move(username);
    made.email = std::move(email);
    return made;
  }
  static SuperuserRequest noinput(std::optional<std::string> username, std::optional<std::string> email,
                                  std::optional<std::string> password) {
    SuperuserRequest made = request(std::move(username), std::move(email));
    made.noinput = true;
    if (password) made.password = util::Secret::take(std::move(*password));
    return made;
  }

 public:
  void asks_for_what_is_not_given() {
    terminal_.answers = {"ann", "ann@example.com", kGood, kGood};
    CPPUNIT_ASSERT(create() == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(
        "Username: ann\nEmail address: ann@example.com\nPassword: ***\nPassword (again): ***\n"s,
        terminal_.conversation);
    CPPUNIT_ASSERT_EQUAL("Superuser created successfully.\n"s, terminal_.output);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, accounts_.users.rows.size());
    const store::User& user = accounts_.users.rows[0];
    CPPUNIT_ASSERT(user.is_staff && user.is_superuser && user.is_active);
    CPPUNIT_ASSERT(user.date_joined == accounts_.clock.now_);
    CPPUNIT_ASSERT(accounts_.hashes.verify(kGood, user.password).matched);
  }

  void asks_nothing_that_is_given() {
    terminal_.answers = {kGood, kGood};
    CPPUNIT_ASSERT(create(request("ann", "ann@example.com")) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL("Password: ***\nPassword (again): ***\n"s, terminal_.conversation);
  }

  void proposes_the_callers_own_name_while_it_is_free() {
    SuperuserRequest mine;
    mine.default_username = "operator";
    terminal_.answers = {"", "", kGood, kGood};
    CPPUNIT_ASSERT(create(std::move(mine)) == ExitCode::ok);
    CPPUNIT_ASSERT(terminal_.conversation.starts_with("Username (leave blank to use 'operator'): \n"));
    CPPUNIT_ASSERT_EQUAL("operator"s, accounts_.users.rows[0].username);

    terminal_ = {};
    SuperuserRequest again;
    again.default_username = "operator";
    CPPUNIT_ASSERT(create(std::move(again)) == ExitCode::refused);
    CPPUNIT_ASSERT(terminal_.conversation.starts_with("Username: "));
  }

  void asks_again_until_the_answer_is_good() {
    accounts_.users.add("taken", "!", "taken@example.com");
    terminal_.answers = {"",
                         "a b",
                         "TAKEN",
                         std::string(151, 'x'),
                         "ann",
                         "bad",
                         "Taken@Example.com",
                         "ann@example.com",
                         kGood,
                         "other",
                         "  ",
                         "  ",
                         kGood,
                         kGood};
    CPPUNIT_ASSERT(create() == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(
        "Error: This field cannot be blank.\n"
        "Error: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ "
        "characters.\n"
        "Error: That username is already taken.\n"
        "Error: Ensure this value has at most 150 characters (it has 151).\n"
        "Error: Enter a valid email address.\n"
        "Error: That email address is already taken.\n"
        "Error: Your passwords didn't match.\n"
        "Error: Blank passwords aren't allowed.\n"s,
        terminal_.errors);
  }

  void asks_again_for_an_argument_that_is_no_good() {
    accounts_.users.add("taken");
    terminal_.answers = {"ann", "ann@example.com", kGood, kGood};
    CPPUNIT_ASSERT(create(request("taken", "nonsense")) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL("Error: That username is already taken.\nError: Enter a valid email address.\n"s,
                         terminal_.errors);
  }

  void weak_password_can_be_insisted_on() {
    terminal_.answers = {"12345", "12345", "n", "12345", "12345", "", "12345", "12345", "Y"};
    CPPUNIT_ASSERT(create(request("ann", "")) == ExitCode::ok);
    const std::string question = "Bypass password validation and create user anyway? [y/N]: ";
    CPPUNIT_ASSERT_EQUAL("Password: ***\nPassword (again): ***\n" + question +
                             "n\nPassword: ***\nPassword (again): ***\n" + question +
                             "\nPassword: ***\nPassword (again): ***\n" + question + "Y\n",
                         terminal_.conversation);
    CPPUNIT_ASSERT(
        terminal_.errors.starts_with("This password is too short. It must contain at least 8 characters.\n"
                                     "This password is too common.\nThis password is entirely numeric.\n"));
    CPPUNIT_ASSERT(accounts_.hashes.verify("12345", accounts_.users.rows[0].password).matched);
  }

  void password_that_no_login_could_give_is_refused() {
    const std::string spaced = std::string(kGood) + " ";
    const std::string latin1 = "Zebra-\xfc-quilt";
    terminal_.answers = {spaced, spaced, latin1, latin1, kGood, kGood};
    CPPUNIT_ASSERT(create(request("ann", "")) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(
        "Error: The password begins or ends with white space, which a login leaves out.\n"
        "Error: The password is not UTF-8 text.\n"s,
        terminal_.errors);
    CPPUNIT_ASSERT(create(noinput("bea", "bea@example.com", spaced)) == ExitCode::refused);
  }

  void end_of_input_cancels_at_every_prompt() {
    const std::deque<std::string> full = {"ann", "ann@example.com", "12345", "12345"};
    for (std::size_t given = 0; given <= full.size(); ++given) {
      terminal_ = {};
      terminal_.answers.assign(full.begin(), full.begin() + static_cast<std::ptrdiff_t>(given));
      CPPUNIT_ASSERT(create() == ExitCode::refused);
      CPPUNIT_ASSERT(terminal_.errors.ends_with("\nOperation cancelled.\n"));
      CPPUNIT_ASSERT(accounts_.users.rows.empty());
    }
  }

  void stores_normalised_name_and_address() {
    terminal_.answers = {kGood, kGood};
    CPPUNIT_ASSERT(create(request("ａnn", "Ann@EXAMPLE.com")) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL("ann"s, accounts_.users.rows[0].username);
    CPPUNIT_ASSERT_EQUAL("Ann@example.com"s, accounts_.users.rows[0].email);
    CPPUNIT_ASSERT(create(noinput("ａnn", "x@example.com", {})) == ExitCode::refused);
  }

  void email_may_be_blank_and_then_shared() {
    accounts_.users.add("bob", "!", "");
    terminal_.answers = {"", kGood, kGood};
    CPPUNIT_ASSERT(create(request("ann", {})) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(""s, accounts_.users.rows[1].email);
    accounts_.unique_email = false;
    CPPUNIT_ASSERT(create(noinput("cleo", "c@example.com", kGood)) == ExitCode::ok);
    CPPUNIT_ASSERT(create(noinput("dora", "c@example.com", kGood)) == ExitCode::ok);
  }

  void noinput_takes_everything_from_the_request() {
    CPPUNIT_ASSERT(create(noinput("ann", "ann@example.com", "12345")) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.conversation);
    CPPUNIT_ASSERT(accounts_.hashes.verify("12345", accounts_.users.rows[0].password).matched);
  }

  void noinput_without_password_makes_an_account_that_nobody_can_open() {
    CPPUNIT_ASSERT(create(noinput("ann", "ann@example.com", {})) == ExitCode::ok);
    const std::string& encoded = accounts_.users.rows[0].password;
    CPPUNIT_ASSERT_EQUAL('!', encoded[0]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{41}, encoded.size());
    CPPUNIT_ASSERT(!accounts_.hashes.verify("", encoded).matched);
  }

  void noinput_refuses_what_is_missing_or_wrong() {
    accounts_.users.add("taken", "!", "taken@example.com");
    const struct {
      std::optional<std::string> username, email;
      const char* expected;
    } rows[] = {
        {{}, "a@example.com", "Error: You must use --username with --noinput.\n"},
        {"ann", {}, "Error: You must use --email with --noinput.\n"},
        {"ann", "", "Error: You must use --email with --noinput.\n"},
        {"", "a@example.com", "Error: This field cannot be blank.\n"},
        {"taken", "a@example.com", "Error: That username is already taken.\n"},
        {"ann", "taken@example.com", "Error: That email address is already taken.\n"},
        {"ann", "nonsense", "Error: Enter a valid email address.\n"},
        {"a b", "a@example.com",
         "Error: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ "
         "characters.\n"},
    };
    for (const auto& row : rows) {
      terminal_ = {};
      CPPUNIT_ASSERT(create(noinput(row.username, row.email, kGood)) == ExitCode::refused);
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), terminal_.errors);
    }
    CPPUNIT_ASSERT_EQUAL(0, accounts_.users.writes);
  }

  void without_a_terminal_nothing_is_asked() {
    terminal_.somebody_there = false;
    terminal_.answers = {"ann", "ann@example.com", kGood, kGood};
    CPPUNIT_ASSERT(create() == ExitCode::refused);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.conversation);
    CPPUNIT_ASSERT(terminal_.errors.starts_with("Superuser creation skipped due to not running in a TTY."));
  }

  void loser_of_a_race_is_told() {
    accounts_.users.before_insert = [&] { accounts_.users.add("ann"); };
    CPPUNIT_ASSERT(create(noinput("ann", "ann@example.com", kGood)) == ExitCode::refused);
    CPPUNIT_ASSERT_EQUAL("Error: That username is already taken.\n"s, terminal_.errors);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CreateSuperuserTest);

}  // namespace
