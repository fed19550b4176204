// The verbs as an operator runs them, over a real database.
#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <cstdlib>

#include "ctl/verbs_fixture.h"
#include "json/parse.h"
#include "tokens/key_room.h"

namespace {

using namespace std::string_literals;

class VerbsDatabaseTest : public ctl_test::VerbsFixture {
  CPPUNIT_TEST_SUITE(VerbsDatabaseTest);
  CPPUNIT_TEST(migrates_from_nothing);
  CPPUNIT_TEST(superuser_is_made_changed_and_closed);
  CPPUNIT_TEST(schema_that_is_missing_is_no_riddle);
  CPPUNIT_TEST(expired_tokens_are_flushed_in_batches);
  CPPUNIT_TEST(groups_are_made_filled_and_deleted);
  CPPUNIT_TEST(a_group_that_django_holds_on_to_is_not_deleted);
  CPPUNIT_TEST(changes_of_keys_are_audited_and_need_no_database);
  CPPUNIT_TEST(root_is_audited_where_the_socket_tells_users);
  CPPUNIT_TEST_SUITE_END();

  void add_user(int id, const std::string& name) {
    database_->run("INSERT INTO auth_user VALUES (" + std::to_string(id) + ", '!', NULL, 0, '" + name +
                   "', '', '', '', 0, 1, '2024-01-01 00:00:00')");
  }

