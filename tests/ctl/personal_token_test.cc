#include "ctl/personal_token.h"

#include <cppunit/extensions/HelperMacros.h>

#include "ctl/accounts_in_memory.h"
#include "ctl/session.h"
#include "ctl/user.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;
using jwtauthd::ExitCode;

class PersonalTokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PersonalTokenTest);
  CPPUNIT_TEST(lists_in_columns_and_json);
  CPPUNIT_TEST(says_that_there_are_more);
  CPPUNIT_TEST(revokes_one_once);
  CPPUNIT_TEST(revoking_all_tokens_of_a_user_takes_these_too);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::AccountsInMemory accounts_;
  ctl_test::ScriptedTerminal terminal_;
  const std::string id_ = "019ab3c47d1e7c55b1c7a0d3e4f50617";

  void add(const std::string& id, std::int64_t user_id, const std::string& name = "deploy") {
    store::PersonalToken token;
    token.id = jwtauthd::parse_session_id(id).value();
    token.user_id = user_id;
    token.name = name;
    token.hint = "a1B2";
    token.scope = "read write";
    token.created_at = accounts_.clock.now_;
    accounts_.personal_tokens.add(token, crypto::sha256(id), 100, {}, {});
  }

 public:
  void lists_in_columns_and_json() {
    add(id_, 7, "evil\x1b[2J");
    add("019ab3c47d1e7c55b1c7a0d3e4f50618", 8);
    jwtauthd::list_personal_tokens({}, 7, accounts_.all(), terminal_);
    CPPUNIT_ASSERT_EQUAL(
        "ID                                USER  ENDS WITH  CREATED               EXPIRES  LAST USED  SCOPE"
        "       NAME\n"
        "019ab3c47d1e7c55b1c7a0d3e4f50617  7     a1B2       2023-11-14T22:13:20Z  never    never      read "
        "write  evil\xEF\xBF\xBD[2J\n"s,
        terminal_.output);
    terminal_ = {};
    jwtauthd::list_personal_tokens({100, true}, std::nullopt, accounts_.all(), terminal_);
    const json::Value list = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, list.size());
    CPPUNIT_ASSERT(list.at(1).get("id")->as_string() == id_);
    CPPUNIT_ASSERT(list.at(1).get("expires_at")->is(json::Type::null));
  }

  void says_that_there_are_more() {
    for (int i = 0; i < 3; ++i) add(id_.substr(1) + std::to_string(i), 7);
    jwtauthd::list_personal_tokens({3, false}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
    jwtauthd::list_personal_tokens({2, false}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT(!terminal_.errors.empty());
  }

  void revokes_one_once() {
    add(id_, 7);
    CPPUNIT_ASSERT(jwtauthd::revoke_personal_token("xyz\x1b", accounts_.all(), terminal_) ==
                   ExitCode::refused);
    CPPUNIT_ASSERT(terminal_.errors.find('\x1b') == std::string::npos);
    CPPUNIT_ASSERT(jwtauthd::revoke_personal_token(id_, accounts_.all(), terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL("The token 'deploy' of user 7 is revoked.\n"s, terminal_.output);
    CPPUNIT_ASSERT(accounts_.audit.told().ends_with("token_revoked:operator"));
    // No worker may go by it when the feed has forgotten.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, accounts_.revocations.rows.size());
    CPPUNIT_ASSERT(accounts_.revocations.rows[0].expires > accounts_.clock.unix_now() + 600);
    CPPUNIT_ASSERT(jwtauthd::revoke_personal_token(id_, accounts_.all(), terminal_) == ExitCode::refused);
  }

  void revoking_all_tokens_of_a_user_takes_these_too() {
    accounts_.users.add("ann");
    add(id_, 1);
    add("019ab3c47d1e7c55b1c7a0d3e4f50618", 2);
    CPPUNIT_ASSERT(jwtauthd::revoke_tokens({{}, "ann"}, accounts_.all(), terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL(
        "All tokens of user 'ann' are revoked; 0 sessions were open, and he had 1 personal access token.\n"s,
        terminal_.output);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, accounts_.personal_tokens.rows().size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokenTest);

}  // namespace
