// Sessions, failures and audit as an operator sees them, over a real database.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "ctl/verbs_fixture.h"
#include "json/parse.h"
#include "store/mysql_throttle_store.h"

namespace {

using namespace std::string_literals;

class SessionsDatabaseTest : public ctl_test::VerbsFixture {
  CPPUNIT_TEST_SUITE(SessionsDatabaseTest);
  CPPUNIT_TEST(new_password_ends_sessions_and_is_audited);
  CPPUNIT_TEST(one_session_and_all_are_revoked);
  CPPUNIT_TEST(failures_are_shown_and_cleared);
  CPPUNIT_TEST(audit_is_searched_and_ends_with_its_retention);
  CPPUNIT_TEST(nothing_is_audited_when_it_is_switched_off);
  CPPUNIT_TEST(purge_keeps_what_tells_where_an_owner_was);
  CPPUNIT_TEST(purge_deletes_what_is_over_in_batches);
  CPPUNIT_TEST_SUITE_END();

  void add_user(int id, const std::string& name) {
    database_->run("INSERT INTO auth_user VALUES (" + std::to_string(id) + ", '!', NULL, 0, '" + name +
                   "', '', '', '', 0, 1, '2024-01-01 00:00:00')");
  }
  void add_session(const std::string& id, int user_id, const std::string& idle = "INTERVAL 1 HOUR") {
    database_->run(
        "INSERT INTO jwtauthd_session VALUES (UNHEX('" + id + "'), " + std::to_string(user_id) +
        ", UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 9 DAY, "
        "UTC_TIMESTAMP(6) + " +
        idle + ", '192.0.2.1', 'curl', UNHEX(SHA2('a', 256)), NULL, 0, NULL, '')");
  }
  json::Value parsed() { return json::parse(terminal_.output).value(); }
  std::string count(const std::string& table) { return database_->value("SELECT COUNT(*) FROM " + table); }
  /// Of the search's JSON lines, the kinds.
  std::string events() {
    CPPUNIT_ASSERT_EQUAL(0, run({"audit", "search", "--json"}));
    std::string text;
    for (std::size_t start = 0; start < terminal_.output.size();) {
      const auto end = terminal_.output.find('\n', start);
      const json::Value line = json::parse(terminal_.output.substr(start, end - start)).value();
      CPPUNIT_ASSERT(line.get("request_id")->as_string() == "cli");
      text += std::string(line.get("event")->as_string()) + " ";
      start = end + 1;
    }
    return text;
  }

  static constexpr const char* kOne = "019ab3c47d1e7c55b1c7a0d3e4f50617";
  static constexpr const char* kTwo = "019ab3c47d1e7c55b1c7a0d3e4f50618";

 public:
  void setUp() override {
    VerbsFixture::setUp();
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    add_user(7, "ann");
    add_user(8, "bob");
  }

