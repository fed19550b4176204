#include "tokens/sessions.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "session_house.h"

namespace {

using namespace std::string_literals;
using tokens_test::now;
using tokens_test::SessionHouse;

class SessionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionsTest);
  CPPUNIT_TEST(lists_live_ones_newest_use_first);
  CPPUNIT_TEST(ends_one_of_the_users_own_only);
  CPPUNIT_TEST(what_is_over_ends_silently);
  CPPUNIT_TEST(ends_all_but_the_one_that_asks);
  CPPUNIT_TEST(a_token_without_row_ends_everywhere);
  CPPUNIT_TEST(what_a_callers_transaction_ended_holds_here);
  CPPUNIT_TEST(ends_outlast_every_token_that_was_handed_out);
  CPPUNIT_TEST_SUITE_END();

  SessionHouse::Tables tables_;
  SessionHouse house_{tables_};

  static tokens::Vouched vouched(const store::SessionId& id, bool has_sid, std::int64_t issued = now) {
    return {7, now + 300, {.issued = issued}, {id, has_sid}};
  }

 public:
  void setUp() override {
    tables_.users.put(7, "alice");
    tables_.users.put(8, "bob");
  }

  void lists_live_ones_newest_use_first() {
    const auto first = house_.login();
    house_.clock.advance(std::chrono::seconds(1));
    const auto second = house_.login();
    const auto third = house_.login(8);
    house_.clock.advance(std::chrono::seconds(1));
    house_.refreshed(first.refresh);
    const auto listed = house_.ended.list(7);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, listed.size());
    CPPUNIT_ASSERT(listed[0].id == first.session && listed[1].id == second.session);
    house_.ended.end(7, first.session, store::SessionEnd::logout, store::AuditKind::logout, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, house_.ended.list(7).size());
    CPPUNIT_ASSERT(house_.ended.list(8).at(0).id == third.session);
  }

  void ends_one_of_the_users_own_only() {
    const auto pair = house_.login();
    const auto end = [&](std::int64_t user_id) {
      return house_.ended.end(user_id, pair.session, store::SessionEnd::logout,
                              store::AuditKind::session_ended, house_.origin);
    };
    CPPUNIT_ASSERT(!end(8));
    CPPUNIT_ASSERT_EQUAL("good"s, house_.verified(pair.access));
    CPPUNIT_ASSERT(end(7));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house_.verified(pair.access));
    CPPUNIT_ASSERT(!end(7));
    const auto event = tables_.audit.events().back();
    CPPUNIT_ASSERT(event.kind == store::AuditKind::session_ended && event.session == pair.session);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, tables_.audit.told().size());
  }

  void what_is_over_ends_silently() {
    const auto first = house_.login();
    const auto second = house_.login();
    house_.clock.advance(std::chrono::hours(24) + std::chrono::seconds(30));
    CPPUNIT_ASSERT(house_.ended.list(7).empty());
    CPPUNIT_ASSERT(!house_.ended.end_listed(7, first.session, house_.origin));
    CPPUNIT_ASSERT(house_.feed.revoked(vouched(first.session, true)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, house_.ended.end_all(7, std::nullopt, store::SessionEnd::logout_all,
                                                              store::AuditKind::logout_all, house_.origin));
    CPPUNIT_ASSERT(house_.feed.revoked(vouched(second.session, true)));
    const auto listed = house_.login();
    CPPUNIT_ASSERT(house_.ended.end_listed(7, listed.session, house_.origin));
    CPPUNIT_ASSERT(!house_.ended.end_listed(7, listed.session, house_.origin));
  }

  void ends_all_but_the_one_that_asks() {
    const auto asking = house_.login();
    const auto second = house_.login();
    const auto third = house_.login();
    const auto bob = house_.login(8);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2},
                         house_.ended.end_all(7, asking.session, store::SessionEnd::password_changed,
                                              store::AuditKind::password_changed, house_.origin));
    CPPUNIT_ASSERT_EQUAL("good"s, house_.verified(asking.access));
    CPPUNIT_ASSERT_EQUAL("good"s, house_.verified(bob.access));
    for (const auto& pair : {second, third}) {
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, house_.verified(pair.access));
      CPPUNIT_ASSERT_EQUAL("blacklisted"s, house_.outcome(pair.refresh));
    }
    CPPUNIT_ASSERT(house_.feed.revoked(vouched({}, false)));
    CPPUNIT_ASSERT(!house_.feed.revoked(vouched({}, false, now + 1)));
  }

  void a_token_without_row_ends_everywhere() {
    SessionHouse other(tables_);
    const store::SessionId id{9};
    CPPUNIT_ASSERT(house_.ended.end_token(7, id, store::AuditKind::logout, house_.origin, now + 300));
    other.feed.poll_once();
    for (SessionHouse* worker : {&house_, &other}) {
      CPPUNIT_ASSERT(worker->feed.revoked(vouched(id, false)));
      CPPUNIT_ASSERT(!worker->feed.revoked(vouched({8}, false)));
    }
    CPPUNIT_ASSERT_EQUAL("logout 7 logout"s, tables_.audit.told().at(0));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nobody was logged in from there", ""s,
                                 tables_.sessions.all().at(0).address);
    // Where there is a row after all, that ends, and nothing is told twice.
    const auto pair = house_.login();
    house_.ended.end_token(7, pair.session, store::AuditKind::logout, house_.origin, now + 300);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house_.outcome(pair.refresh));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, tables_.audit.told().size());
  }

  void what_a_callers_transaction_ended_holds_here() {
    const auto pair = house_.login();
    const auto ending = house_.ended.ending(7, store::SessionEnd::account_deleted,
                                            store::AuditKind::account_deleted, house_.origin);
    CPPUNIT_ASSERT_EQUAL("account_deleted"s, ending.event.reason);
    CPPUNIT_ASSERT_EQUAL("good"s, house_.verified(pair.access));
    house_.ended.told(7, {pair.session}, ending);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, house_.verified(pair.access));
    CPPUNIT_ASSERT(house_.feed.revoked(vouched({}, false)));
  }

  void ends_outlast_every_token_that_was_handed_out() {
    const auto ending =
        house_.ended.ending(7, store::SessionEnd::admin, store::AuditKind::tokens_revoked, {});
    CPPUNIT_ASSERT(ending.access_end > ending.now + std::chrono::seconds(300));
    CPPUNIT_ASSERT(ending.refresh_end > ending.now + std::chrono::seconds(86400));
    // Those of yesterday's configuration, too.
    const auto day = std::chrono::hours(24);
    CPPUNIT_ASSERT(ending.access_end >= ending.now + day);
    const auto week = tokens::ends_of_tokens({.access = 7 * day, .refresh = 8 * day}, ending.now);
    CPPUNIT_ASSERT(week.access > ending.now + 7 * day && week.refresh > ending.now + 8 * day);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionsTest);

}  // namespace