 public:
  void migrates_from_nothing() {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.errors, 1, run({"migrate", "--status"}));
    CPPUNIT_ASSERT_MESSAGE(terminal_.output, terminal_.output.find(" [ ] 0001_") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate", "--dry-run", "--json"}));
    const std::size_t missing = json::parse(terminal_.output).value().get("would_apply")->size();
    CPPUNIT_ASSERT(missing > 0);
    CPPUNIT_ASSERT_EQUAL(1, run({"migrate", "--status"}));  // it was dry
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    CPPUNIT_ASSERT(terminal_.output.starts_with("Applied 0001_"));
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    CPPUNIT_ASSERT_EQUAL("No migrations to apply.\n"s, terminal_.output);
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate", "--status", "--json"}));
    const json::Value status = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT(status.get("current")->as_boolean());
    CPPUNIT_ASSERT_EQUAL(missing, status.get("migrations")->size());

    database_->run(
        "INSERT INTO jwtauthd_migrations VALUES (9999, '9999_future', REPEAT('0', 64), NOW(6), NOW(6))");
    CPPUNIT_ASSERT_EQUAL(1, run({"migrate", "--status"}));
    CPPUNIT_ASSERT(terminal_.output.find(" [?] 9999_future") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(1, run({"migrate", "--dry-run"}));
    CPPUNIT_ASSERT(terminal_.errors.find("9999_future") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(1, run({"migrate"}));
    CPPUNIT_ASSERT(terminal_.errors.starts_with("Error: "));
  }

  void superuser_is_made_changed_and_closed() {
    const std::string password = "Zebra-quilt-77";
    CPPUNIT_ASSERT_EQUAL(0, run({"migrate"}));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        terminal_.errors, 0,
        run({"createsuperuser", "--username", "ann"}, {"Ann@EXAMPLE.com", password, password}));
    CPPUNIT_ASSERT_EQUAL("Superuser created successfully.\n"s, terminal_.output);
    const std::string hash = database_->value("SELECT password FROM auth_user WHERE username='ann'");
    CPPUNIT_ASSERT(hash.starts_with("pbkdf2_sha256$1000$"));
    CPPUNIT_ASSERT_EQUAL(
        "Ann@example.com/1/1/1"s,
        database_->value("SELECT CONCAT_WS('/', email, is_staff, is_superuser, is_active) FROM auth_user"));

    setenv("DJANGO_SUPERUSER_PASSWORD", password.c_str(), 1);
    CPPUNIT_ASSERT_EQUAL(
        1, run({"createsuperuser", "--noinput", "--username", "ANN", "--email", "x@example.com"}));
    CPPUNIT_ASSERT_EQUAL("Error: That username is already taken.\n"s, terminal_.errors);
    CPPUNIT_ASSERT_EQUAL(
        1, run({"createsuperuser", "--noinput", "--username", "bea", "--email", "ann@example.com"}));
    CPPUNIT_ASSERT_EQUAL("Error: That email address is already taken.\n"s, terminal_.errors);
    CPPUNIT_ASSERT_EQUAL(
        0, run({"createsuperuser", "--noinput", "--username", "bea", "--email", "bea@example.com"}));
    unsetenv("DJANGO_SUPERUSER_PASSWORD");

    CPPUNIT_ASSERT_EQUAL(0, run({"changepassword", "ann"}, {"Marzipan-99-x", "Marzipan-99-x"}));
    CPPUNIT_ASSERT(hash != database_->value("SELECT password FROM auth_user WHERE username='ann'"));

    CPPUNIT_ASSERT_EQUAL(0, run({"user", "deactivate", "ann"}));
    CPPUNIT_ASSERT_EQUAL("0"s, database_->value("SELECT is_active FROM auth_user WHERE username='ann'"));
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "list", "--inactive", "--json"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, json::parse(terminal_.output).value().size());
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "list", "--search", "bea@"}));
    CPPUNIT_ASSERT(terminal_.output.find("bea") != std::string::npos);
    CPPUNIT_ASSERT(terminal_.output.find("ann") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "show", "ann", "--json"}));
    const json::Value shown = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT(!shown.get("is_active")->as_boolean());
    const std::string id = std::to_string(shown.get("id")->as_integer());
    CPPUNIT_ASSERT_EQUAL(0, run({"user", "activate", "--id", id}));
    CPPUNIT_ASSERT_EQUAL("User 'ann' is now active.\n"s, terminal_.output);
  }

  void schema_that_is_missing_is_no_riddle() {
    CPPUNIT_ASSERT_EQUAL(1, run({"user", "list"}));
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors,
                           terminal_.errors.find("jwtauthctl migrate") != std::string::npos);
  }

  void expired_tokens_are_flushed_in_batches() {
    CPPUNIT_ASSERT_EQUAL(1, run({"flush-expired-tokens"}));
    CPPUNIT_ASSERT(terminal_.errors.find("token_blacklist") != std::string::npos);
    database_->run(
        "CREATE TABLE token_blacklist_outstandingtoken (id BIGINT AUTO_INCREMENT PRIMARY KEY, token "
        "LONGTEXT, "
        "created_at DATETIME(6), expires_at DATETIME(6), user_id INT, jti VARCHAR(255) UNIQUE)");
    database_->run(
        "CREATE TABLE token_blacklist_blacklistedtoken (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
        "blacklisted_at DATETIME(6), token_id BIGINT UNIQUE)");
    database_->run(
        "INSERT INTO token_blacklist_outstandingtoken (token, expires_at, jti) SELECT '', "
        "UTC_TIMESTAMP() + INTERVAL IF(seq % 5 = 0, 1, -1) HOUR, seq FROM seq_1_to_50");
    CPPUNIT_ASSERT_EQUAL(2, run({"flush-expired-tokens", "--batch", "0"}));
    CPPUNIT_ASSERT_EQUAL(0, run({"flush-expired-tokens", "--batch", "7", "--json"}));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{40},
                         json::parse(terminal_.output).value().get("deleted")->as_integer());
    CPPUNIT_ASSERT_EQUAL("10"s, database_->value("SELECT COUNT(*) FROM token_blacklist_outstandingtoken"));
    CPPUNIT_ASSERT_EQUAL(0, run({"flush-expired-tokens"}));
    CPPUNIT_ASSERT_EQUAL("Deleted 0 expired tokens.\n"s, terminal_.output);
  }

  void groups_are_made_filled_and_deleted() {
    run({"migrate"});
    add_user(7, "ann");
    const auto said = [&](int status, std::vector<std::string> words) {
      words.insert(words.begin(), "group");
      CPPUNIT_ASSERT_EQUAL(status, run(words));
      return terminal_.output + terminal_.errors;
    };
    CPPUNIT_ASSERT_EQUAL("Group 'Site owners' is there now, without members.\n"s,
                         said(0, {"create", "Site owners"}));
    CPPUNIT_ASSERT_EQUAL("Error: there is a group 'site owners' already\n"s,
                         said(1, {"create", "site owners"}));
    said(1, {"create", ""});
    said(1, {"create", std::string(151, 'x')});
    CPPUNIT_ASSERT_EQUAL("User 'ann' is now in group 'Site owners'.\n"s,
                         said(0, {"add", "Site owners", "ann"}));
    CPPUNIT_ASSERT_EQUAL("User 'ann' is already in group 'Site owners'.\n"s,
                         said(0, {"add", "Site owners", "--id", "7"}));
    CPPUNIT_ASSERT_EQUAL("NAME         MEMBERS\nSite owners  1\n"s, said(0, {"list"}));
    CPPUNIT_ASSERT_EQUAL(
        "Error: there is no group 'x\uFFFD'; `jwtauthctl group list` shows those there are\n"s,
        said(1, {"add", "x\n", "ann"}));
    CPPUNIT_ASSERT_EQUAL("Error: user 'bob' does not exist\n"s, said(1, {"add", "Site owners", "bob"}));
    said(2, {"add", "Site owners"});
    CPPUNIT_ASSERT_EQUAL("User 'ann' is no longer in group 'Site owners'.\n"s,
                         said(0, {"remove", "Site owners", "ann"}));
    CPPUNIT_ASSERT_EQUAL("User 'ann' is not in group 'Site owners'.\n"s,
                         said(0, {"remove", "Site owners", "ann"}));
    said(0, {"add", "Site owners", "ann"});
    CPPUNIT_ASSERT_EQUAL("Group 'Site owners' is deleted.\n"s, said(0, {"delete", "Site owners"}));
    CPPUNIT_ASSERT_EQUAL("0"s, database_->value("SELECT COUNT(*) FROM auth_user_groups"));
    said(1, {"delete", "Site owners"});
    CPPUNIT_ASSERT_EQUAL(
        "group_created:0:Site owners group_joined:7:Site owners group_left:7:Site owners group_joined:7:Site "
        "owners group_deleted:0:Site owners"s,
        database_->value(
            "SELECT GROUP_CONCAT(CONCAT(kind, ':', user_id, ':', reason) ORDER BY id SEPARATOR ' ') "
            "FROM jwtauthd_audit"));
  }

  void changes_of_keys_are_audited_and_need_no_database() {
    const tokens_test::KeyRoom files;
    const std::string keys = "[keys]\ndirectory = \"" + files.path() + "\"\n";
    configure(keys);
    CPPUNIT_ASSERT_EQUAL(0, run({"keys", "generate", "--now"}));  // the schema is not there yet
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors,
                           terminal_.errors.starts_with("Warning: the audit has no key_generated of "));
    run({"migrate"});
    CPPUNIT_ASSERT_EQUAL(0, run({"keys", "rotate", "--now"}));
    const auto entries = files.directory().read().value().entries();
    const std::string first = entries.front().kid;
    const std::string second = entries.back().kid;
    CPPUNIT_ASSERT_EQUAL(0, run({"keys", "retire", "--", first}));
    CPPUNIT_ASSERT_EQUAL(std::string(), terminal_.errors);
    CPPUNIT_ASSERT_EQUAL("key_rotated:" + second + ":cli key_retired:" + first + ":cli",
                         database_->value("SELECT GROUP_CONCAT(CONCAT(kind, ':', reason, ':', request_id) "
                                          "ORDER BY id SEPARATOR ' ') FROM jwtauthd_audit"));
    write(database_section("/nonexistent/sock") +
          "[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a\"\n" +
          "[passwords]\n" + common_passwords() + keys);
    CPPUNIT_ASSERT_EQUAL(0, run({"keys", "retire", "--force", "--", second}));
    CPPUNIT_ASSERT_MESSAGE(
        terminal_.errors, terminal_.errors.starts_with("Warning: the audit has no key_retired of " + second));
    CPPUNIT_ASSERT(files.directory().read().value().find(second)->retired_at);
  }

  /// As `jwtauthctl setup` makes the workers' user, whom root cannot be.
  void root_is_audited_where_the_socket_tells_users() {
    if (::geteuid() != 0) return;
    run({"migrate"});
    const std::string user = "keys_of_root@localhost";
    mysql::Options options = database_->options();
    options.user = "root";
    mysql::Pool root(std::move(options));
    const auto as_root = [&](const std::string& sql) { root.acquire().run(sql); };
    as_root("CREATE OR REPLACE USER " + user + " IDENTIFIED VIA unix_socket");
    as_root("GRANT ALL ON `" + database_->name() + "`.* TO " + user);
    const tokens_test::KeyRoom files;
    configure("[keys]\ndirectory = \"" + files.path() + "\"\n");
    setenv("JWTAUTHD_DATABASE_USER", "keys_of_root", 1);
    const int status = run({"keys", "generate", "--now"});
    unsetenv("JWTAUTHD_DATABASE_USER");
    as_root("DROP USER " + user);
    CPPUNIT_ASSERT_EQUAL(0, status);
    CPPUNIT_ASSERT_EQUAL(std::string(), terminal_.errors);
    CPPUNIT_ASSERT_EQUAL("key_generated"s, database_->value("SELECT kind FROM jwtauthd_audit"));
  }

  void a_group_that_django_holds_on_to_is_not_deleted() {
    run({"migrate"});
    run({"group", "create", "editors"});
    database_->run(
        "CREATE TABLE auth_group_permissions (id int AUTO_INCREMENT PRIMARY KEY, group_id int NOT NULL, "
        "FOREIGN KEY (group_id) REFERENCES auth_group (id)) ENGINE=InnoDB");
    database_->run("INSERT INTO auth_group_permissions (group_id) SELECT id FROM auth_group");
    CPPUNIT_ASSERT_EQUAL(1, run({"group", "delete", "editors"}));
    CPPUNIT_ASSERT(terminal_.errors.find("Django") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL("1"s, database_->value("SELECT COUNT(*) FROM auth_group"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerbsDatabaseTest);

}  // namespace
