#include "accounts/password_change.h"

#include <cppunit/extensions/HelperMacros.h>

#include "accounts/fake_session_store.h"
#include "accounts/fake_throttle_store.h"
#include "tests/crypto/cheap_hashes.h"
#include "util/random.h"

namespace {

using accounts::FieldErrors;
using accounts::PasswordChanged;

class PasswordChangeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PasswordChangeTest);
  CPPUNIT_TEST(a_new_password_ends_the_other_sessions);
  CPPUNIT_TEST(the_old_password_is_asked_for);
  CPPUNIT_TEST(the_new_one_must_keep_to_the_policy);
  CPPUNIT_TEST(a_change_that_overtook_this_one_wins);
  CPPUNIT_TEST(an_upgrade_of_the_hash_that_overtook_it_does_not_refuse_it);
  CPPUNIT_TEST(wrong_old_passwords_are_throttled);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    user_ = users_.add("ada", hashes_.encode("old secret"), "ada@example.com").id;
    for (unsigned char i = 1; i <= 3; ++i) {
      store::Session session;
      session.id[0] = i;
      session.user_id = i < 3 ? user_ : user_ + 1;
      session.idle_expires_at = session.expires_at = clock_.now_ + std::chrono::hours(1);
      sessions_.create(session, {});
    }
  }

  void a_new_password_ends_the_other_sessions() {
    const auto outcome = change("old secret", "Zebra-quilt-77");
    const auto& changed = std::get<PasswordChanged>(outcome);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, changed.ended.size());
    CPPUNIT_ASSERT(changed.ended[0] == sessions_.rows[1].id);
    CPPUNIT_ASSERT(!sessions_.rows[0].revoked_at);
    CPPUNIT_ASSERT_EQUAL(std::string("password_changed"), sessions_.rows[1].revoked_for);
    CPPUNIT_ASSERT(!sessions_.rows[2].revoked_at);
    CPPUNIT_ASSERT(hashes_.verify("Zebra-quilt-77", users_.rows[0].password).matched);
  }

  void the_old_password_is_asked_for() {
    refuses("old_password: Your old password was entered incorrectly. Please enter it again.",
            change("wrong", "Zebra-quilt-77"));
  }

  void the_new_one_must_keep_to_the_policy() {
    refuses(
        "new_password: The password is too similar to the username. "
        "This password is too short. It must contain at least 8 characters.",
        change("old secret", "ada"));
    refuses("new_password: Ensure this field has no more than 128 characters.",
            change("old secret", std::string(129, 'x')));
  }

  void a_change_that_overtook_this_one_wins() {
    sessions_.before_change_password = [&] { users_.rows[0].password = hashes_.encode("third"); };
    CPPUNIT_ASSERT(std::holds_alternative<FieldErrors>(change("old secret", "Zebra-quilt-77")));
    CPPUNIT_ASSERT(hashes_.verify("third", users_.rows[0].password).matched);
    CPPUNIT_ASSERT(!sessions_.rows[1].revoked_at);
  }

  void an_upgrade_of_the_hash_that_overtook_it_does_not_refuse_it() {
    int asked = 0;
    sessions_.before_change_password = [&] {
      if (++asked == 1) users_.rows[0].password = hashes_.encode("old secret");
    };
    CPPUNIT_ASSERT(std::holds_alternative<PasswordChanged>(change("old secret", "Zebra-quilt-77")));
    CPPUNIT_ASSERT_EQUAL(2, asked);
    CPPUNIT_ASSERT(hashes_.verify("Zebra-quilt-77", users_.rows[0].password).matched);
  }

  void wrong_old_passwords_are_throttled() {
    for (int i = 0; i < 5; ++i) change("wrong", "Zebra-quilt-77");
    CPPUNIT_ASSERT(std::holds_alternative<accounts::Throttled>(change("old secret", "Zebra-quilt-77")));
  }

 private:
  accounts::PasswordChange::Outcome change(std::string_view from, std::string_view to) {
    store::Ending ending;
    ending.reason = store::SessionEnd::password_changed;
    ending.now = ending.access_end = ending.refresh_end = clock_.now_;
    return change_.change({user_, sessions_.rows[0].id}, {from, to}, sessions_.rows[0].id, ending,
                          {"192.0.2.7", "", ""});
  }
  void refuses(const std::string& expected, const accounts::PasswordChange::Outcome& outcome) {
    std::string told;
    for (const auto& [field, messages] : std::get<FieldErrors>(outcome).all()) {
      told += field + ":";
      for (const auto& message : messages) told += " " + message;
    }
    CPPUNIT_ASSERT_EQUAL(expected, told);
    CPPUNIT_ASSERT(hashes_.verify("old secret", users_.rows[0].password).matched);
    CPPUNIT_ASSERT(!sessions_.rows[1].revoked_at);
  }

  accounts_test::FakeUserStore users_;
  accounts_test::FakeSessionStore sessions_{users_};
  accounts_test::FakeThrottleStore failures_;
  accounts_test::FixedClock clock_;
  util::SystemRandom random_;
  crypto::PasswordHashes hashes_{cheap_hashes::cheap(), random_};
  accounts::PasswordPolicy policy_{{}, {}};
  accounts::Throttle throttle_{failures_, &sessions_, nullptr, clock_, {}};
  accounts::Credentials credentials_{users_, hashes_, clock_, {}, &throttle_};
  accounts::PasswordChange change_{credentials_, policy_, hashes_, sessions_};
  std::int64_t user_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PasswordChangeTest);

}  // namespace
