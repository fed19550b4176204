#include "tokens/session_tokens.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "session_house.h"
#include "tokens/session_id.h"

namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using tokens_test::foreign;
using tokens_test::now;
using tokens_test::seconds;
using tokens_test::SessionHouse;

class SessionTokensTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionTokensTest);
  CPPUNIT_TEST(a_login_is_a_row_and_an_event);
  CPPUNIT_TEST(a_login_on_a_password_that_was_changed_meanwhile_is_none);
  CPPUNIT_TEST(both_tokens_name_their_session_behind_the_user);
  CPPUNIT_TEST(a_refresh_is_one_statement_and_adds_no_row);
  CPPUNIT_TEST(who_comes_late_gets_the_very_same_pair);
  CPPUNIT_TEST(late_ones_get_it_from_another_worker_and_after_seconds);
  CPPUNIT_TEST(a_token_that_comes_after_the_grace_ends_the_session);
  CPPUNIT_TEST(a_token_from_before_the_last_one_ends_the_session);
  CPPUNIT_TEST(rotation_does_not_move_the_absolute_end);
  CPPUNIT_TEST(no_access_token_outlives_its_session);
  CPPUNIT_TEST(a_session_past_its_end_is_ended_while_its_access_token_lives);
  CPPUNIT_TEST(a_session_without_a_row_is_over);
  CPPUNIT_TEST(without_rotation_the_token_stays);
  CPPUNIT_TEST(logout_ends_access_and_refresh);
  CPPUNIT_TEST(verify_knows_what_ended);
  CPPUNIT_TEST(the_users_state_is_looked_at);
  CPPUNIT_TEST(a_changed_password_ends_the_session);
  CPPUNIT_TEST(the_oldest_session_goes_when_there_are_too_many);
  CPPUNIT_TEST(a_login_stands_when_the_limit_cannot_be_kept);
  CPPUNIT_TEST(no_token_of_ours_asks_no_database);
  CPPUNIT_TEST(a_host_with_another_key_ends_nothing);
  CPPUNIT_TEST(no_tokens_without_audit);
  CPPUNIT_TEST_SUITE_END();

  SessionHouse::Tables tables_;

  void advance(SessionHouse& house, std::chrono::microseconds by) { house.clock.advance(by); }

 public:
  void setUp() override { tables_.users.put(7, "alice"); }

  void a_login_is_a_row_and_an_event() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    const auto row = house.row();
    CPPUNIT_ASSERT(row.id == pair.session);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, row.user_id);
    CPPUNIT_ASSERT(row.current == crypto::sha256(pair.refresh_jti));
    CPPUNIT_ASSERT(!row.previous);
    CPPUNIT_ASSERT_EQUAL("192.0.2.1 a browser"s, row.address + " " + row.user_agent);
    CPPUNIT_ASSERT_EQUAL(now + 86400, seconds(row.idle_expires_at));
    CPPUNIT_ASSERT_EQUAL(now + 2592000, seconds(row.expires_at));
    CPPUNIT_ASSERT_EQUAL(now + 86400, pair.refresh_expires);
    const auto event = tables_.audit.events().at(0);
    CPPUNIT_ASSERT(event.kind == store::AuditKind::login && event.session == pair.session);
    CPPUNIT_ASSERT_EQUAL("192.0.2.1 request-1"s, event.address + " " + event.request_id);
  }

  void a_login_on_a_password_that_was_changed_meanwhile_is_none() {
    SessionHouse house(tables_);
    tables_.users.set_stored_password(7, "checked");
    std::string asked;
    tables_.sessions.has_password = [&](std::string_view hash) { return asked = hash, false; };
    CPPUNIT_ASSERT(!house.tokens.grant(tables_.users.find_by_id(7).value(), house.origin));
    CPPUNIT_ASSERT_EQUAL("checked"s, asked);
    CPPUNIT_ASSERT(tables_.sessions.all().empty());
    CPPUNIT_ASSERT_EQUAL("session_ended 7 not begun"s, tables_.audit.told().back());
  }

  void both_tokens_name_their_session_behind_the_user() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    const std::string end = R"(,"user_id":"7","sid":")" + tokens::sid_text(pair.session) + "\"}";
    for (const auto& token : {pair.refresh, pair.access}) {
      const std::string claims = house.claims(token).dump();
      CPPUNIT_ASSERT_MESSAGE(claims, claims.ends_with(end));
    }
    const auto next = house.refreshed(pair.refresh);
    for (const auto& token : {next.refresh, next.access}) {
      const std::string claims = house.claims(token).dump();
      CPPUNIT_ASSERT_MESSAGE(claims, claims.ends_with(end));
    }
  }

  void a_refresh_is_one_statement_and_adds_no_row() {
    SessionHouse house(tables_);
    std::string token = house.login().refresh;
    for (int i = 1; i <= 20; ++i) {
      advance(house, 60s);
      const int before = tables_.sessions.statements;
      const auto next = house.refreshed(token);
      CPPUNIT_ASSERT_EQUAL(before + 1, tables_.sessions.statements.load());
      CPPUNIT_ASSERT(next.refresh != token);
      CPPUNIT_ASSERT_EQUAL(now + 60 * i + 86400, house.claims(next.refresh).get("exp")->as_integer());
      CPPUNIT_ASSERT_EQUAL(next.refresh_expires, seconds(house.row().idle_expires_at));
      CPPUNIT_ASSERT_EQUAL(now + 60 * i + 300, house.claims(next.access).get("exp")->as_integer());
      token = next.refresh;
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tables_.sessions.all().size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{20}, house.row().generation);
  }

  void who_comes_late_gets_the_very_same_pair() {
    SessionHouse house(tables_);
    advance(house, 123456us);
    const auto pair = house.login();
    advance(house, 5s);
    const auto first = house.refreshed(pair.refresh);
    advance(house, 9999ms);
    const auto second = house.refreshed(pair.refresh);
    CPPUNIT_ASSERT_EQUAL(first.refresh, second.refresh);
    CPPUNIT_ASSERT_EQUAL(first.access, second.access);
    CPPUNIT_ASSERT_EQUAL(first.refresh_expires, second.refresh_expires);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, house.row().generation);
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(second.refresh));
  }

  void late_ones_get_it_from_another_worker_and_after_seconds() {
    SessionHouse one(tables_);
    SessionHouse other(tables_);
    const auto pair = one.login();
    const auto first = one.refreshed(pair.refresh);
    advance(other, 3s);
    const auto second = other.refreshed(pair.refresh);
    CPPUNIT_ASSERT_EQUAL(first.refresh, second.refresh);
    CPPUNIT_ASSERT_EQUAL(first.access, second.access);
  }

  void a_token_that_comes_after_the_grace_ends_the_session() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    const auto next = house.refreshed(pair.refresh);
    advance(house, 10s + 1us);
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(next.access));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("reuse"s, house.row().revoked_for);
    CPPUNIT_ASSERT_EQUAL("refresh_reuse 7 reuse"s, tables_.audit.told().back());
    CPPUNIT_ASSERT(tables_.audit.events().back().session == pair.session);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(next.refresh));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(next.access));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, tables_.audit.told().size());
  }

  void a_token_from_before_the_last_one_ends_the_session() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    const auto next = house.refreshed(pair.refresh);
    house.refreshed(next.refresh);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("reuse"s, house.row().revoked_for);
  }

  void rotation_does_not_move_the_absolute_end() {
    SessionHouse house(tables_, {.lifetime = 36h});
    const auto pair = house.login();
    advance(house, 20h);
    const auto next = house.refreshed(pair.refresh);
    CPPUNIT_ASSERT_EQUAL(now + 36 * 3600, next.refresh_expires);
    CPPUNIT_ASSERT_EQUAL(now + 36 * 3600, seconds(house.row().idle_expires_at));
    advance(house, 16h - 1s);
    const auto last = house.refreshed(next.refresh);
    CPPUNIT_ASSERT_EQUAL(now + 36 * 3600, last.refresh_expires);
    // A longer lifetime in the configuration moves no end that the row has.
    SessionHouse longer(tables_, {.lifetime = 100h});
    advance(longer, 36h - 1s);
    const auto promised = longer.refreshed(last.refresh);
    CPPUNIT_ASSERT(promised.refresh_expires > now + 36 * 3600);
    CPPUNIT_ASSERT_EQUAL(now + 36 * 3600, seconds(house.row().idle_expires_at));
    advance(longer, 1s);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, longer.outcome(promised.refresh));
    CPPUNIT_ASSERT_EQUAL(""s, house.row().revoked_for);
  }

  void no_access_token_outlives_its_session() {
    for (const bool rotate : {true, false}) {
      SessionHouse house(tables_, {.rotate = rotate, .lifetime = 1h});
      const auto pair = house.login();
      advance(house, 1h - 60s);
      const auto next = house.refreshed(pair.refresh);
      CPPUNIT_ASSERT_EQUAL(now + 3600, house.claims(next.access).get("exp")->as_integer());
    }
  }

  void a_session_past_its_end_is_ended_while_its_access_token_lives() {
    SessionHouse house(tables_, {.lifetime = 1h});
    house.login();
    advance(house, 1h + 30s);  // another host, whose clock is behind, may take its tokens
    house.ended.end_all(7, std::nullopt, store::SessionEnd::logout_all, store::AuditKind::logout_all, {});
    CPPUNIT_ASSERT_EQUAL("logout_all"s, house.row().revoked_for);
  }

  void a_session_without_a_row_is_over() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    tables_.sessions.erase(pair.session);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.blacklisted(pair.refresh));
    CPPUNIT_ASSERT(tables_.sessions.all().empty());
  }

  void without_rotation_the_token_stays() {
    SessionHouse house(tables_, {.rotate = false});
    const auto pair = house.login();
    for (int i = 0; i < 3; ++i) {
      advance(house, 1h);
      const auto next = house.refreshed(pair.refresh);
      CPPUNIT_ASSERT_EQUAL(""s, next.refresh);
      CPPUNIT_ASSERT_EQUAL(pair.refresh_expires, next.refresh_expires);
      CPPUNIT_ASSERT_EQUAL("good"s, house.verified(next.access));
    }
    const auto row = house.row();
    CPPUNIT_ASSERT(!row.previous && row.generation == 0);
    CPPUNIT_ASSERT_EQUAL(now + 3 * 3600, seconds(row.last_used_at));
    CPPUNIT_ASSERT_EQUAL(pair.refresh_expires, seconds(row.idle_expires_at));
    CPPUNIT_ASSERT_EQUAL("good"s, house.blacklisted(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(pair.refresh));
  }

  void logout_ends_access_and_refresh() {
    SessionHouse house(tables_);
    SessionHouse other(tables_);
    const auto pair = house.login();
    const auto next = house.refreshed(pair.refresh);
    const auto gone = house.tokens.blacklist(next.refresh, house.origin, true);
    CPPUNIT_ASSERT(std::get<tokens::Good>(gone).session == pair.session);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, std::get<tokens::Good>(gone).user_id);
    CPPUNIT_ASSERT_EQUAL("logout 7 logout"s, tables_.audit.told().back());
    for (const auto& token : {pair.refresh, next.refresh}) {
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, other.outcome(token));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.blacklisted(token));
    }
    other.feed.poll_once();
    for (const auto& token : {pair.access, next.access}) {
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(token));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, other.verified(token));
    }
    CPPUNIT_ASSERT_EQUAL("logout"s, house.row().revoked_for);
  }

  void verify_knows_what_ended() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    CPPUNIT_ASSERT_EQUAL("good"s, tokens_test::told(house.tokens.verify(pair.access, false)));
    CPPUNIT_ASSERT_EQUAL("needs the database"s, tokens_test::told(house.tokens.verify(pair.refresh, false)));
    const auto next = house.refreshed(pair.refresh);
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(pair.refresh));  // while it gives a successor
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(next.refresh));
    advance(house, 11s);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(next.refresh));  // looking was no use of the old one
    CPPUNIT_ASSERT_EQUAL("defect"s, house.verified("x.y.z"));
  }

  void the_users_state_is_looked_at() {
    for (const bool simplejwt_5_2 : {false, true}) {
      tables_.users.put(7, "alice");
      SessionHouse house(tables_, {.simplejwt_5_2 = simplejwt_5_2});
      const auto pair = house.login();
      tables_.users.put(7, "alice", false);
      CPPUNIT_ASSERT_EQUAL(simplejwt_5_2 ? "access and refresh"s : "no account"s,
                           house.outcome(pair.refresh));
    }
    // One of the two moved on; in which order they stand is chance.
    const auto rows = tables_.sessions.all();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows.at(0).generation + rows.at(1).generation);
  }

  void a_changed_password_ends_the_session() {
    tables_.users.set_stored_password(7, "hash");
    SessionHouse house(tables_, {}, {.check_password = true});
    const auto pair = house.login();
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(pair.refresh));
    tables_.users.set_stored_password(7, "another");
    house.directory.poll_once();
    CPPUNIT_ASSERT_EQUAL("password changed"s, house.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("password_changed"s, house.row().revoked_for);
    CPPUNIT_ASSERT_EQUAL("session_ended 7 password_changed"s, tables_.audit.told().back());
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(pair.refresh));
  }

  void the_oldest_session_goes_when_there_are_too_many() {
    SessionHouse house(tables_, {.max_per_user = 2});
    const auto first = house.login();
    advance(house, 1s);
    const auto second = house.login();
    advance(house, 1s);
    const auto first_again = house.refreshed(first.refresh);
    advance(house, 1s);
    house.login();
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(second.refresh));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(second.access));
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(first_again.refresh));
    CPPUNIT_ASSERT_EQUAL("session_ended 7 limit"s, tables_.audit.told().at(3));
  }

  void a_login_stands_when_the_limit_cannot_be_kept() {
    SessionHouse house(tables_, {.max_per_user = 1});
    house.login();
    tables_.sessions.away = true;
    const auto pair = house.login();
    tables_.sessions.away = false;
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(foreign("a")));
  }

  void no_token_of_ours_asks_no_database() {
    SessionHouse house(tables_);
    CPPUNIT_ASSERT_EQUAL("defect"s, tokens_test::told(house.tokens.refresh("x.y.z", {}, false)));
    CPPUNIT_ASSERT_EQUAL("defect"s, tokens_test::told(house.tokens.blacklist("x.y.z", {}, false)));
    CPPUNIT_ASSERT_EQUAL("defect"s, house.outcome(house.login().access));
    CPPUNIT_ASSERT_EQUAL("needs the database"s,
                         tokens_test::told(house.tokens.refresh(foreign("a"), {}, false)));
    CPPUNIT_ASSERT_EQUAL("needs the database"s,
                         tokens_test::told(house.tokens.blacklist(foreign("a"), {}, false)));
  }

  void a_host_with_another_key_ends_nothing() {
    SessionHouse house(tables_);
    const auto pair = house.login();
    const auto next = house.refreshed(pair.refresh);
    tables_.sessions.change(pair.session,
                            [](store::Session& row) { row.current = crypto::sha256("another's"); });
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL(""s, house.row().revoked_for);
    CPPUNIT_ASSERT(!next.refresh.empty());
  }

  void no_tokens_without_audit() {
    struct Failing final : store::AuditStore {
      void append(const store::AuditEvent&) override { throw util::Outage("the disk is full"); }
      std::vector<store::AuditRecord> list(const store::AuditFilter&) override { return {}; }
      std::uint64_t purge(util::TimePoint, unsigned) override { return 0; }
    } failing;
    SessionHouse house(tables_);
    tokens::SessionTokens strict(house.verifier, house.issuer, {house.directory, house.clock, {}},
                                 tables_.sessions, house.ended, house.feed, &failing, house.clock,
                                 house.random, {}, nullptr);
    CPPUNIT_ASSERT_THROW(strict.grant(tables_.users.find_by_id(7).value(), {}), util::Outage);
    CPPUNIT_ASSERT(tables_.sessions.all().empty());  // nor a session that nobody has
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionTokensTest);

}  // namespace
