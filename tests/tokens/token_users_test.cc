#include "tokens/token_users.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "fakes.h"
#include "tokens/bearer.h"
#include "tokens/issuer.h"

namespace {

using namespace std::string_literals;
using tokens::BearerDefect;
using tokens_test::now;
using tokens_test::signed_with;

std::string describe(const tokens::BearerOutcome& outcome) {
  if (const auto* principal = std::get_if<tokens::Principal>(&outcome)) return principal->user->username;
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return "needs the database";
  const auto* defect = std::get_if<BearerDefect>(&outcome);
  if (defect == nullptr) return "bad token";
  return *defect == BearerDefect::password_changed ? "password changed"
         : *defect == BearerDefect::user_not_found ? "user not found"
         : *defect == BearerDefect::user_inactive  ? "user inactive"
                                                   : "absent";
}

class TokenUsersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenUsersTest);
  CPPUNIT_TEST(the_digest_is_simplejwts);
  CPPUNIT_TEST(a_changed_password_ends_access_tokens);
  CPPUNIT_TEST(a_token_of_after_the_change_is_believed_at_once);
  CPPUNIT_TEST(a_token_of_after_the_change_is_not_enough);
  CPPUNIT_TEST(good_tokens_are_served_while_a_newer_one_cannot_be_looked_up);
  CPPUNIT_TEST(an_old_token_costs_no_query);
  CPPUNIT_TEST(a_username_may_stand_for_the_id);
  CPPUNIT_TEST(a_rename_is_seen_by_cached_tokens);
  CPPUNIT_TEST(inactive_users_pass_when_they_are_not_looked_at);
  CPPUNIT_TEST(header_types_are_the_configured_ones);
  CPPUNIT_TEST_SUITE_END();

  tokens::KeyRing ring_ = tokens_test::hs256_ring();
  tokens_test::ManualClock clock_;
  tokens_test::CountingRandom random_;
  tokens_test::FakeUsers users_;
  tokens::UserDirectory directory_{users_, {}};
  tokens::Verifier verifier_{ring_, clock_, {}};

  tokens::BearerAuthenticator bearer(tokens::UserRules rules) {
    return {verifier_, directory_, clock_, {.users = std::move(rules)}};
  }
  std::string issued(tokens::IssuerOptions options) {
    return "Bearer " + tokens::Issuer(ring_, clock_, random_, std::move(options))
                           .issue_pair(*users_.find_by_id(7))
                           .access;
  }
  std::string marked() { return issued({.revoke_claim = "hash_password"}); }

 public:
  void setUp() override {
    users_.put(7, "alice");
    users_.set_stored_password(7, "hash");
  }

  void the_digest_is_simplejwts() {  // hashlib.md5(b"hash").hexdigest().upper()
    CPPUNIT_ASSERT_EQUAL("0800FC577294C34E0B28AD2839435945"s, tokens::claim_text(tokens::mark_of("hash")));
  }

  void a_changed_password_ends_access_tokens() {
    auto authenticator = bearer({.check_password = true});
    const std::string good = marked();
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(good, true)));
    CPPUNIT_ASSERT_EQUAL("password changed"s, describe(authenticator.authenticate(issued({}), true)));
    users_.set_stored_password(7, "another");
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL("password changed"s, describe(authenticator.authenticate(good, true)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(bearer({}).authenticate(good, true)));
  }

  void a_token_of_after_the_change_is_believed_at_once() {
    auto authenticator = bearer({.check_password = true});
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(marked(), true)));
    users_.set_stored_password(7, "another");  // and no poll yet
    const std::string fresh = marked();
    CPPUNIT_ASSERT_EQUAL("needs the database"s, describe(authenticator.authenticate(fresh, false)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(fresh, true)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(fresh, false)));
  }

  void a_token_of_after_the_change_is_not_enough() {
    auto authenticator = bearer({.check_password = true});
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(marked(), true)));
    users_.put(7, "alice", false);
    users_.set_stored_password(7, "another");  // deactivated after the login, and no poll yet
    CPPUNIT_ASSERT_EQUAL("user inactive"s, describe(authenticator.authenticate(marked(), true)));
  }

  void good_tokens_are_served_while_a_newer_one_cannot_be_looked_up() {
    auto authenticator = bearer({.check_password = true});
    const std::string good = marked();
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(good, true)));
    const std::string other = issued({});
    users_.away = true;
    CPPUNIT_ASSERT_THROW(authenticator.authenticate(other, true), util::Outage);
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(good, false)));
  }

  void an_old_token_costs_no_query() {
    auto authenticator = bearer({.check_password = true});
    const std::string old = marked();
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(old, true)));
    users_.set_stored_password(7, "another");
    directory_.poll_once();
    clock_.advance(std::chrono::seconds(60));
    const int before = users_.single;
    CPPUNIT_ASSERT_EQUAL("password changed"s, describe(authenticator.authenticate(old, false)));
    CPPUNIT_ASSERT_EQUAL(before, users_.single.load());
  }

  void a_username_may_stand_for_the_id() {
    auto authenticator = bearer({.by_username = true});
    const std::string header = issued({.username_as_id = true});
    CPPUNIT_ASSERT_EQUAL("needs the database"s, describe(authenticator.authenticate(header, false)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(header, true)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(header, false)));
    const std::string start =
        R"({"token_type":"access","jti":"j","exp":)" + std::to_string(now + 300) + R"(,"user_id":)";
    for (const char* value : {"\"bob\"", "7", "[\"alice\"]", "null", "true"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          value, "user not found"s,
          describe(authenticator.authenticate("Bearer " + signed_with(start + value + "}"), true)));
    }
  }

  void a_rename_is_seen_by_cached_tokens() {
    auto authenticator = bearer({.by_username = true});
    const std::string header = issued({.username_as_id = true});
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate(header, true)));
    users_.put(7, "alicia");
    users_.put(8, "alice", false);
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL("user inactive"s, describe(authenticator.authenticate(header, true)));
    users_.remove(8);
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL("user not found"s, describe(authenticator.authenticate(header, true)));
  }

  void inactive_users_pass_when_they_are_not_looked_at() {
    users_.put(7, "alice", false);
    CPPUNIT_ASSERT_EQUAL("user inactive"s, describe(bearer({}).authenticate(issued({}), true)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(bearer({.check_active = false}).authenticate(issued({}), true)));
  }

  void header_types_are_the_configured_ones() {
    tokens::BearerOptions options;
    options.header_types = {"JWT", "Token"};
    tokens::BearerAuthenticator authenticator(verifier_, directory_, clock_, options);
    const std::string token = issued({}).substr(7);
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate("JWT " + token, true)));
    CPPUNIT_ASSERT_EQUAL("alice"s, describe(authenticator.authenticate("Token " + token, true)));
    CPPUNIT_ASSERT_EQUAL("absent"s, describe(authenticator.authenticate("Bearer " + token, true)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenUsersTest);

}  // namespace
