// Ends of sessions: their rows, the feed's and the audit's are written together or not at all.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "tests/store/session_fixture.h"

namespace {

using namespace store_test;

class SessionEndingTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(SessionEndingTest);
  CPPUNIT_TEST(revoking_ends_one_tells_the_feed_and_is_audited);
  CPPUNIT_TEST(revoking_what_is_another_users_or_over_changes_nothing);
  CPPUNIT_TEST(session_past_its_end_whose_access_token_lives_ends_too);
  CPPUNIT_TEST(revoking_all_spares_one_and_ends_tokens_without_session);
  CPPUNIT_TEST(limit_ends_the_least_recently_used);
  CPPUNIT_TEST(limit_held_by_two_at_once_ends_each_once);
  CPPUNIT_TEST(a_closed_account_has_none);
  CPPUNIT_TEST(new_password_ends_the_other_sessions);
  CPPUNIT_TEST(new_password_is_refused_when_the_old_one_has_changed);
  CPPUNIT_TEST(tokens_end_up_to_the_moment_at_which_the_password_is_changed);
  CPPUNIT_TEST(what_has_no_row_is_barred_once_and_what_has_one_ends);
  CPPUNIT_TEST(session_begins_on_the_password_that_was_checked_only);
  CPPUNIT_TEST(session_begins_while_there_are_fewer_than_the_limit);
  CPPUNIT_TEST(session_of_a_foreign_token_begins_unless_it_has_ended);
  CPPUNIT_TEST(login_that_overlaps_a_change_of_password_begins_nothing);
  CPPUNIT_TEST(foreign_token_that_overlaps_the_end_of_all_begins_nothing);
  CPPUNIT_TEST(without_auditing_all_else_is_the_same);
  CPPUNIT_TEST(deleting_a_user_takes_what_is_his_and_nobody_elses);
  CPPUNIT_TEST(deleting_a_user_whom_the_sites_own_table_needs_changes_nothing);
  CPPUNIT_TEST(deleting_works_without_djangos_tables);
  CPPUNIT_TEST(many_sessions_end_in_few_statements);
  CPPUNIT_TEST_SUITE_END();

 public:
  void revoking_ends_one_tells_the_feed_and_is_audited() {
    add(1);
    add(2);
    CPPUNIT_ASSERT(store_->revoke(7, id(1), ending()) == std::vector<SessionId>{id(1)});
    const Session found = store_->find(id(1)).value();
    CPPUNIT_ASSERT(found.revoked_at == at(kNow + 60, 5));
    CPPUNIT_ASSERT_EQUAL("logout"s, found.revoked_for);
    CPPUNIT_ASSERT_EQUAL("01:logout "s, revoked());
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000360 "s, revocations());
    CPPUNIT_ASSERT_EQUAL("logout/7/192.0.2.9/r1/test "s, audit());
  }

