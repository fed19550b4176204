// Each fault that doctor knows of, in a database that has it.
#include <cppunit/extensions/HelperMacros.h>

#include <optional>

#include "ctl/verbs_fixture.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;

constexpr const char* kSound =
    "pbkdf2_sha256$600000$abcdefghijklmnopqrstuv$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

constexpr const char* kArgon2 =
    "argon2$argon2id$v=19$m=19456,t=20,p=1$c29tZXNhbHQxMjM0NTY3OA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

std::string insert(const std::string& username, const std::string& email,
                   const std::string& password = kSound) {
  return "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, "
         "is_active, date_joined) VALUES ('" +
         password + "', 0, '" + username + "', '', '', '" + email + "', 0, 1, NOW(6))";
}

class DoctorDatabaseTest : public ctl_test::VerbsFixture {
  CPPUNIT_TEST_SUITE(DoctorDatabaseTest);
  CPPUNIT_TEST(migrated_database_has_no_problem);
  CPPUNIT_TEST(each_fault_is_found);
  CPPUNIT_TEST(each_mismatch_is_found);
  CPPUNIT_TEST(a_site_with_another_user_model_is_not_migrated);
  CPPUNIT_TEST(figures_are_counted);
  CPPUNIT_TEST(configuration_that_cannot_be_used_is_a_finding);
  CPPUNIT_TEST(database_away_is_a_finding);
  CPPUNIT_TEST(secret_is_never_shown);
  CPPUNIT_TEST_SUITE_END();

  std::string secret_ = "4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a";
  std::string more_tokens_;
  std::string hasher_ = "pbkdf2_sha256";
  std::string socket_;

  int run(std::vector<std::string> words) {
    write(database_section(socket_.empty() ? database_->options().socket : socket_) +
          "[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"" + secret_ + "\"\n" + more_tokens_ +
          "[passwords]\nhasher = \"" + hasher_ + "\"\npbkdf2_iterations = 600000\n" + common_passwords());
    return VerbsFixture::run(std::move(words));
  }

  json::Value report() {
    run({"doctor", "--json"});
    return json::parse(terminal_.output).value();
  }

  static std::optional<json::Value> finding(const json::Value& report, std::string_view check,
                                            std::string_view severity) {
    const json::Value findings = *report.get("findings");
    for (std::size_t i = 0; i < findings.size(); ++i) {
      const json::Value one = findings.at(i);
      if (one.get("check")->as_string() == check && one.get("severity")->as_string() == severity) return one;
    }
    return std::nullopt;
  }

 public:
  void setUp() override {
    VerbsFixture::setUp();
    socket_.clear();
    more_tokens_.clear();
    hasher_ = "pbkdf2_sha256";
    secret_ = "4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a";
  }

