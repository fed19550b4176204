#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "store/mysql_personal_token_store.h"
#include "tests/store/session_fixture.h"

namespace {

using namespace store_test;
using store::PersonalToken;
using Added = store::PersonalTokenStore::Added;

class PersonalTokenStoreTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(PersonalTokenStoreTest);
  CPPUNIT_TEST(what_was_added_is_found_as_it_was);
  CPPUNIT_TEST(use_is_noted_while_there_is_a_row);
  CPPUNIT_TEST(newest_is_listed_first);
  CPPUNIT_TEST(removal_tells_the_feed_and_the_audit);
  CPPUNIT_TEST(nobody_removes_what_is_another_users);
  CPPUNIT_TEST(all_of_a_user_are_removed);
  CPPUNIT_TEST(two_at_once_do_not_pass_the_limit);
  CPPUNIT_TEST(login_that_has_ended_adds_none);
  CPPUNIT_TEST(end_of_all_that_overlaps_leaves_none);
  CPPUNIT_TEST(new_password_and_logout_leave_them_and_deletion_takes_them);
  CPPUNIT_TEST(purge_takes_what_is_over_and_whose_user_is_gone);
  CPPUNIT_TEST(without_auditing_all_else_is_the_same);
  CPPUNIT_TEST_SUITE_END();

  std::optional<store::MysqlPersonalTokenStore> tokens_;

