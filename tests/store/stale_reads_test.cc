// Reads of a replica, which here is another database with other rows, so that what comes tells whose it is.
#include "mysql/stale_reads.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>

#include "session_fixture.h"
#include "store/mysql_personal_token_store.h"

namespace {

using namespace store_test;

class StaleReadsTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(StaleReadsTest);
  CPPUNIT_TEST(the_lists_come_from_the_replica);
  CPPUNIT_TEST(what_decides_is_never_read_there);
  CPPUNIT_TEST(without_a_replica_that_answers_the_primary_is_read);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TestDatabase> replica_;
  std::optional<mysql::StaleReads> reads_;

  std::size_t listed() {
    store::MysqlSessionStore sessions(*pool_, store::Auditing::on, &*reads_);
    return sessions.list({.user_id = 7}, at(kNow)).size();
  }

 public:
  void setUp() override {
    SessionFixture::setUp();
    replica_.emplace();
    mysql::Pool pool(replica_->options());
    CPPUNIT_ASSERT(store::Migrator(pool).migrate());
    reads_.emplace(*pool_, replica_->options());
    add_user(7, "ann");
  }
  void tearDown() override {
    reads_.reset();
    replica_.reset();
    SessionFixture::tearDown();
  }

  void the_lists_come_from_the_replica() {
    add(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, listed());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->list({.user_id = 7}, at(kNow)).size());
    store::MysqlPersonalTokenStore tokens(*pool_, store::Auditing::on, &*reads_);
    store::MysqlPersonalTokenStore own(*pool_);
    store::PersonalToken token;
    token.id = id(1);
    token.user_id = 7;
    token.created_at = at(kNow);
    store::AuditEvent event;
    event.at = at(kNow);
    CPPUNIT_ASSERT(own.add(token, jti(1), 10, {id(99), {}}, event) == store::PersonalTokenStore::Added::done);
    CPPUNIT_ASSERT(tokens.list({.user_id = 7}).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, own.list({.user_id = 7}).size());
  }

  void what_decides_is_never_read_there() {
    store::MysqlSessionStore sessions(*pool_, store::Auditing::on, &*reads_);
    add(1);
    CPPUNIT_ASSERT(sessions.find(id(1)).has_value());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, sessions.count(7, std::nullopt, at(kNow)));
    CPPUNIT_ASSERT(sessions.rotate(rotation(1, 2)));
  }

  void without_a_replica_that_answers_the_primary_is_read() {
    mysql::Options nowhere = replica_->options();
    nowhere.socket = "/nonexistent/socket";
    reads_.emplace(*pool_, std::move(nowhere));
    add(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, listed());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StaleReadsTest);

}  // namespace
