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

/// Tokens that Django gave out become sessions here.
class AdoptedTokensTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdoptedTokensTest);
  CPPUNIT_TEST(a_foreign_token_is_taken_over);
  CPPUNIT_TEST(a_foreign_token_keeps_nobody_waiting);
  CPPUNIT_TEST(a_foreign_token_that_comes_twice_gets_the_same_successor);
  CPPUNIT_TEST(a_foreign_token_without_rotation_stays);
  CPPUNIT_TEST(a_foreign_token_keeps_its_longer_life);
  CPPUNIT_TEST(foreign_tokens_end_with_all_of_the_users_sessions);
  CPPUNIT_TEST(a_foreign_token_can_be_logged_out);
  CPPUNIT_TEST(what_django_blacklisted_begins_no_session);
  CPPUNIT_TEST(without_djangos_tables_they_are_asked_for_once);
  CPPUNIT_TEST(a_foreign_token_that_is_adopted_while_it_is_logged_out_is_out);
  CPPUNIT_TEST_SUITE_END();

  SessionHouse::Tables tables_;

 public:
  void setUp() override { tables_.users.put(7, "alice"); }

  void a_foreign_token_is_taken_over() {
    SessionHouse house(tables_);
    house.clock.advance(1h);
    const auto next = house.refreshed(foreign("a"));
    const auto row = house.row();
    CPPUNIT_ASSERT(row.id == next.session);
    CPPUNIT_ASSERT(row.previous == crypto::sha256("a"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, row.generation);
    CPPUNIT_ASSERT_EQUAL(now + 2592000, seconds(row.expires_at));  // from its `iat`
    for (const auto& token : {next.refresh, next.access}) {
      CPPUNIT_ASSERT_EQUAL(tokens::sid_text(row.id),
                           std::string(house.claims(token).get("sid")->as_string()));
    }
    house.clock.advance(1h);
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(next.refresh));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tables_.sessions.all().size());
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(foreign("a")));
    CPPUNIT_ASSERT_EQUAL("reuse"s, house.row().revoked_for);
  }

  void a_foreign_token_keeps_nobody_waiting() {
    SessionHouse house(tables_);
    const auto begin = [&](std::string_view token) {
      return std::get<tokens::BegunRefresh>(house.tokens.begin(token, house.origin));
    };
    auto first = begin(foreign("a")), ours = begin(house.login().refresh), second = begin(foreign("b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tables_.sessions.all().size());
    const std::vector<tokens::BegunRefresh*> all{&first, &ours, &second};
    house.tokens.rotate(all);
    CPPUNIT_ASSERT(!first.settled() && ours.settled() && !second.settled());
    const std::vector<tokens::BegunRefresh*> rest{&first, &second};
    house.tokens.rotate(rest);
    CPPUNIT_ASSERT(first.settled() && !second.settled());
    house.tokens.rotate(std::span(rest).last(1));
    for (auto* begun : all) {
      CPPUNIT_ASSERT_EQUAL("access and refresh"s,
                           tokens_test::told(house.tokens.finish(std::move(*begun), house.origin)));
    }
  }

  void a_foreign_token_that_comes_twice_gets_the_same_successor() {
    SessionHouse house(tables_);
    const auto first = house.refreshed(foreign("a"));
    house.clock.advance(4s);
    const auto second = house.refreshed(foreign("a"));
    CPPUNIT_ASSERT_EQUAL(first.refresh, second.refresh);
    CPPUNIT_ASSERT_EQUAL(first.access, second.access);
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, house.outcome(foreign("b")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, tables_.sessions.all().size());
  }

  void a_foreign_token_without_rotation_stays() {
    SessionHouse house(tables_, {.rotate = false});
    for (int i = 0; i < 3; ++i) {
      house.clock.advance(1h);
      const auto next = house.refreshed(foreign("a"));
      CPPUNIT_ASSERT_EQUAL(""s, next.refresh);
      CPPUNIT_ASSERT_EQUAL(tokens::sid_text(next.session),
                           std::string(house.claims(next.access).get("sid")->as_string()));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tables_.sessions.all().size());
    // Switched to rotation later, it is exchanged like any other.
    SessionHouse rotating(tables_);
    rotating.clock.advance(4h);
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, rotating.outcome(foreign("a")));
  }

  void a_foreign_token_keeps_its_longer_life() {
    SessionHouse house(tables_, {.lifetime = 48h});
    const std::int64_t far = now + 90 * 86400;
    house.clock.advance(24h * 45);
    const auto next = house.refreshed(foreign("a", "refresh", far));
    CPPUNIT_ASSERT_EQUAL(far, next.refresh_expires);
    CPPUNIT_ASSERT_EQUAL(far, seconds(house.row().expires_at));
    CPPUNIT_ASSERT_EQUAL(far, seconds(house.row().idle_expires_at));
    house.clock.advance(24h);
    // A row that is purged before the foreign token ends would let that begin anew.
    CPPUNIT_ASSERT_EQUAL(far, house.refreshed(next.refresh).refresh_expires);
  }

  void foreign_tokens_end_with_all_of_the_users_sessions() {
    SessionHouse house(tables_);
    SessionHouse other(tables_);  // which has not polled since
    const auto pair = house.login();
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(foreign("a", "access")));
    house.ended.end_all(7, std::nullopt, store::SessionEnd::logout_all, store::AuditKind::logout_all, {});
    for (SessionHouse* worker : {&house, &other}) {
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->outcome(foreign("a")));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->outcome(pair.refresh));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->verified(foreign("a")));
      worker->feed.poll_once();  // which an access token waits for
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->verified(foreign("a", "access")));
    }
  }

  void what_django_blacklisted_begins_no_session() {
    tables_.django.there = true;
    tables_.django.blacklisted = {"a"};
    SessionHouse house(tables_);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(foreign("a")));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(foreign("a")));
    CPPUNIT_ASSERT(tables_.sessions.all().empty());
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(foreign("b")));
    const auto adopted = house.refreshed(foreign("b"));
    // Ours have a session, and Django's tables are not asked for them.
    const int before = tables_.django.statements;
    house.refreshed(adopted.refresh);
    house.refreshed(house.login().refresh);
    CPPUNIT_ASSERT_EQUAL(before, tables_.django.statements.load());
  }

  void without_djangos_tables_they_are_asked_for_once() {
    tables_.django.blacklisted = {"a"};
    SessionHouse house(tables_);
    for (const char* jti : {"a", "b", "c"}) house.refreshed(foreign(jti));
    CPPUNIT_ASSERT_EQUAL(1, tables_.django.statements.load());
  }

  void a_foreign_token_can_be_logged_out() {
    SessionHouse house(tables_);
    SessionHouse other(tables_);
    const std::string token = foreign("a", "refresh", now + 900000);
    CPPUNIT_ASSERT_EQUAL("good"s, house.verified(token));
    CPPUNIT_ASSERT_EQUAL("good"s, house.blacklisted(token));
    CPPUNIT_ASSERT_EQUAL("logout 7 logout"s, tables_.audit.told().back());
    for (SessionHouse* worker : {&house, &other}) {
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->blacklisted(token));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->outcome(token));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, worker->verified(token));
    }
    CPPUNIT_ASSERT_EQUAL("logout"s, house.row().revoked_for);  // so that no session can begin with it
    CPPUNIT_ASSERT(seconds(house.row().idle_expires_at) >= now + 900000);
    CPPUNIT_ASSERT(tables_.revocations.all().at(0).expires >= now + 900000);
  }

  void a_foreign_token_that_is_adopted_while_it_is_logged_out_is_out() {
    SessionHouse house(tables_);
    tokens::Refreshed adopted;
    tables_.sessions.before_bar = [&] { adopted = house.refreshed(foreign("a")); };
    CPPUNIT_ASSERT_EQUAL("good"s, house.blacklisted(foreign("a")));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.outcome(adopted.refresh));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house.verified(adopted.access));
    CPPUNIT_ASSERT_EQUAL("logout"s, house.row().revoked_for);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdoptedTokensTest);

}  // namespace