  void migrated_database_has_no_problem() {
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    database_->run(insert("ann", "ann@example.com"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.output, 0, run({"doctor"}));
    CPPUNIT_ASSERT_MESSAGE(terminal_.output, terminal_.output.find("\n0 problems, ") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, run({"doctor", "--quiet"}));
    CPPUNIT_ASSERT(terminal_.output.find("\nok ") == std::string::npos);
  }

  void each_fault_is_found() {
    const struct {
      std::vector<std::string> sql;
      const char* check;
      const char* severity;
    } rows[] = {
        {{"DELETE FROM jwtauthd_migrations"}, "schema.migrations", "problem"},
        {{"INSERT INTO jwtauthd_migrations VALUES (9999, '9999_x', REPEAT('0', 64), NOW(6), NOW(6))"},
         "schema.migrations",
         "problem"},
        {{"DROP TABLE jwtauthd_session"}, "schema.own", "problem"},
        {{"ALTER TABLE jwtauthd_revocation ENGINE=MyISAM"}, "schema.own", "problem"},
        {{"INSERT INTO jwtauthd_session VALUES (REPEAT('x', 16), 7, '2020-01-01', '2020-01-01', "
          "'2020-01-01', "
          "'2020-01-01', '2020-01-01', '', '', '', NULL, 0, NULL, '')"},
         "schema.own",
         "warning"},
        {{"CREATE TABLE django_migrations (id int)", "DROP TABLE auth_user"}, "schema.django", "problem"},
        {{"CREATE TABLE django_migrations (id int)"}, "schema.django", "problem"},
        {{"ALTER TABLE auth_user ENGINE=MyISAM"}, "schema.auth_user", "problem"},
        {{"ALTER TABLE auth_user DROP COLUMN last_name"}, "schema.columns", "problem"},
        {{"ALTER TABLE auth_user ADD company varchar(9) NOT NULL"}, "schema.columns", "problem"},
        {{"ALTER TABLE auth_user MODIFY password varchar(90) NOT NULL"}, "schema.columns", "problem"},
        {{"ALTER TABLE auth_user MODIFY username varchar(30) NOT NULL"}, "schema.columns", "warning"},
        {{"ALTER TABLE auth_user MODIFY email varchar(254) CHARACTER SET latin1 NOT NULL"},
         "schema.columns",
         "warning"},
        {{"ALTER TABLE auth_user DROP INDEX username"}, "schema.indexes", "problem"},
        {{"ALTER TABLE auth_user DROP INDEX jwtauthd_email"}, "schema.indexes", "warning"},
        {{"ALTER TABLE auth_user DROP INDEX username", insert("ann", ""), insert("Ann", "")},
         "users.repeated",
         "problem"},
        {{insert("\xef\xbd\x81nn", "")}, "users.nfkc", "problem"},
        {{"ALTER TABLE auth_user MODIFY username varchar(200) NOT NULL", insert(std::string(151, 'x'), "")},
         "users.length",
         "problem"},
        {{"ALTER TABLE auth_user MODIFY username varchar(150) COLLATE utf8mb4_bin NOT NULL",
          insert("ann", ""), insert("ANN", "")},
         "users.alike",
         "warning"},
        {{insert("a", "x@example.com"), insert("b", "X@example.com")}, "users.email", "warning"},
        {{"ALTER TABLE auth_user MODIFY email varchar(254) COLLATE utf8mb4_bin NOT NULL",
          insert("a", "x@example.com"), insert("b", "X@example.com")},
         "users.email",
         "warning"},
        {{insert("a", "", "md5$$0123456789abcdef0123456789abcdef")}, "passwords.weak", "problem"},
        {{insert("a", "", "pbkdf2_sha256$1000$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")},
         "passwords.iterations",
         "warning"},
        {{insert("a", "", "pbkdf2_sha1$1$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAA=")},
         "passwords.iterations",
         "warning"},
        {{insert("a", "", kArgon2), "CREATE TABLE django_migrations (id int)"},
         "passwords.django",
         "warning"},
        {{"CREATE TABLE django_migrations (id int)"}, "passwords.django", "note"},
        {{insert("a", "", "plain")}, "passwords.unreadable", "warning"},
        {{"CREATE TABLE token_blacklist_outstandingtoken (id int)",
          "CREATE TABLE token_blacklist_blacklistedtoken (id int)"},
         "schema.blacklist",
         "note"},
    };
    for (const auto& row : rows) {
      database_.emplace();
      CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
      CPPUNIT_ASSERT_MESSAGE(row.check, !finding(report(), row.check, row.severity));
      for (const auto& statement : row.sql) database_->run(statement);
      const auto found = finding(report(), row.check, row.severity);
      const std::string what = row.sql.front() + "\n" + terminal_.output;
      CPPUNIT_ASSERT_MESSAGE(what, found);
      CPPUNIT_ASSERT_MESSAGE(what, !found->get("text")->as_string().empty());
      CPPUNIT_ASSERT_MESSAGE(what, !found->get("advice")->as_string().empty());
    }
  }

  /// Faults that lie between the table and the configuration.
  void each_mismatch_is_found() {
    const std::string weaker = "pbkdf2_sha256$260000$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    database_->run(insert("a", "", weaker));
    CPPUNIT_ASSERT(!finding(report(), "passwords.weak", "warning"));
    more_tokens_ = "check_revoke_token = true\n";
    CPPUNIT_ASSERT(finding(report(), "passwords.weak", "warning"));
    CPPUNIT_ASSERT(!finding(report(), "database.limits", "note"));
    more_tokens_ = "[server]\ndatabase_threads = 15\n";
    CPPUNIT_ASSERT(finding(report(), "database.limits", "note"));
    more_tokens_.clear();

    database_->run("CREATE TABLE django_migrations (id int)");
    hasher_ = "scrypt\"\nscrypt_n = 32768 #\"";
    CPPUNIT_ASSERT(finding(report(), "passwords.django", "problem"));
    hasher_ = "scrypt";
    CPPUNIT_ASSERT(!finding(report(), "passwords.django", "problem"));
    CPPUNIT_ASSERT(finding(report(), "passwords.django", "warning"));
  }

  void a_site_with_another_user_model_is_not_migrated() {
    database_->run("CREATE TABLE django_migrations (id int)");
    for (const auto& words : {std::vector<std::string>{"migrate", "--dry-run"}, {"migrate"}}) {
      CPPUNIT_ASSERT_EQUAL(1, run(words));
      CPPUNIT_ASSERT_MESSAGE(terminal_.errors, terminal_.errors.find("AUTH_USER_MODEL") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, database_->column("SHOW TABLES").size());
      CPPUNIT_ASSERT(finding(report(), "schema.django", "problem"));
    }
  }

  void figures_are_counted() {
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    database_->run(insert("a", "a@example.com"));
    database_->run(insert("b", "", "!unusable"));
    database_->run(insert("c", "", "junk"));
    database_->run(insert("d", "", "pbkdf2_sha256$260000$abc$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    const json::Value whole = report();
    const auto figure = [&](const char* check, const char* severity, const char* member) {
      return finding(whole, check, severity)->get("facts")->get(member)->as_integer();
    };
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, figure("users.count", "ok", "users"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, figure("users.count", "ok", "without_email"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, figure("passwords.encodings", "ok", "pbkdf2_sha256"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, figure("passwords.encodings", "ok", "unusable"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, figure("passwords.encodings", "ok", "unreadable"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, figure("passwords.weak", "note", "weaker_than_configured"));
    const auto counts = *finding(whole, "passwords.iterations", "ok")->get("facts")->get("pbkdf2_sha256");
    CPPUNIT_ASSERT_EQUAL("{\"260000\":1,\"600000\":1}"s, counts.dump());
  }

  void configuration_that_cannot_be_used_is_a_finding() {
    more_tokens_ = "nonsense = 1\n";
    CPPUNIT_ASSERT_EQUAL(1, run({"doctor", "--json"}));
    const json::Value whole = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT(!whole.get("sound")->as_boolean());
    CPPUNIT_ASSERT(finding(whole, "configuration.file", "problem"));
  }

  void database_away_is_a_finding() {
    socket_ = "/nonexistent/mysqld.sock";
    CPPUNIT_ASSERT_EQUAL(1, run({"doctor", "--json"}));
    CPPUNIT_ASSERT(finding(json::parse(terminal_.output).value(), "database.connection", "problem"));
  }

  void secret_is_never_shown() {
    more_tokens_ = "allow_short_signing_key = true\n";
    for (const char* secret :
         {"jwt-9f3kQz", "django-insecure-9f3kQz8Lm2Vx7Rt5Yw1Bn4", "your-256-bit-secret"}) {
      secret_ = secret;
      CPPUNIT_ASSERT_MESSAGE(secret, !finding(report(), "tokens.signing_key", "ok"));
      CPPUNIT_ASSERT_MESSAGE(secret, terminal_.output.find(secret) == std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(secret, terminal_.output.find("secret_bytes") != std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DoctorDatabaseTest);

}  // namespace
