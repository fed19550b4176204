// That the statements which the stores send find their rows through an index: counted by the server, row by
// row, whatever the statements are. Each call may read a few rows of tables that have a thousand.
#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "store/mysql_revocation_store.h"
#include "tests/store/session_fixture.h"

namespace {

using namespace store_test;

class IndexUseTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(IndexUseTest);
  CPPUNIT_TEST(of_sessions);
  CPPUNIT_TEST(of_revocations);
  CPPUNIT_TEST_SUITE_END();

  static constexpr std::int64_t kFew = 200;
  static constexpr int kRows = 1000;

  std::int64_t read_so_far() {
    auto lease = one_->acquire();
    auto rows =
        lease
            .prepare(
                "SELECT CAST(SUM(VARIABLE_VALUE) AS SIGNED) FROM information_schema.SESSION_STATUS WHERE "
                "VARIABLE_NAME LIKE 'HANDLER_READ%'")
            .query();
    CPPUNIT_ASSERT(rows.next());
    return rows.integer(1);
  }
  void reads_few(const std::string& what, const std::function<void()>& call) {
    const auto before = read_so_far();
    const auto price_of_asking = read_so_far() - before;
    call();
    const auto read = read_so_far() - before - 2 * price_of_asking;
    CPPUNIT_ASSERT_MESSAGE(what + " reads " + std::to_string(read) + " rows", read < kFew);
  }
  static std::string numbers() {
    return "(WITH RECURSIVE s AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < " +
           std::to_string(kRows) + ") SELECT seq FROM s) AS numbers";
  }

  std::optional<mysql::Pool> one_;  // connection, which counts
  std::optional<store::MysqlSessionStore> sessions_;

 public:
  void setUp() override {
    SessionFixture::setUp();
    auto options = database_->options();
    options.pool_size = 1;
    options.acquire_timeout = std::chrono::seconds(5);
    one_.emplace(std::move(options));
    sessions_.emplace(*one_);
    database_->run(
        "INSERT INTO auth_user SELECT seq, 'old$AAAA', NULL, 0, CONCAT('user', seq), '', '', '', 0, 1, "
        "'2024-01-01 00:00:00' FROM " +
        numbers());
    database_->run(
        "INSERT INTO jwtauthd_session (id, user_id, created_at, last_used_at, expires_at, idle_expires_at, "
        "address, user_agent, current_jti, previous_jti, generation, revoked_at, revoked_for) SELECT "
        "UNHEX(MD5(seq)), 100 + seq % 200, FROM_UNIXTIME(1700000000 + seq), FROM_UNIXTIME(1700000000 + seq), "
        "'2100-01-01', FROM_UNIXTIME(1700100000 + seq), '', '', UNHEX(SHA2(seq, 256)), NULL, 0, NULL, '' "
        "FROM " +
        numbers());
    database_->run(
        "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) SELECT "
        "UTC_TIMESTAMP(6) - INTERVAL seq MINUTE, 100 + seq % 200, '', 0, UNIX_TIMESTAMP() + seq FROM " +
        numbers());
    for (const char* table : {"auth_user", "jwtauthd_session", "jwtauthd_revocation"})
      database_->column(std::string("ANALYZE TABLE ") + table);
  }
  void tearDown() override {
    sessions_.reset();
    one_.reset();
    SessionFixture::tearDown();
  }

  void of_sessions() {
    for (unsigned char number = 1; number <= 16; ++number) add(number);
    std::vector<store::Rotation> several;
    for (unsigned char number = 1; number <= 16; ++number) {
      several.push_back(rotation(1, 2));
      several.back().id = id(number);
    }
    auto late = several;
    for (auto& one : late) one.now += std::chrono::microseconds(1);
    const std::pair<const char*, std::function<void()>> calls[] = {
        {"rotate_all", [&] { CPPUNIT_ASSERT(sessions_->rotate_all(several) == std::vector(16, true)); }},
        {"rotate_all, late", [&] { CPPUNIT_ASSERT(sessions_->rotate_all(late) == std::vector(16, false)); }},
        {"rotate", [&] { CPPUNIT_ASSERT(sessions_->rotate(rotation(2, 3))); }},
        {"find", [&] { CPPUNIT_ASSERT(sessions_->find(id(1))); }},
        {"create, by password",
         [&] {
           CPPUNIT_ASSERT(sessions_->create(session(50), {.password = "old$AAAA"}) == store::Created::done);
         }},
        {"create, with a limit",
         [&] {
           CPPUNIT_ASSERT(sessions_->create(session(52), {.password = "old$AAAA", .fewer_than = 100}) ==
                          store::Created::done);
           CPPUNIT_ASSERT(sessions_->create(session(53), {.password = "old$AAAA", .fewer_than = 2}) ==
                          store::Created::full);
         }},
        {"create, by a token",
         [&] { CPPUNIT_ASSERT(sessions_->create(session(51), {.issued = kNow}) == store::Created::done); }},
        {"list of a user", [&] { CPPUNIT_ASSERT(!sessions_->list({7}, at(kNow)).empty()); }},
        {"places_of", [&] { CPPUNIT_ASSERT(!sessions_->places_of("user7").empty()); }},
        {"revoke", [&] { CPPUNIT_ASSERT(!sessions_->revoke(7, id(1), ending()).empty()); }},
        {"revoke_beyond", [&] { CPPUNIT_ASSERT(!sessions_->revoke_beyond(7, 12, ending()).empty()); }},
        {"revoke_all", [&] { CPPUNIT_ASSERT(!sessions_->revoke_all(7, std::nullopt, ending()).empty()); }},
        {"deactivate", [&] { CPPUNIT_ASSERT(sessions_->deactivate(7, ending(SessionEnd::admin))); }},
        {"purge", [&] { CPPUNIT_ASSERT(sessions_->purge(at(kNow + 100'005), 50) > 0); }},
    };
    for (const auto& [what, call] : calls) reads_few(what, call);
  }

  void of_revocations() {
    store::MysqlRevocationStore store(*one_);
    const std::pair<const char*, std::function<void()>> calls[] = {
        {"page", [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{20}, store.page(500, 20).size()); }},
        {"recent", [&] { CPPUNIT_ASSERT(!store.recent(std::chrono::seconds(90), 0).empty()); }},
        {"has_ended", [&] { CPPUNIT_ASSERT(!store.has_ended(101, id(1), 5)); }},
        {"purge",
         [&] {
           const auto now = util::SystemClock().now();
           CPPUNIT_ASSERT(store.purge(now + std::chrono::seconds(300), 50) > 0);
         }},
    };
    for (const auto& [what, call] : calls) reads_few(what, call);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IndexUseTest);

}  // namespace