  void revoking_what_is_another_users_or_over_changes_nothing() {
    add(1);
    add(2, 8);
    CPPUNIT_ASSERT(store_->revoke(7, id(2), ending()).empty());
    CPPUNIT_ASSERT(store_->revoke(7, id(3), ending()).empty());
    CPPUNIT_ASSERT(store_->revoke(7, id(1), ending_after(1'300)).empty());
    CPPUNIT_ASSERT_EQUAL(""s, revoked() + revocations() + audit());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->revoke(7, id(1), ending()).size());
    CPPUNIT_ASSERT(store_->revoke(7, id(1), ending(SessionEnd::reuse)).empty());  // why it ended stays
    CPPUNIT_ASSERT_EQUAL("01:logout "s, revoked());
    CPPUNIT_ASSERT_EQUAL("logout/7/192.0.2.9/r1/test "s, audit());
  }

  /// So long after kNow. Access tokens live 300 s, and sessions end at kNow + 1,000 s and some.
  static store::Ending ending_after(std::int64_t seconds, SessionEnd reason = SessionEnd::logout_all) {
    auto late = ending(reason);
    late.now = at(kNow + seconds, 4);
    late.access_end = late.now + std::chrono::seconds(300);
    return late;
  }

  void session_past_its_end_whose_access_token_lives_ends_too() {
    for (const auto& end : {
             +[](store::MysqlSessionStore& store) { return store.revoke(7, id(1), ending_after(1'299)); },
             +[](store::MysqlSessionStore& store) {
               return store.revoke_all(7, std::nullopt, ending_after(1'299));
             },
             +[](store::MysqlSessionStore& store) {
               return *store.change_password(7, "old$AAAA", "old$AAAA", std::nullopt, ending_after(1'299));
             },
         }) {
      database_->run("DELETE FROM jwtauthd_revocation");
      database_->run("DELETE FROM jwtauthd_session");
      add(1);
      CPPUNIT_ASSERT(end(*store_) == std::vector<SessionId>{id(1)});
      CPPUNIT_ASSERT_EQUAL("1700001600"s,
                           database_->value("SELECT expires - 0 FROM jwtauthd_revocation WHERE session <> "
                                            "UNHEX(REPEAT('0', 32))"));
    }
    database_->run("DELETE FROM jwtauthd_session");
    add(1);
    CPPUNIT_ASSERT(store_->revoke_all(7, std::nullopt, ending_after(1'300)).empty());
  }

  void revoking_all_spares_one_and_ends_tokens_without_session() {
    for (const int number : {1, 2, 3}) add(static_cast<unsigned char>(number));
    add(4, 8);
    const auto end = ending(SessionEnd::logout_all, store::AuditKind::logout_all);
    auto ended = store_->revoke_all(7, id(2), end);
    std::sort(ended.begin(), ended.end());
    CPPUNIT_ASSERT(ended == (std::vector<SessionId>{id(1), id(3)}));
    CPPUNIT_ASSERT_EQUAL("01:logout_all 03:logout_all "s, revoked());
    // not_before is the second of now; the last token without session is a refresh token.
    CPPUNIT_ASSERT_EQUAL("7/00/1700000060/1700009000 7/01/0/1700000360 7/03/0/1700000360 "s, revocations());
    CPPUNIT_ASSERT_EQUAL("logout_all/7/192.0.2.9/r1/test "s, audit());
    auto later = end;
    later.now = at(kNow + 61);
    CPPUNIT_ASSERT(store_->revoke_all(7, std::nullopt, later) == std::vector<SessionId>{id(2)});
    CPPUNIT_ASSERT(store_->find(id(4))->revoked_for.empty());
  }

  void limit_ends_the_least_recently_used() {
    for (const int number : {3, 1, 4, 2}) add(static_cast<unsigned char>(number));
    add(5, 8);
    const auto end = ending(SessionEnd::limit, store::AuditKind::session_ended);
    CPPUNIT_ASSERT(store_->revoke_beyond(7, 4, end).empty());
    CPPUNIT_ASSERT_EQUAL(""s, audit());
    auto ended = store_->revoke_beyond(7, 2, end);
    std::sort(ended.begin(), ended.end());
    CPPUNIT_ASSERT(ended == (std::vector<SessionId>{id(1), id(2)}));
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000360 7/02/0/1700000360 "s, revocations());
    CPPUNIT_ASSERT_EQUAL("session_ended/7/192.0.2.9/r1/test "s, audit());
  }

  void limit_held_by_two_at_once_ends_each_once() {
    for (unsigned char number = 1; number <= 20; ++number) add(static_cast<unsigned char>(number));
    std::barrier start(2);
    std::atomic<std::size_t> ended{0};
    const auto hold = [&](std::int64_t micros) {
      auto end = ending(SessionEnd::limit);
      end.now = at(kNow + 60, micros);
      start.arrive_and_wait();
      ended += store_->revoke_beyond(7, 5, end).size();
    };
    std::thread other(hold, 1);
    hold(2);
    other.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{15}, ended.load());
    CPPUNIT_ASSERT_EQUAL("15"s, database_->value("SELECT COUNT(*) FROM jwtauthd_revocation"));
  }

  void a_closed_account_has_none() {
    for (unsigned char number = 1; number <= 2; ++number) add(number);
    add(3, 8);
    CPPUNIT_ASSERT(!store_->deactivate(9, ending(SessionEnd::admin)));
    CPPUNIT_ASSERT_EQUAL(""s, revoked() + revocations() + audit());
    CPPUNIT_ASSERT(store_->deactivate(7, ending(SessionEnd::admin, store::AuditKind::user_deactivated)));
    CPPUNIT_ASSERT_EQUAL("01:admin 02:admin "s, revoked());
    CPPUNIT_ASSERT_EQUAL("3"s,
                         database_->value("SELECT COUNT(*) FROM jwtauthd_revocation WHERE user_id = 7"));
    CPPUNIT_ASSERT_EQUAL("user_deactivated/7/192.0.2.9/r1/test "s, audit());
    CPPUNIT_ASSERT_EQUAL("7"s, database_->value("SELECT id FROM auth_user WHERE NOT is_active"));
    CPPUNIT_ASSERT(store_->create(session(4), {.password = "old$AAAA"}) == store::Created::refused);
  }

  void new_password_ends_the_other_sessions() {
    add_user(7, "ann");
    add(1);
    add(2);
    const auto end = ending(SessionEnd::password_changed, store::AuditKind::password_changed);
    const auto ended = store_->change_password(7, "new", "old$AAAA", id(2), end);
    CPPUNIT_ASSERT(ended == std::vector<SessionId>{id(1)});
    CPPUNIT_ASSERT_EQUAL("new"s, database_->value("SELECT password FROM auth_user"));
    CPPUNIT_ASSERT_EQUAL("01:password_changed "s, revoked());
    CPPUNIT_ASSERT_EQUAL("password_changed/7/192.0.2.9/r1/test "s, audit());
    CPPUNIT_ASSERT(store_->change_password(7, "newer", std::nullopt, std::nullopt, end)->size() >= 1);
    CPPUNIT_ASSERT_EQUAL("newer"s, database_->value("SELECT password FROM auth_user"));
  }

  void new_password_is_refused_when_the_old_one_has_changed() {
    add_user(7, "ann");
    add(1);
    CPPUNIT_ASSERT(!store_->change_password(7, "new", "old$aaaa", std::nullopt, ending()));
    CPPUNIT_ASSERT(!store_->change_password(8, "new", std::nullopt, std::nullopt, ending()));
    CPPUNIT_ASSERT_EQUAL("old$AAAA"s, database_->value("SELECT password FROM auth_user"));
    CPPUNIT_ASSERT_EQUAL(""s, revoked() + revocations() + audit());
  }

  struct Later final : util::Clock {
    util::TimePoint now() const override { return at(kNow + 65, 5); }
  };
  void tokens_end_up_to_the_moment_at_which_the_password_is_changed() {
    const Later clock;
    add(1);
    auto end = ending(SessionEnd::password_changed, store::AuditKind::password_changed);
    end.clock = &clock;
    CPPUNIT_ASSERT(store_->change_password(7, "new", "old$AAAA", std::nullopt, end));
    CPPUNIT_ASSERT(store_->find(id(1))->revoked_at == at(kNow + 65, 5));
    CPPUNIT_ASSERT_EQUAL("7/00/1700000065/1700009005 7/01/0/1700000365 "s, revocations());
    CPPUNIT_ASSERT(store_->delete_user(7, end) == store::SessionStore::Deleted::done);
    CPPUNIT_ASSERT_EQUAL("2"s, database_->value("SELECT COUNT(*) FROM jwtauthd_revocation WHERE not_before = "
                                                "1700000065"));
  }

  void what_has_no_row_is_barred_once_and_what_has_one_ends() {
    add_user(7, "ann");
    CPPUNIT_ASSERT(store_->revoke_or_bar(session(1), ending()));
    CPPUNIT_ASSERT(!store_->revoke_or_bar(session(1), ending()));
    CPPUNIT_ASSERT(store_->create(session(1), {.issued = kNow}) == store::Created::taken);
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700009000 "s, revocations());  // as long as a refresh token may live
    add(2);
    CPPUNIT_ASSERT(store_->revoke_or_bar(session(2), ending()));
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700009000 7/02/0/1700000360 "s, revocations());
    CPPUNIT_ASSERT_EQUAL("01:logout 02:logout "s, revoked());
    CPPUNIT_ASSERT_EQUAL("logout/7/192.0.2.9/r1/test logout/7/192.0.2.9/r1/test "s, audit());
  }

  void session_begins_on_the_password_that_was_checked_only() {
    const auto begin = [&](std::string_view hash) { return store_->create(session(1), {.password = hash}); };
    CPPUNIT_ASSERT(begin("old$AAAA") == store::Created::refused);  // no such user
    add_user(7, "ann");
    CPPUNIT_ASSERT(begin("old$aaaa") == store::Created::refused);  // equal to the column's collation
    database_->run("UPDATE auth_user SET is_active = 0");
    CPPUNIT_ASSERT(begin("old$AAAA") == store::Created::refused);
    database_->run("UPDATE auth_user SET is_active = 1");
    // As between the look at a password and the login's row: from another host, on another connection.
    mysql::Pool other_pool(database_->options());
    store::MysqlSessionStore other(other_pool);
    CPPUNIT_ASSERT(other.change_password(7, "new", "old$AAAA", std::nullopt, ending()));
    CPPUNIT_ASSERT(begin("old$AAAA") == store::Created::refused);
    CPPUNIT_ASSERT_EQUAL("0"s, database_->value("SELECT COUNT(*) FROM jwtauthd_session"));
    CPPUNIT_ASSERT(begin("new") == store::Created::done);
  }

  void session_begins_while_there_are_fewer_than_the_limit() {
    add_user(7, "ann");
    const auto begin = [&](unsigned char number, std::string_view hash = "old$AAAA") {
      return store_->create(session(number), {.password = hash, .fewer_than = 2});
    };
    add(9, 8);  // of another
    CPPUNIT_ASSERT(begin(1) == store::Created::done);
    CPPUNIT_ASSERT(begin(2) == store::Created::done);
    CPPUNIT_ASSERT(begin(3) == store::Created::full);
    CPPUNIT_ASSERT_EQUAL("3"s, database_->value("SELECT COUNT(*) FROM jwtauthd_session"));
    store_->revoke(7, id(1), ending());
    CPPUNIT_ASSERT(begin(3, "another") == store::Created::refused);
    CPPUNIT_ASSERT(begin(3) == store::Created::done);
  }

  void session_of_a_foreign_token_begins_unless_it_has_ended() {
    const auto begin = [&](unsigned char number, std::int64_t issued) {
      return store_->create(session(number), {.issued = issued});
    };
    CPPUNIT_ASSERT(begin(1, kNow) == store::Created::refused);  // no such user
    add_user(7, "ann");
    add_user(8, "bea");
    CPPUNIT_ASSERT(begin(1, kNow) == store::Created::done);
    store_->revoke(7, id(1), ending());  // one session is not all
    CPPUNIT_ASSERT(begin(2, kNow) == store::Created::done);
    store_->revoke_all(8, std::nullopt, ending());  // nor are another one's
    CPPUNIT_ASSERT(begin(3, kNow) == store::Created::done);
    store_->revoke_all(7, std::nullopt, ending());
    CPPUNIT_ASSERT(begin(4, kNow) == store::Created::refused);
    CPPUNIT_ASSERT(begin(4, kNow + 60) == store::Created::refused);  // of that very second
    CPPUNIT_ASSERT(begin(4, kNow + 61) == store::Created::done);
  }

  /// `grounds` while another connection ends all that user 7 has and has not committed yet.
  void begins_nothing_during_the_end(const store::Grounds& grounds) {
    add_user(7, "ann");
    mysql::Pool other_pool(database_->options());
    store::MysqlSessionStore other(other_pool);
    std::thread late;
    std::atomic<int> outcome{-1};
    mysql::transact(*pool_, [&](mysql::Transaction& change) {
      change.prepare("UPDATE auth_user SET password = 'new' WHERE id = 7").execute();
      late = std::thread([&] { outcome = static_cast<int>(other.create(session(1), grounds)); });
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      change
          .prepare(
              "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) "
              "VALUES (NOW(6), 7, UNHEX(REPEAT('0', 32)), 1700000060, 1700009000)")
          .execute();
      change.commit();
    });
    late.join();
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(store::Created::refused), outcome.load());
    CPPUNIT_ASSERT_EQUAL("0"s, database_->value("SELECT COUNT(*) FROM jwtauthd_session"));
  }

  void login_that_overlaps_a_change_of_password_begins_nothing() {
    begins_nothing_during_the_end({.password = "old$AAAA"});
  }

  void foreign_token_that_overlaps_the_end_of_all_begins_nothing() {
    begins_nothing_during_the_end({.issued = kNow});
  }

  void without_auditing_all_else_is_the_same() {
    store::MysqlSessionStore silent(*pool_, store::Auditing::off);
    add(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, silent.revoke(7, id(1), ending()).size());
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000360 "s, revocations());
    CPPUNIT_ASSERT_EQUAL(""s, audit());
  }

  void deleting_a_user_takes_what_is_his_and_nobody_elses() {
    const char* const tables[] = {"auth_user_groups", "auth_user_user_permissions", "django_admin_log",
                                  "authtoken_token"};
    for (const std::string table : tables) {  // as Django has them
      database_->run("DROP TABLE IF EXISTS " + table);
      database_->run("CREATE TABLE " + table +
                     " (id int AUTO_INCREMENT PRIMARY KEY, user_id int NOT NULL, FOREIGN KEY (user_id) "
                     "REFERENCES auth_user (id)) ENGINE=InnoDB");
    }
    database_->run(
        "CREATE TABLE token_blacklist_outstandingtoken (id int AUTO_INCREMENT PRIMARY KEY, user_id int NULL, "
        "FOREIGN KEY (user_id) REFERENCES auth_user (id)) ENGINE=InnoDB");
    for (const std::int64_t user : {7, 8}) {
      const std::string number = std::to_string(user);
      add_user(user, "user" + number);
      add(static_cast<unsigned char>(user), user);
      for (const std::string table : tables) {
        database_->run("INSERT INTO " + table + " (user_id) VALUES (" + number + ")");
      }
      database_->run("INSERT INTO token_blacklist_outstandingtoken (user_id) VALUES (" + number + ")");
      database_->run("INSERT INTO jwtauthd_email_claim VALUES (UNHEX(SHA2('" + number + "', 256)), " +
                     number + ")");
      database_->run("INSERT INTO jwtauthd_throttle VALUES (UNHEX(SHA2('" + number +
                     "', 256)), 'n', 1, NOW(6), NULL, " + number + ", '')");
    }
    const auto end = ending(SessionEnd::account_deleted, store::AuditKind::account_deleted);
    CPPUNIT_ASSERT(store_->delete_user(7, end) == store::SessionStore::Deleted::done);
    for (const char* table :
         {"auth_user_groups", "auth_user_user_permissions", "django_admin_log", "authtoken_token",
          "jwtauthd_session", "jwtauthd_email_claim", "jwtauthd_throttle"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(table, "8"s, database_->value("SELECT user_id FROM "s + table));
    }
    CPPUNIT_ASSERT_EQUAL("8"s, database_->value("SELECT id FROM auth_user"));
    CPPUNIT_ASSERT_EQUAL("1/1"s,
                         database_->value("SELECT CONCAT(SUM(user_id = 8), '/', SUM(user_id IS NULL)) "
                                          "FROM token_blacklist_outstandingtoken"));
    CPPUNIT_ASSERT_EQUAL("7/00/1700000060/1700009000 7/07/0/1700000360 "s, revocations());
    CPPUNIT_ASSERT_EQUAL("account_deleted/7/192.0.2.9/r1/test "s, audit());
    CPPUNIT_ASSERT(store_->delete_user(7, end) == store::SessionStore::Deleted::no_such_user);
  }

  void deleting_a_user_whom_the_sites_own_table_needs_changes_nothing() {
    add_user(7, "ann");
    add(1);
    database_->run(
        "CREATE TABLE shop_order (id int PRIMARY KEY, customer_id int NOT NULL, FOREIGN KEY (customer_id) "
        "REFERENCES auth_user (id)) ENGINE=InnoDB");
    database_->run("INSERT INTO shop_order VALUES (1, 7)");
    CPPUNIT_ASSERT(store_->delete_user(7, ending()) == store::SessionStore::Deleted::referred_to);
    CPPUNIT_ASSERT_EQUAL("7"s, database_->value("SELECT id FROM auth_user"));
    CPPUNIT_ASSERT(!store_->find(id(1))->revoked_at);
    CPPUNIT_ASSERT_EQUAL(""s, revocations() + audit());
    database_->run("DELETE FROM shop_order");
    CPPUNIT_ASSERT(store_->delete_user(7, ending()) == store::SessionStore::Deleted::done);
  }

  void deleting_works_without_djangos_tables() {
    add_user(7, "ann");
    CPPUNIT_ASSERT(store_->delete_user(8, ending()) == store::SessionStore::Deleted::no_such_user);
    CPPUNIT_ASSERT(store_->delete_user(7, ending()) == store::SessionStore::Deleted::done);
    CPPUNIT_ASSERT_EQUAL("0"s, database_->value("SELECT COUNT(*) FROM auth_user"));
  }

  void many_sessions_end_in_few_statements() {
    database_->run(
        "INSERT INTO jwtauthd_session SELECT UNHEX(MD5(seq)), 7, NOW(6), NOW(6), NOW(6), '2100-01-01', "
        "'2100-01-01', '', '', UNHEX(SHA2(seq, 256)), NULL, 0, NULL, '' FROM (WITH RECURSIVE s AS (SELECT 1 "
        "AS "
        "seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 900) SELECT seq FROM s) AS numbers");
    const auto before = pool_->statements_sent();
    CPPUNIT_ASSERT_EQUAL(std::size_t{900}, store_->revoke_all(7, std::nullopt, ending()).size());
    CPPUNIT_ASSERT_EQUAL(before + 8, pool_->statements_sent());
    CPPUNIT_ASSERT_EQUAL("901"s, database_->value("SELECT COUNT(*) FROM jwtauthd_revocation"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionEndingTest);

}  // namespace
