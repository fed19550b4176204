#include "accounts/profile.h"

#include <cppunit/extensions/HelperMacros.h>

#include "accounts/fake_session_store.h"
#include "tests/crypto/cheap_hashes.h"
#include "util/random.h"

namespace {

using accounts::FieldErrors;
using accounts::Profile;

class ProfileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProfileTest);
  CPPUNIT_TEST(changes_what_was_sent_and_nothing_else);
  CPPUNIT_TEST(an_empty_change_writes_nothing);
  CPPUNIT_TEST(tells_all_complaints_in_the_order_of_the_form);
  CPPUNIT_TEST(an_email_of_another_one_is_taken);
  CPPUNIT_TEST(an_account_that_is_gone_is_no_profile);
  CPPUNIT_TEST(an_account_ends_with_its_password_only);
  CPPUNIT_TEST(an_account_that_others_refer_to_stays);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { id_ = users_.add("ada", hashes_.encode("secret"), "ada@example.com").id; }

  void changes_what_was_sent_and_nothing_else() {
    const auto outcome = change({"Ada@EXAMPLE.org", "Ada", std::nullopt});
    const auto& user = std::get<store::User>(outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("Ada@example.org"), user.email);
    CPPUNIT_ASSERT_EQUAL(std::string("Ada"), user.first_name);
    change({std::nullopt, std::nullopt, "Byron"});
    CPPUNIT_ASSERT_EQUAL(std::string("Ada@example.org"), users_.rows[0].email);
    CPPUNIT_ASSERT_EQUAL(std::string("Byron"), users_.rows[0].last_name);
    change({"", "", std::nullopt});
    CPPUNIT_ASSERT_EQUAL(std::string(), users_.rows[0].email);
    CPPUNIT_ASSERT_EQUAL(std::string(), users_.rows[0].first_name);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, users_.events.size());
    CPPUNIT_ASSERT(users_.events[0].kind == store::AuditKind::profile_changed);
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7"), users_.events[0].address);
  }

  void an_empty_change_writes_nothing() {
    CPPUNIT_ASSERT(std::holds_alternative<store::User>(change({})));
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void tells_all_complaints_in_the_order_of_the_form() {
    FieldErrors found;
    found.add("email", "Surrogate characters are not allowed: U+D800.");
    const auto outcome =
        profile_.change(id_, {"nobody", std::string(151, 'x'), std::string("a\0b", 3)}, found, {});
    std::string told;
    for (const auto& [field, messages] : std::get<FieldErrors>(outcome).all()) {
      told += field + ":";
      for (const auto& message : messages) told += " " + message;
      told += "\n";
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("email: Enter a valid email address. Surrogate characters are not allowed: U+D800.\n"
                    "first_name: Ensure this field has no more than 150 characters.\n"
                    "last_name: Null characters are not allowed.\n"),
        told);
    CPPUNIT_ASSERT_EQUAL(0, users_.writes);
  }

  void an_email_of_another_one_is_taken() {
    users_.add("bob", "!", "bob@example.com");
    const auto outcome = change({"BOB@example.com", std::nullopt, std::nullopt});
    CPPUNIT_ASSERT_EQUAL(std::string("A user with that email already exists."),
                         std::get<FieldErrors>(outcome).all().at(0).second.at(0));
    CPPUNIT_ASSERT(
        std::holds_alternative<store::User>(change({"ADA@example.com", std::nullopt, std::nullopt})));
  }

  void an_account_that_is_gone_is_no_profile() {
    users_.rows.clear();
    CPPUNIT_ASSERT(!profile_.show(id_));
    CPPUNIT_ASSERT(std::holds_alternative<Profile::NoSuchUser>(change({})));
    CPPUNIT_ASSERT(std::holds_alternative<Profile::NoSuchUser>(change({std::nullopt, "Ada", std::nullopt})));
  }

  void an_account_ends_with_its_password_only() {
    CPPUNIT_ASSERT(std::holds_alternative<accounts::BadCredentials>(profile_.remove({id_}, "wrong", {}, {})));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, users_.rows.size());
    CPPUNIT_ASSERT(std::holds_alternative<Profile::Deleted>(profile_.remove({id_}, "secret", {}, {})));
    CPPUNIT_ASSERT(users_.rows.empty());
  }

  void an_account_that_others_refer_to_stays() {
    sessions_.referred_to = true;
    CPPUNIT_ASSERT(std::holds_alternative<Profile::ReferredTo>(profile_.remove({id_}, "secret", {}, {})));
  }

 private:
  std::variant<store::User, FieldErrors, Profile::NoSuchUser> change(accounts::ProfileForm form) {
    return profile_.change(id_, std::move(form), {}, {"192.0.2.7", "", ""});
  }
  accounts_test::FakeUserStore users_;
  accounts_test::FakeSessionStore sessions_{users_};
  accounts_test::FixedClock clock_;
  util::SystemRandom random_;
  crypto::PasswordHashes hashes_{cheap_hashes::cheap(), random_};
  accounts::Credentials credentials_{users_, hashes_, clock_, {}, nullptr};
  Profile profile_{users_, sessions_, credentials_, clock_, {}};
  std::int64_t id_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProfileTest);

}  // namespace