  void new_password_ends_sessions_and_is_audited() {
    add_session(kOne, 7);
    add_session(kTwo, 8);
    CPPUNIT_ASSERT_EQUAL(0, run({"changepassword", "ann"}, {"Marzipan-99-x", "Marzipan-99-x"}));
    CPPUNIT_ASSERT_EQUAL("password_changed/"s,
                         database_->value("SELECT GROUP_CONCAT(revoked_for ORDER BY id SEPARATOR '/') FROM "
                                          "jwtauthd_session"));
    // His session's, and his tokens without session: held for a day at least, though tokens lived longer
    // before.
    CPPUNIT_ASSERT_EQUAL(
        "1/1"s,
        database_->value("SELECT CONCAT_WS('/', SUM(HEX(session) = '019AB3C47D1E7C55B1C7A0D3E4F50617' "
                         "AND expires - UNIX_TIMESTAMP() BETWEEN 86400 AND 86520), SUM(HEX(session) = "
                         "REPEAT('0', 32) AND expires - UNIX_TIMESTAMP() BETWEEN 86400 AND 86520)) "
                         "FROM jwtauthd_revocation WHERE user_id = 7"));
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "deactivate", "bob"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "activate", "bob"}));
    setenv("DJANGO_SUPERUSER_PASSWORD", "Marzipan-99-x", 1);
    CPPUNIT_ASSERT_EQUAL(
        0, run({"createsuperuser", "--noinput", "--username", "eve", "--email", "eve@example.com"}));
    unsetenv("DJANGO_SUPERUSER_PASSWORD");
    CPPUNIT_ASSERT_EQUAL("password_changed user_deactivated user_activated user_created "s, events());
  }

  void one_session_and_all_are_revoked() {
    for (const char* id : {kOne, kTwo}) add_session(id, 7);
    CPPUNIT_ASSERT_EQUAL(0, run({"session", "revoke", kOne}));
    CPPUNIT_ASSERT_EQUAL(0, run({"session", "list", "ann", "--json"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, parsed().size());
    CPPUNIT_ASSERT(parsed().at(0).get("id")->as_string() == kTwo);
    CPPUNIT_ASSERT_EQUAL(0, run({"session", "list", "--all", "--json"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, parsed().size());
    CPPUNIT_ASSERT_EQUAL(0, run({"session", "list", "bob", "--json"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, parsed().size());
    CPPUNIT_ASSERT_EQUAL(1, run({"session", "list", "nobody"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "revoke-tokens", "--id", "7"}));
    CPPUNIT_ASSERT_EQUAL("All tokens of user 'ann' are revoked; 1 session was open.\n"s, terminal_.output);
    CPPUNIT_ASSERT_EQUAL("3"s, count("jwtauthd_revocation"));
    CPPUNIT_ASSERT_EQUAL("session_ended tokens_revoked "s, events());
  }

  void failures_are_shown_and_cleared() {
    {
      mysql::Pool pool(database_->options());
      store::MysqlThrottleStore throttle(pool);
      const auto now = util::SystemClock().now();
      throttle.count({store::ThrottleSubject::Kind::account, "ann"}, 7, now);
      throttle.count({store::ThrottleSubject::Kind::account, "hunter2"}, 0, now);
      throttle.count({store::ThrottleSubject::Kind::address, "192.0.2.1"}, 0, now);
      throttle.block({store::ThrottleSubject::Kind::account, "ann"}, now + std::chrono::hours(1));
    }
    CPPUNIT_ASSERT_EQUAL(0, run({"throttle", "list"}));
    for (const char* part :
         {"account  ann ", "a name without account", "address  192.0.2.1", "not blocked"}) {
      CPPUNIT_ASSERT_MESSAGE(terminal_.output, terminal_.output.find(part) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(0, run({"throttle", "clear", "ANN"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"throttle", "clear", "ANN"}));
    CPPUNIT_ASSERT_EQUAL("There are no failed logins of 'ANN'.\n"s, terminal_.output);
    CPPUNIT_ASSERT_EQUAL(0, run({"throttle", "clear", "--address", "192.0.2.1"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"throttle", "list", "--json"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, parsed().size());
    CPPUNIT_ASSERT(parsed().at(0).get("user_id")->is(json::Type::null));
    CPPUNIT_ASSERT_EQUAL("throttle_cleared throttle_cleared "s, events());
    CPPUNIT_ASSERT_EQUAL("7//0/192.0.2.1"s,
                         database_->value("SELECT GROUP_CONCAT(CONCAT(user_id, '/', address) ORDER BY id "
                                          "SEPARATOR '/') FROM jwtauthd_audit"));
  }

  void audit_is_searched_and_ends_with_its_retention() {
    for (const char* verb : {"deactivate", "activate"}) run({"user", verb, "ann"});
    run({"user", "deactivate", "bob"});
    const auto lines = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"audit", "search"});
      CPPUNIT_ASSERT_EQUAL(0, run(words));
      return std::count(terminal_.output.begin(), terminal_.output.end(), '\n');
    };
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{3}, lines({}));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{2}, lines({"--user", "ann"}));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, lines({"--user-id", "7", "--event", "user_activated"}));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{3}, lines({"--since", "1h"}));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{0}, lines({"--until", "1h"}));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{0}, lines({"--address", "192.0.2.1"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"audit", "tail", "-n", "1"}));
    CPPUNIT_ASSERT_MESSAGE(terminal_.output, terminal_.output.ends_with(
                                                 " user_deactivated user=8 request=cli reason=operator\n"));
    database_->run("UPDATE jwtauthd_audit SET happened_at = happened_at - INTERVAL 2 HOUR WHERE user_id = 7");
    configure("[audit]\nretention = 3600\n");
    CPPUNIT_ASSERT_EQUAL(0, run({"session", "purge"}));
    CPPUNIT_ASSERT_EQUAL("8"s, database_->value("SELECT user_id FROM jwtauthd_audit"));
  }

  void nothing_is_audited_when_it_is_switched_off() {
    configure("[audit]\nenabled = false\n");
    add_session(kOne, 7);
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "deactivate", "ann"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "revoke-tokens", "ann"}));
    CPPUNIT_ASSERT_EQUAL("0"s, count("jwtauthd_audit"));
    CPPUNIT_ASSERT_EQUAL("3"s, count("jwtauthd_revocation"));
  }

  void purge_keeps_what_tells_where_an_owner_was() {
    add_session(kOne, 7);
    const auto purged_after = [&](const std::string& hours) {
      database_->run(
          "UPDATE jwtauthd_session SET address = '192.0.2.7', idle_expires_at = UTC_TIMESTAMP(6) - "
          "INTERVAL " +
          hours + " HOUR");
      CPPUNIT_ASSERT_EQUAL(0, run({"session", "purge"}));
      return count("jwtauthd_session");
    };
    CPPUNIT_ASSERT_EQUAL("1"s, purged_after("719"));
    CPPUNIT_ASSERT_EQUAL("0"s, purged_after("721"));
    add_session(kOne, 7);
    configure("[throttle]\nenabled = false\n");
    CPPUNIT_ASSERT_EQUAL("0"s, purged_after("1"));
  }

  void purge_deletes_what_is_over_in_batches() {
    add_session(kOne, 7);
    database_->run(
        "INSERT INTO jwtauthd_session SELECT UNHEX(MD5(seq)), 7, NOW(6), NOW(6), NOW(6), NOW(6), "
        "UTC_TIMESTAMP(6) - "
        "INTERVAL 721 HOUR, '', '', UNHEX(SHA2(seq, 256)), NULL, 0, NULL, '' FROM (WITH RECURSIVE s AS "
        "(SELECT "
        "1 "
        "AS seq UNION ALL SELECT seq + 1 FROM s WHERE seq < 25) SELECT seq FROM s) AS numbers");
    database_->run(
        "INSERT INTO jwtauthd_revocation (created_at, user_id, session, not_before, expires) VALUES (NOW(6), "
        "7, "
        "'', 0, UNIX_TIMESTAMP() - 86409), (NOW(6), 7, '', 0, UNIX_TIMESTAMP() - 86301), (NOW(6), 7, '', 0, "
        "UNIX_TIMESTAMP() + 99)");
    database_->run(
        "INSERT INTO jwtauthd_throttle VALUES (UNHEX(SHA2('a', 256)), 'n', 1, UTC_TIMESTAMP(6) - INTERVAL 25 "
        "HOUR, "
        "NULL, 0, ''), (UNHEX(SHA2('b', 256)), 'n', 1, UTC_TIMESTAMP(6) - INTERVAL 23 HOUR, NULL, 0, '')");
    CPPUNIT_ASSERT_EQUAL(0, run({"sessions", "purge", "--batch", "10", "--json"}));
    CPPUNIT_ASSERT_EQUAL(
        "{\"sessions\":25,\"personal_tokens\":0,\"revocations\":1,\"throttle\":1,\"audit\":0}"s,
        parsed().dump());
    CPPUNIT_ASSERT_EQUAL("1/2/1"s, count("jwtauthd_session") + "/" + count("jwtauthd_revocation") + "/" +
                                       count("jwtauthd_throttle"));
    CPPUNIT_ASSERT_EQUAL(0, run({"session", "purge"}));
    CPPUNIT_ASSERT_EQUAL(
        "Deleted 0 of sessions, 0 of personal_tokens, 0 of revocations, 0 of throttle, 0 of audit.\n"s,
        terminal_.output);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionsDatabaseTest);

}  // namespace