  static PersonalToken token(unsigned char number, std::int64_t user_id = 7) {
    PersonalToken made;
    made.id = id(number);
    made.user_id = user_id;
    made.name = "caf\xC3\xA9 \xF0\x9F\x98\x80";
    made.hint = "9aZ" + std::to_string(number % 10);
    made.scope = "read write";
    made.created_at = at(kNow, 1);
    made.expires_at = at(kNow + 1'000, 2);
    return made;
  }
  static store::AuditEvent event(store::AuditKind kind = store::AuditKind::token_created) {
    store::AuditEvent made;
    made.kind = kind;
    made.at = at(kNow);
    made.request_id = "r1";
    return made;
  }
  static store::Withdrawal withdrawal() {
    return {at(kNow + 500, 1), event(store::AuditKind::token_revoked)};
  }
  Added put(const PersonalToken& made, const store::MadeBy& login = {id(99), {}}, unsigned most = 10) {
    return tokens_->add(made, jti(made.id[15]), most, login, event());
  }
  std::string count() { return database_->value("SELECT COUNT(*) FROM jwtauthd_personal_token"); }

 public:
  void setUp() override {
    SessionFixture::setUp();
    tokens_.emplace(*pool_);
    add_user(7, "ada");
    add_user(8, "bob");
  }
  void tearDown() override {
    tokens_.reset();
    SessionFixture::tearDown();
  }

  void what_was_added_is_found_as_it_was() {
    CPPUNIT_ASSERT(put(token(1)) == Added::done);
    auto endless = token(2);
    endless.expires_at.reset();
    endless.scope.clear();
    CPPUNIT_ASSERT(put(endless) == Added::done);
    for (const auto& found : {tokens_->find_by_hash(jti(1)), tokens_->find_by_id(id(1))}) {
      CPPUNIT_ASSERT(found.has_value() && found->id == id(1));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, found->user_id);
      CPPUNIT_ASSERT_EQUAL(token(1).name, found->name);
      CPPUNIT_ASSERT_EQUAL("9aZ1"s, found->hint);
      CPPUNIT_ASSERT_EQUAL("read write"s, found->scope);
      CPPUNIT_ASSERT(found->created_at == at(kNow, 1) && found->expires_at == at(kNow + 1'000, 2));
      CPPUNIT_ASSERT(!found->last_used_at);
    }
    CPPUNIT_ASSERT(!tokens_->find_by_hash(jti(2))->expires_at &&
                   tokens_->find_by_hash(jti(2))->scope.empty());
    CPPUNIT_ASSERT(!tokens_->find_by_hash(jti(3)) && !tokens_->find_by_id(id(3)));
    CPPUNIT_ASSERT_EQUAL("token_created/7//r1/ token_created/7//r1/ "s, audit());
    CPPUNIT_ASSERT_EQUAL(
        "01"s, database_->value("SELECT RIGHT(HEX(session), 2) FROM jwtauthd_audit ORDER BY id LIMIT 1"));
  }

  void use_is_noted_while_there_is_a_row() {
    put(token(1));
    CPPUNIT_ASSERT(tokens_->note_use(id(1), at(kNow + 5, 6)));
    CPPUNIT_ASSERT(tokens_->note_use(id(1), at(kNow + 5, 6)));  // the same once more changes nothing
    CPPUNIT_ASSERT(tokens_->find_by_id(id(1))->last_used_at == at(kNow + 5, 6));
    CPPUNIT_ASSERT(!tokens_->note_use(id(2), at(kNow)));
  }

  void newest_is_listed_first() {
    for (const int number : {2, 1, 3}) put(token(static_cast<unsigned char>(number)));
    put(token(4, 8));
    const auto his = tokens_->list({.user_id = 7});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, his.size());
    CPPUNIT_ASSERT(his[0].id == id(3) && his[2].id == id(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, tokens_->list({}).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, tokens_->list({.user_id = 7, .limit = 2}).size());
  }

  void removal_tells_the_feed_and_the_audit() {
    put(token(1));
    CPPUNIT_ASSERT(tokens_->remove(7, id(1), withdrawal()));
    CPPUNIT_ASSERT(!tokens_->find_by_id(id(1)));
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000501 "s, revocations());
    CPPUNIT_ASSERT_EQUAL("token_created/7//r1/ token_revoked/7//r1/ "s, audit());
    CPPUNIT_ASSERT(!tokens_->remove(7, id(1), withdrawal()));
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000501 "s, revocations());
  }

  void nobody_removes_what_is_another_users() {
    put(token(1));
    CPPUNIT_ASSERT(!tokens_->remove(8, id(1), withdrawal()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, tokens_->remove_all(8, withdrawal()));
    CPPUNIT_ASSERT_EQUAL("1"s, count());
    CPPUNIT_ASSERT_EQUAL(""s, revocations());
  }

  void all_of_a_user_are_removed() {
    for (const int number : {1, 2}) put(token(static_cast<unsigned char>(number)));
    put(token(3, 8));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, tokens_->remove_all(7, withdrawal()));
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000501 7/02/0/1700000501 "s, revocations());
    CPPUNIT_ASSERT(tokens_->find_by_id(id(3)).has_value());
    CPPUNIT_ASSERT_EQUAL("2"s, database_->value("SELECT COUNT(*) FROM jwtauthd_audit WHERE kind = "
                                                "'token_revoked' AND user_id = 7"));
  }

  void two_at_once_do_not_pass_the_limit() {
    for (const int number : {1, 2}) put(token(static_cast<unsigned char>(number)));
    std::barrier together(2);
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (const int number : {3, 4}) {
      threads.emplace_back([&, number] {
        together.arrive_and_wait();
        if (put(token(static_cast<unsigned char>(number)), {}, 3) == Added::done) ++done;
      });
    }
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(1, done.load());
    CPPUNIT_ASSERT(put(token(5), {}, 3) == Added::too_many);
    CPPUNIT_ASSERT(put(token(6, 8), {}, 3) == Added::done);
    CPPUNIT_ASSERT_EQUAL("4"s, count());
  }

  void login_that_has_ended_adds_none() {
    add(9);
    store_->revoke(7, id(9), ending());
    CPPUNIT_ASSERT(put(token(1), {id(9), {}}) == Added::ended);
    CPPUNIT_ASSERT(put(token(1, 8), {id(9), {}}) == Added::done);  // another user's
    CPPUNIT_ASSERT(put(token(2), {id(10), {}}) == Added::done);
    // Of the end of all, at kNow + 60: tokens without session of up to then.
    store_->revoke_all(7, std::nullopt, ending());
    CPPUNIT_ASSERT(put(token(3), {id(10), kNow + 60}) == Added::ended);
    CPPUNIT_ASSERT(put(token(3), {id(10), kNow + 61}) == Added::done);
    CPPUNIT_ASSERT(put(token(4), {id(10), {}}) == Added::done);  // a session that began after it
    CPPUNIT_ASSERT(put(token(5, 77)) == Added::ended);           // whose user is gone
    CPPUNIT_ASSERT_EQUAL("4"s, count());
  }

  void end_of_all_that_overlaps_leaves_none() {
    for (unsigned char round = 0; round < 10; ++round) {
      database_->run("DELETE FROM jwtauthd_session");
      add(static_cast<unsigned char>(100 + round));
      std::barrier together(2);
      std::thread maker([&] {
        together.arrive_and_wait();
        put(token(round), {id(static_cast<unsigned char>(100 + round)), {}});
      });
      together.arrive_and_wait();
      store_->revoke_all(7, std::nullopt, ending());
      tokens_->remove_all(7, withdrawal());
      maker.join();
      CPPUNIT_ASSERT_EQUAL("0"s, count());
    }
  }

  void new_password_and_logout_leave_them_and_deletion_takes_them() {
    put(token(1));
    put(token(2, 8));
    store_->revoke_all(7, std::nullopt, ending());
    CPPUNIT_ASSERT(store_->change_password(7, "new$BBBB", "old$AAAA", std::nullopt, ending()).has_value());
    CPPUNIT_ASSERT_EQUAL("2"s, count());
    CPPUNIT_ASSERT(store_->delete_user(7, ending()) == store::SessionStore::Deleted::done);
    CPPUNIT_ASSERT(!tokens_->find_by_id(id(1)) && tokens_->find_by_id(id(2)));
  }

  void purge_takes_what_is_over_and_whose_user_is_gone() {
    for (const int number : {1, 2, 3}) put(token(static_cast<unsigned char>(number)));
    auto later = token(4);
    later.expires_at = at(kNow + 2'000);
    put(later);
    auto endless = token(5, 8);
    endless.expires_at.reset();
    put(endless);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, tokens_->purge(at(kNow + 1'000), 10));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, tokens_->purge(at(kNow + 1'001), 2));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, tokens_->purge(at(kNow + 1'001), 2));
    database_->run("DELETE FROM auth_user WHERE id = 8");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, tokens_->purge(at(kNow + 1'001), 2));
    CPPUNIT_ASSERT(tokens_->find_by_id(id(4)).has_value());
    CPPUNIT_ASSERT_EQUAL("1"s, count());
  }

  void without_auditing_all_else_is_the_same() {
    store::MysqlPersonalTokenStore silent(*pool_, store::Auditing::off);
    CPPUNIT_ASSERT(silent.add(token(1), jti(1), 10, {}, event()) == Added::done);
    CPPUNIT_ASSERT(silent.remove(7, id(1), withdrawal()));
    CPPUNIT_ASSERT_EQUAL(""s, audit());
    CPPUNIT_ASSERT_EQUAL("7/01/0/1700000501 "s, revocations());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokenStoreTest);

}  // namespace
