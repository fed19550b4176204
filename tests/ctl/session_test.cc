#include "ctl/session.h"

#include <cppunit/extensions/HelperMacros.h>

#include "ctl/accounts_in_memory.h"
#include "ctl/plain_text.h"
#include "ctl/user.h"
#include "json/parse.h"
#include "tokens/session_id.h"

namespace {

using namespace std::string_literals;
using jwtauthd::ExitCode;

class SessionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionTest);
  CPPUNIT_TEST(reads_ids_as_tokens_and_people_write_them);
  CPPUNIT_TEST(reads_times_absolute_and_relative);
  CPPUNIT_TEST(lists_in_columns_and_json);
  CPPUNIT_TEST(gives_a_terminal_no_orders);
  CPPUNIT_TEST(says_that_there_are_more);
  CPPUNIT_TEST(revokes_one_once);
  CPPUNIT_TEST(unknown_sessions_are_refused);
  CPPUNIT_TEST(revokes_all_tokens_of_a_user);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::AccountsInMemory accounts_;
  ctl_test::ScriptedTerminal terminal_;
  const std::string id_ = "019ab3c47d1e7c55b1c7a0d3e4f50617";

  void add(const std::string& id, std::int64_t user_id, const std::string& agent = "curl") {
    store::Session session;
    session.id = jwtauthd::parse_session_id(id).value();
    session.user_id = user_id;
    session.last_used_at = accounts_.clock.now_;
    session.idle_expires_at = accounts_.clock.now_ + std::chrono::hours(1);
    session.address = "192.0.2.1";
    session.user_agent = agent;
    accounts_.sessions.create(session, {});
  }

 public:
  void reads_ids_as_tokens_and_people_write_them() {
    for (const std::string& text : {id_, "019AB3C4-7D1E-7C55-B1C7-A0D3E4F50617"s}) {
      CPPUNIT_ASSERT_EQUAL(id_, tokens::sid_text(jwtauthd::parse_session_id(text).value()));
    }
    for (const std::string& text :
         {""s, id_.substr(1), id_ + "0", "-" + id_, "g" + id_.substr(1), std::string(32, '0'), id_ + " "}) {
      CPPUNIT_ASSERT_MESSAGE(text, !jwtauthd::parse_session_id(text));
    }
  }

  void reads_times_absolute_and_relative() {
    const auto now = accounts_.clock.now_;  // 2023-11-14T22:13:20Z
    const struct {
      const char* text;
      const char* expected;  // "": none
    } rows[] = {
        {"2026-11-22", "2026-11-22T00:00:00Z"},
        {"2026-11-22T07:35:19Z", "2026-11-22T07:35:19Z"},
        {"2026-11-22 07:35:19", "2026-11-22T07:35:19Z"},
        {"20s", "2023-11-14T22:13:00Z"},
        {"13m", "2023-11-14T22:00:20Z"},
        {"2h", "2023-11-14T20:13:20Z"},
        {"7d", "2023-11-07T22:13:20Z"},
        {"", ""},
        {"7", ""},
        {"d", ""},
        {"-1d", ""},
        {"7dd", ""},
        {"7w", ""},
        {"99999999999999999999d", ""},
        {"999999999d", ""},
        {"2026-13-01", ""},
        {"yesterday", ""},
    };
    for (const auto& row : rows) {
      const auto time = jwtauthd::parse_time(row.text, now);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.text, std::string(row.expected),
                                   time ? jwtauthd::utc_seconds(*time) : "");
    }
  }

  void lists_in_columns_and_json() {
    add(id_, 7);
    add("019ab3c47d1e7c55b1c7a0d3e4f50618", 8);
    accounts_.sessions.rows[1].revoked_at = accounts_.clock.now_;
    accounts_.sessions.rows[1].revoked_for = "reuse";
    jwtauthd::list_sessions({true, 100, false}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT_EQUAL(
        "ID                                USER  LAST USED             ENDS                  STATE         "
        "ADDRESS    DEVICE\n"
        "019ab3c47d1e7c55b1c7a0d3e4f50617  7     2023-11-14T22:13:20Z  2023-11-14T23:13:20Z  open          "
        "192.0.2.1  curl\n"
        "019ab3c47d1e7c55b1c7a0d3e4f50618  8     2023-11-14T22:13:20Z  2023-11-14T23:13:20Z  ended: reuse  192.0.2.1  curl\n"s,
        terminal_.output);
    terminal_ = {};
    jwtauthd::list_sessions({true, 100, true}, 8, accounts_.all(), terminal_);
    const json::Value list = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, list.size());
    CPPUNIT_ASSERT(list.at(0).get("revoked_for")->as_string() == "reuse");
    CPPUNIT_ASSERT(list.at(0).get("id")->as_string() == "019ab3c47d1e7c55b1c7a0d3e4f50618");
  }

  void gives_a_terminal_no_orders() {
    add(id_, 7, "evil\x1b[2J\xff");
    jwtauthd::list_sessions({}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT(terminal_.output.find('\x1b') == std::string::npos);
    terminal_ = {};
    jwtauthd::list_sessions({false, 100, true}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT(json::parse(terminal_.output).has_value());
  }

  void says_that_there_are_more() {
    for (int i = 0; i < 3; ++i) add(id_.substr(1) + std::to_string(i), 7);
    jwtauthd::list_sessions({false, 3, false}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT_EQUAL(""s, terminal_.errors);
    jwtauthd::list_sessions({false, 2, false}, std::nullopt, accounts_.all(), terminal_);
    CPPUNIT_ASSERT(!terminal_.errors.empty());
  }

  void revokes_one_once() {
    add(id_, 7);
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(jwtauthd::revoke_session(id_, accounts_.all(), terminal_) == ExitCode::ok);
    }
    CPPUNIT_ASSERT_EQUAL(
        "Session " + id_ + " of user 7 is ended.\nSession " + id_ + " of user 7 was over already.\n",
        terminal_.output);
    CPPUNIT_ASSERT_EQUAL("admin"s, accounts_.sessions.rows[0].revoked_for);
    const auto& event = accounts_.sessions.endings[0].event;
    CPPUNIT_ASSERT(event.kind == store::AuditKind::session_ended);
    CPPUNIT_ASSERT(event.session == accounts_.sessions.rows[0].id);
  }

  void unknown_sessions_are_refused() {
    CPPUNIT_ASSERT(jwtauthd::revoke_session("xyz\x1b", accounts_.all(), terminal_) == ExitCode::refused);
    CPPUNIT_ASSERT(jwtauthd::revoke_session(id_, accounts_.all(), terminal_) == ExitCode::refused);
    CPPUNIT_ASSERT(terminal_.errors.find('\x1b') == std::string::npos);
    CPPUNIT_ASSERT(accounts_.sessions.endings.empty());
  }

  void revokes_all_tokens_of_a_user() {
    accounts_.users.add("ann");
    add(id_, 1);
    add("019ab3c47d1e7c55b1c7a0d3e4f50618", 2);
    CPPUNIT_ASSERT(jwtauthd::revoke_tokens({{}, "nobody"}, accounts_.all(), terminal_) == ExitCode::refused);
    CPPUNIT_ASSERT(jwtauthd::revoke_tokens({{}, "ANN"}, accounts_.all(), terminal_) == ExitCode::ok);
    CPPUNIT_ASSERT_EQUAL("All tokens of user 'ann' are revoked; 1 session was open.\n"s, terminal_.output);
    CPPUNIT_ASSERT(!accounts_.sessions.rows[1].revoked_at);
    CPPUNIT_ASSERT(accounts_.sessions.endings.at(0).event.kind == store::AuditKind::tokens_revoked);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionTest);

}  // namespace
