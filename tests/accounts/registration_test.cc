// Messages and their order are those that the real Django answered (the reg-* exchanges).
#include "accounts/registration.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "accounts/fake_user_store.h"
#include "tests/crypto/cheap_hashes.h"
#include "util/random.h"

namespace {

using namespace std::string_literals;
using accounts::FieldErrors;
using accounts::RegistrationForm;
using accounts_test::FakeUserStore;

constexpr const char* kForm =
    "username: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ "
    "characters.; ";
constexpr const char* kGood = "Zebra-quilt-77";

/// Tells how often it was asked: the last thing before the database is.
class RacingClock final : public util::Clock {
 public:
  util::TimePoint now() const override {
    ++asked;
    return util::TimePoint(std::chrono::seconds(1'700'000'000));
  }
  mutable std::atomic<int> asked{0};
};

class RegistrationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RegistrationTest);
  CPPUNIT_TEST(stores_a_user_as_django_would);
  CPPUNIT_TEST(complains_about_each_field_by_itself);
  CPPUNIT_TEST(judges_the_stored_form_of_a_username_too);
  CPPUNIT_TEST(looks_at_the_policy_only_when_all_fields_are_good);
  CPPUNIT_TEST(keeps_the_callers_errors_in_the_order_of_the_form);
  CPPUNIT_TEST(full_width_twin_of_a_taken_name_is_taken);
  CPPUNIT_TEST(one_of_two_that_come_at_once_is_told_why);
  CPPUNIT_TEST(of_one_name_one_goes_to_the_database_at_a_time);
  CPPUNIT_TEST(email_may_be_shared_where_configured);
  CPPUNIT_TEST(email_may_be_missing);
  CPPUNIT_TEST(bad_fields_cost_no_query);
  CPPUNIT_TEST(outage_is_not_an_answer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void stores_a_user_as_django_would() {
    const auto outcome = register_user("  tr_ｂob"s.substr(2), "Tr_Bob@Example.COM", kGood);
    CPPUNIT_ASSERT(std::holds_alternative<store::User>(outcome));
    const auto& user = std::get<store::User>(outcome);
    CPPUNIT_ASSERT_EQUAL("tr_bob"s, user.username);
    CPPUNIT_ASSERT_EQUAL("Tr_Bob@example.com"s, user.email);
    CPPUNIT_ASSERT(user.is_active && !user.is_staff && !user.is_superuser && !user.last_login);
    CPPUNIT_ASSERT(user.date_joined == clock_.now_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, users_.rows.size());
    CPPUNIT_ASSERT_EQUAL(user.id, users_.rows[0].id);
    CPPUNIT_ASSERT(hashes_.verify(kGood, users_.rows[0].password).matched);
  }

  void complains_about_each_field_by_itself() {
    users_.add("tr_alice", "!", "tr_alice@example.com");
    const std::string long_name(151, 'x');
    const struct {
      std::string username, email, password;
      std::string expected;
    } rows[] = {
        {"tr alice", "a@example.com", kGood, kForm},
        {"tr_" + std::string(148, 'x'), "a@example.com", kGood,
         "username: Ensure this field has no more than 150 characters.; "},
        {"tr " + std::string(148, 'x'), "a@example.com", kGood,
         kForm + "username: Ensure this field has no more than 150 characters.; "s},
        {"tr_\0x"s, "a@example.com", kGood, kForm + "username: Null characters are not allowed.; "s},
        {"TR_ALICE", "a@example.com", kGood, "username: A user with that username already exists.; "},
        {"tr_new", "bad", kGood, "email: Enter a valid email address.; "},
        {"tr_new", std::string(243, 'x') + "@example.com", kGood,
         "email: Ensure this field has no more than 254 characters.; "},
        {"tr_new", std::string(260, 'x'), kGood,
         "email: Ensure this field has no more than 254 characters.; email: Enter a valid email address.; "},
        {"tr_new", "a\0@example.com"s, kGood,
         "email: Null characters are not allowed.; email: Enter a valid email address.; "},
        {"tr_new", "TR_Alice@Example.com", kGood, "email: A user with that email already exists.; "},
        {"tr_new", "a@example.com", std::string(129, 'q'),
         "password: Ensure this field has no more than 128 characters.; "},
        {"tr_new", "a@example.com", "Zebra\0quilt-77"s, "password: Null characters are not allowed.; "},
        {"x y", "bad", "a\0"s,
         kForm + "email: Enter a valid email address.; password: Null characters are not allowed.; "s},
        {"tr_alice", "tr_alice@example.com", kGood,
         "username: A user with that username already exists.; "
         "email: A user with that email already exists.; "},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(row.expected, text(register_user(row.username, row.email, row.password)));
    }
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
    CPPUNIT_ASSERT_EQUAL(""s, text(register_user(std::string(150, 'x'), "a@example.com", kGood)));
    CPPUNIT_ASSERT_EQUAL(""s, text(register_user("y", std::string(242, 'x') + "@example.com",
                                                 "Zq7-" + std::string(124, 'p'))));
    std::string letters;
    for (int i = 0; i < 150; ++i) letters += "é";
    CPPUNIT_ASSERT_EQUAL(""s, text(register_user(letters, "c@example.com", kGood)));
  }

  void judges_the_stored_form_of_a_username_too() {
    const std::string parenthesised = "⑴";  // numeric to \w, "(1)" in NFKC
    CPPUNIT_ASSERT_EQUAL(std::string(kForm), text(register_user(parenthesised, "a@example.com", kGood)));
    std::string growing;
    for (int i = 0; i < 80; ++i) growing += "ǆ";  // one character that becomes two
    CPPUNIT_ASSERT_EQUAL("username: Ensure this field has no more than 150 characters.; "s,
                         text(register_user(growing, "a@example.com", kGood)));
  }

  void looks_at_the_policy_only_when_all_fields_are_good() {
    CPPUNIT_ASSERT_EQUAL("email: Enter a valid email address.; "s,
                         text(register_user("tr_new", "bad", "12345")));
    CPPUNIT_ASSERT_EQUAL(
        "password: This password is too short. It must contain at least 8 characters.; "
        "password: This password is too common.; password: This password is entirely numeric.; "s,
        text(register_user("tr_new", "a@example.com", "12345")));
    CPPUNIT_ASSERT_EQUAL("password: The password is too similar to the email address.; "s,
                         text(register_user("tr_new", "quicksilver@example.com", "quicksilver7")));
  }

  void keeps_the_callers_errors_in_the_order_of_the_form() {
    FieldErrors earlier;
    earlier.add("password", "This field is required.");
    earlier.add("email", "This field may not be null.");
    RegistrationForm form;
    form.username = "a b";
    CPPUNIT_ASSERT_EQUAL(kForm + "email: This field may not be null.; password: This field is required.; "s,
                         text(registration().register_user(std::move(form), std::move(earlier), {})));
  }

  void full_width_twin_of_a_taken_name_is_taken() {
    users_.add("tr_alice");
    CPPUNIT_ASSERT_EQUAL("username: A user with that username already exists.; "s,
                         text(register_user("tr_ａlice", "a@example.com", kGood)));
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);  // known before a hash is spent on it
  }

