// That the statements which the stores send find their rows through an index: counted by the server, row by
// row, whatever the statements are. Each call may read a few rows of tables that have a thousand.
#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "store/mysql_audit_store.h"
#include "store/mysql_personal_token_store.h"
#include "store/mysql_revocation_store.h"
#include "store/mysql_throttle_store.h"
#include "tests/store/session_fixture.h"

namespace {

using namespace store_test;

class IndexUseTest : public SessionFixture {
  CPPUNIT_TEST_SUITE(IndexUseTest);
  CPPUNIT_TEST(of_sessions);
  CPPUNIT_TEST(of_revocations);
  CPPUNIT_TEST(of_failed_logins);
  CPPUNIT_TEST(of_the_audit);
  CPPUNIT_TEST(of_personal_tokens);
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
  using Calls = std::vector<std::pair<const char*, std::function<void()>>>;
  void read_few(const Calls& calls) {
    for (const auto& [what, call] : calls) reads_few(what, call);
  }
  void fill(const std::string& table, const std::string& columns, const std::string& values) {
    database_->run("INSERT INTO " + table + " (" + columns + ") SELECT " + values + " FROM " + numbers());
    database_->column("ANALYZE TABLE " + table);
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
    fill("auth_user",
         "id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, "
         "date_joined",
         "seq, 'old$AAAA', 0, CONCAT('user', seq), '', '', '', 0, 1, '2024-01-01 00:00:00'");
    fill(
        "jwtauthd_session",
        "id, user_id, created_at, last_used_at, expires_at, idle_expires_at, address, user_agent, "
        "current_jti, generation",
        "UNHEX(MD5(seq)), 100 + seq % 200, FROM_UNIXTIME(1700000000 + seq), FROM_UNIXTIME(1700000000 + seq), "
        "'2100-01-01', FROM_UNIXTIME(1700100000 + seq), '', '', UNHEX(SHA2(seq, 256)), 0");
    fill("jwtauthd_revocation", "created_at, user_id, session, not_before, expires",
         "UTC_TIMESTAMP(6) - INTERVAL seq MINUTE, 100 + seq % 200, '', 0, UNIX_TIMESTAMP() + seq");
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
    read_few({
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
        {"count", [&] { CPPUNIT_ASSERT(sessions_->count(7, id(1), at(kNow)) > 10); }},
        {"list of a user", [&] { CPPUNIT_ASSERT(!sessions_->list({7}, at(kNow)).empty()); }},
        {"places_of", [&] { CPPUNIT_ASSERT(!sessions_->places_of("user7").empty()); }},
        {"revoke", [&] { CPPUNIT_ASSERT(!sessions_->revoke(7, id(1), ending()).empty()); }},
        {"revoke_beyond", [&] { CPPUNIT_ASSERT(!sessions_->revoke_beyond(7, 12, ending()).empty()); }},
        {"revoke_all", [&] { CPPUNIT_ASSERT(!sessions_->revoke_all(7, std::nullopt, ending()).empty()); }},
        {"deactivate", [&] { CPPUNIT_ASSERT(sessions_->deactivate(7, ending(SessionEnd::admin))); }},
        {"purge", [&] { CPPUNIT_ASSERT(sessions_->purge(at(kNow + 100'005), 50) > 0); }},
    });
  }

  void of_revocations() {
    store::MysqlRevocationStore store(*one_);
    read_few({
        {"page", [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{20}, store.page(500, 20).size()); }},
        {"recent", [&] { CPPUNIT_ASSERT(!store.recent(std::chrono::seconds(90), 0).empty()); }},
        {"has_ended", [&] { CPPUNIT_ASSERT(!store.has_ended(101, id(1), 5, store::Reading::settled)); }},
        {"purge",
         [&] {
           const auto now = util::SystemClock().now();
           CPPUNIT_ASSERT(store.purge(now + std::chrono::seconds(300), 50) > 0);
         }},
    });
  }

  void of_failed_logins() {
    fill("jwtauthd_throttle", "subject, kind, failures, last_failed_at, user_id, address",
         "UNHEX(SHA2(seq, 256)), 'o', 1, FROM_UNIXTIME(1700000000 + 60 * seq), seq, ''");
    store::MysqlThrottleStore store(*one_);
    using Kind = store::ThrottleSubject::Kind;
    const store::ThrottleSubject ann{Kind::account, "user7"};
    const store::ThrottleSubject ghost{Kind::account, "ghost"};
    const store::ThrottleSubject owner{Kind::owner, "7/192.0.2.1"};
    const store::ThrottleSubject address{Kind::address, "192.0.2.1"};
    store.read(ann, address);  // which asks for the collation, too
    Calls calls;
    for (const auto* const subject : {&ann, &ghost, &owner, &address}) {
      calls.insert(calls.end(),
                   {{"count", [&, subject] { store.count(*subject, 7, at(kNow)); }},
                    {"read", [&, subject] { store.read(*subject, address); }},
                    {"claim", [&, subject] { store.claim(*subject, 1, at(kNow), at(kNow + 1)); }},
                    {"begin_anew", [&, subject] { store.begin_anew(*subject, 2, at(kNow + 2), {}); }},
                    {"block", [&, subject] { store.block(*subject, at(kNow + 3)); }},
                    {"clear", [&, subject] { CPPUNIT_ASSERT(store.clear(*subject)); }}});
    }
    read_few(calls);
    read_few({
        {"clear_owner", [&] { CPPUNIT_ASSERT(store.clear_owner(8)); }},
        {"list", [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{20}, store.list(20).size()); }},
        {"purge", [&] { CPPUNIT_ASSERT_EQUAL(std::uint64_t{20}, store.purge(at(kNow + 6'000), 20)); }},
    });
  }

  void of_the_audit() {
    fill("jwtauthd_audit", "happened_at, kind, user_id, session, address, request_id, reason",
         "FROM_UNIXTIME(1700000000 + seq), IF(seq % 100 = 7, 'locked_out', 'login'), seq % 100, '', "
         "CONCAT('192.0.2.', seq % 100), '', ''");
    store::MysqlAuditStore store(*one_);
    const auto finds = [&](std::size_t count, void (*narrow)(store::AuditFilter&)) {
      return [&store, count, narrow] {
        store::AuditFilter filter;
        filter.limit = 20;
        narrow(filter);
        CPPUNIT_ASSERT_EQUAL(count, store.list(filter).size());
      };
    };
    using Filter = store::AuditFilter;
    read_few({
        {"append", [&] { store.append({}); }},
        {"newest", finds(20, [](Filter& filter) { filter.newest_first = true; })},
        {"of a kind", finds(10, [](Filter& filter) { filter.kind = store::AuditKind::locked_out; })},
        {"of a kind, newest first", finds(10,
                                          [](Filter& filter) {
                                            filter.kind = store::AuditKind::locked_out;
                                            filter.newest_first = true;
                                          })},
        {"of a user", finds(10, [](Filter& filter) { filter.user_id = 8; })},
        {"from an address", finds(10, [](Filter& filter) { filter.address = "192.0.2.8"; })},
        {"since", finds(11, [](Filter& filter) { filter.since = at(kNow + 990); })},
        {"purge", [&] { CPPUNIT_ASSERT_EQUAL(std::uint64_t{20}, store.purge(at(kNow + 500), 20)); }},
    });
  }

  void of_personal_tokens() {
    fill("jwtauthd_personal_token", "id, user_id, name, token_hash, hint, scope, created_at, expires_at",
         "UNHEX(MD5(seq)), 100 + seq % 200, '', UNHEX(SHA2(seq, 256)), '', '', FROM_UNIXTIME(1700000000), "
         "FROM_UNIXTIME(1700000000 + seq)");
    store::MysqlPersonalTokenStore store(*one_);
    store::PersonalToken token;
    token.id = id(1);
    token.user_id = 101;
    token.created_at = at(kNow);
    const store::Withdrawal how{at(kNow + 500), {}};
    read_few({
        {"add",
         [&] {
           CPPUNIT_ASSERT(store.add(token, jti(1), 10, {id(99), 5}, {}) ==
                          store::PersonalTokenStore::Added::done);
         }},
        {"find_by_hash", [&] { CPPUNIT_ASSERT(store.find_by_hash(jti(1))); }},
        {"find_by_id", [&] { CPPUNIT_ASSERT(store.find_by_id(id(1))); }},
        {"list", [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{20}, store.list({.limit = 20}).size()); }},
        {"list of a user",
         [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{6}, store.list({.user_id = 101}).size()); }},
        {"note_use", [&] { CPPUNIT_ASSERT(store.note_use(id(1), at(kNow))); }},
        {"remove", [&] { CPPUNIT_ASSERT(store.remove(101, id(1), how)); }},
        {"remove_all", [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{5}, store.remove_all(102, how)); }},
        {"purge", [&] { CPPUNIT_ASSERT_EQUAL(std::uint64_t{20}, store.purge(at(kNow + 500), 20)); }},
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IndexUseTest);

}  // namespace
