// Reads of a replica, which here is another database with other rows, so that what comes tells whose it is.
#include "mysql/stale_reads.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "session_fixture.h"
#include "store/mysql_user_store.h"

namespace {

using namespace store_test;

class StaleReadsTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(StaleReadsTest);
  CPPUNIT_TEST(lists_and_known_users_come_from_the_replica);
  CPPUNIT_TEST(whom_the_replica_does_not_know_the_primary_is_asked_for);
  CPPUNIT_TEST(what_decides_is_never_read_there);
  CPPUNIT_TEST(without_a_replica_that_answers_the_primary_is_read);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TestDatabase> replica_;
  std::optional<mysql::StaleReads> reads_;

  std::set<std::int64_t> found(const std::vector<std::int64_t>& ids) {
    store::MysqlUserStore users(*pool_, store::Auditing::on, &*reads_);
    std::set<std::int64_t> seen;
    for (const auto& user : users.find_by_ids(ids)) {
      seen.insert(user.is_staff ? -user.id : user.id);  // staff is who was read from the replica
    }
    return seen;
  }

 public:
  void setUp() override {
    SessionFixture::setUp();
    replica_.emplace();
    mysql::Pool pool(replica_->options());
    CPPUNIT_ASSERT(store::Migrator(pool).migrate());
    replica_->run(
        "INSERT INTO auth_user VALUES (7, 'old$AAAA', NULL, 0, 'ann', '', '', '', 1, 1, '2024-01-01')");
    reads_.emplace(*pool_, replica_->options());
    add_user(7, "ann");
    add_user(8, "bob");
  }
  void tearDown() override {
    reads_.reset();
    replica_.reset();
    SessionFixture::tearDown();
  }

  void lists_and_known_users_come_from_the_replica() {
    CPPUNIT_ASSERT(found({7}) == std::set<std::int64_t>{-7});
    store::MysqlSessionStore sessions(*pool_, store::Auditing::on, &*reads_);
    add(1);
    CPPUNIT_ASSERT(sessions.list({.user_id = 7}, at(kNow)).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->list({.user_id = 7}, at(kNow)).size());
  }

  void whom_the_replica_does_not_know_the_primary_is_asked_for() {
    CPPUNIT_ASSERT((found({7, 8, 9}) == std::set<std::int64_t>{-7, 8}));
  }

  void what_decides_is_never_read_there() {
    store::MysqlSessionStore sessions(*pool_, store::Auditing::on, &*reads_);
    store::MysqlUserStore users(*pool_, store::Auditing::on, &*reads_);
    add(1);
    CPPUNIT_ASSERT(sessions.find(id(1)).has_value());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, sessions.count(7, std::nullopt, at(kNow)));
    CPPUNIT_ASSERT(sessions.rotate(rotation(1, 2)));
    CPPUNIT_ASSERT(!users.find_by_id(7)->is_staff && !users.find_by_username("ann")->is_staff);
    CPPUNIT_ASSERT(users.username_exists("bob"));
  }

  void without_a_replica_that_answers_the_primary_is_read() {
    mysql::Options nowhere = replica_->options();
    nowhere.socket = "/nonexistent/socket";
    reads_.emplace(*pool_, std::move(nowhere));
    CPPUNIT_ASSERT(found({7}) == std::set<std::int64_t>{7});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StaleReadsTest);

}  // namespace