  void one_of_two_that_come_at_once_is_told_why() {
    users_.before_insert = [&] { users_.add("tr_race", "!", "other@example.com"); };
    CPPUNIT_ASSERT_EQUAL("username: A user with that username already exists.; "s,
                         text(register_user("tr_race", "mine@example.com", kGood)));
    users_.before_insert = [&] { users_.add("tr_other", "!", "mine@example.com"); };
    CPPUNIT_ASSERT_EQUAL("email: A user with that email already exists.; "s,
                         text(register_user("tr_mine", "mine@example.com", kGood)));
  }

  void of_one_name_one_goes_to_the_database_at_a_time() {
    RacingClock clock;
    accounts::Registration registration(users_, policy_, hashes_, clock, options_);
    const auto enter = [&](std::string name, std::string email) {
      return text(registration.register_user({std::move(name), std::move(email), kGood}, {}, {}));
    };
    std::atomic<int> there{0};
    std::string second;
    std::jthread rival;
    users_.before_insert = [&] {
      if (++there > 1) return;
      rival = std::jthread([&] { second = enter("TR_R\u00e4CE", "b@example.com"); });
      while (clock.asked < 2) std::this_thread::yield();  // it is about to come
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      CPPUNIT_ASSERT_EQUAL(1, there.load());
    };
    CPPUNIT_ASSERT_EQUAL(""s, enter("tr_race", "a@example.com"));
    rival.join();
    CPPUNIT_ASSERT_EQUAL(2, there.load());
  }

  void email_may_be_shared_where_configured() {
    users_.add("tr_alice", "!", "a@example.com");
    options_.unique_email = false;
    CPPUNIT_ASSERT_EQUAL(""s, text(register_user("tr_new", "a@example.com", kGood)));
  }

  void email_may_be_missing() {
    users_.add("tr_alice", "!", "");
    CPPUNIT_ASSERT_EQUAL(""s, text(register_user("tr_blank", "", kGood)));
    RegistrationForm form;
    form.username = "tr_absent";
    form.password = kGood;
    CPPUNIT_ASSERT_EQUAL(""s, text(registration().register_user(std::move(form), {}, {})));
  }

  void bad_fields_cost_no_query() {
    register_user("a b", "bad", kGood);
    CPPUNIT_ASSERT_EQUAL(0, users_.queries);
  }

  void outage_is_not_an_answer() {
    users_.writes_fail = true;
    CPPUNIT_ASSERT_THROW(register_user("tr_new", "a@example.com", kGood), util::Outage);
  }

 private:
  accounts::Registration registration() { return {users_, policy_, hashes_, clock_, options_}; }

  std::variant<store::User, FieldErrors> register_user(std::string username, std::string email,
                                                       std::string password) {
    RegistrationForm form{std::move(username), std::move(email), std::move(password)};
    return registration().register_user(std::move(form), {}, {});
  }

  /// Empty for a new user.
  static std::string text(const std::variant<store::User, FieldErrors>& outcome) {
    std::string out;
    if (std::holds_alternative<store::User>(outcome)) return out;
    for (const auto& [field, messages] : std::get<FieldErrors>(outcome).all()) {
      for (const auto& message : messages) out += field + ": " + message + "; ";
    }
    return out;
  }

  FakeUserStore users_;
  accounts_test::FixedClock clock_;
  util::SystemRandom random_;
  crypto::PasswordHashes hashes_{cheap_hashes::cheap(), random_};
  accounts::PasswordPolicy policy_{{}, accounts::CommonPasswords("12345\n")};
  accounts::RegistrationOptions options_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RegistrationTest);

}  // namespace
