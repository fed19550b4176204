// jwtauthctl setup, and the administrator's statements, against a real server.
#include <cppunit/extensions/HelperMacros.h>

#include "ctl/fake_host.h"
#include "ctl/setup.h"
#include "ctl/verbs_fixture.h"
#include "store/migrator.h"

namespace {

using namespace std::string_literals;
using jwtauthd::ExitCode;

class SetupDatabaseTest : public ctl_test::VerbsFixture {
  CPPUNIT_TEST_SUITE(SetupDatabaseTest);
  CPPUNIT_TEST(makes_database_user_rights_and_tables_once);
  CPPUNIT_TEST(gives_back_a_right_that_is_missing);
  CPPUNIT_TEST(leaves_rights_that_were_narrowed_to_tables);
  CPPUNIT_TEST(rights_on_name_and_pattern_are_counted_once);
  CPPUNIT_TEST(name_of_a_database_is_no_pattern);
  CPPUNIT_TEST_SUITE_END();

  static constexpr auto kUser = "setup_test";
  std::string name_;
  std::optional<mysql::Pool> administrator_;
  std::optional<store::Provision> provision_;
  ctl_test::FakeHost host_;
  jwtauthd::SetupOptions options_;

  mysql::Options root(const std::string& database) const {
    mysql::Options options = database_->options();
    options.user = "root";
    options.database = database;
    options.acquire_timeout = std::chrono::seconds(5);
    return options;
  }
  jwtauthd::Host::Ran migrate(bool only_look) {
    if (!provision_->has_database(name_)) return {3, "unknown database"};
    mysql::Pool pool(root(name_));
    store::Migrator migrator(pool);
    if (only_look) return {migrator.status().current() ? 0 : 1, ""};
    return {migrator.migrate() ? 0 : 1, ""};
  }
  ExitCode set_up() {
    terminal_ = {};
    return jwtauthd::set_up(
        options_, host_, [this](const config::Config&) -> store::Provision& { return *provision_; },
        terminal_);
  }
  std::string states() const {
    std::string letters;
    std::istringstream lines(terminal_.output);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(' ') && letters.size() < 6) letters += line.front();
    }
    return letters;
  }

 public:
  void setUp() override {
    VerbsFixture::setUp();
    name_ = database_->name() + "_new";
    administrator_.emplace(root(""));
    provision_.emplace(*administrator_);
    write("[database]\nsocket = \"" + database_->options().socket + "\"\nname = \"" + name_ +
          "\"\nuser = \"" + kUser +
          "\"\n[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a\"\n"
          "[passwords]\nrefuse_common = false\n");
    options_ = {.config_path = config_, .service_user = kUser};
    host_ = {};
    host_.users.insert(kUser);
    host_.files = {std::filesystem::path(config_).parent_path() / "signing-key.pem"};
    host_.answer("systemctl", 127);
    const std::string migrates = "sudo -u "s + kUser + " jwtauthctl -c " + config_ + " migrate";
    host_.answers[migrates] = [this] { return migrate(false); };
    host_.answers[migrates + " --status"] = [this] { return migrate(true); };
  }
  void tearDown() override {
    provision_->run("DROP DATABASE IF EXISTS `" + name_ + "`");
    provision_->run("DROP USER IF EXISTS "s + kUser + "@localhost");
    provision_.reset();
    administrator_.reset();
    VerbsFixture::tearDown();
  }

  void makes_database_user_rights_and_tables_once() {
    options_.dry_run = true;
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, ExitCode::ok == set_up());
    CPPUNIT_ASSERT_EQUAL("aawwww"s, states());
    CPPUNIT_ASSERT(!provision_->has_database(name_));
    CPPUNIT_ASSERT(!provision_->has_user(kUser));

    options_.dry_run = false;
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, ExitCode::ok == set_up());
    CPPUNIT_ASSERT_EQUAL("aadddd"s, states());
    CPPUNIT_ASSERT(provision_->has_database(name_));
    mysql::Pool pool(root(name_));
    CPPUNIT_ASSERT(store::Migrator(pool).status().current());

    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT_EQUAL("aaaaaa"s, states());
  }

  void gives_back_a_right_that_is_missing() {
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    provision_->run("REVOKE UPDATE ON `" + escaped() + "`.* FROM " + kUser + "@localhost");
    CPPUNIT_ASSERT(!provision_->has_rights(kUser, name_));
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT_EQUAL("aaaada"s, states());
    CPPUNIT_ASSERT(provision_->has_rights(kUser, name_));
  }

  void leaves_rights_that_were_narrowed_to_tables() {
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    provision_->run("REVOKE ALL PRIVILEGES, GRANT OPTION FROM "s + kUser + "@localhost");
    CPPUNIT_ASSERT(!provision_->has_rights(kUser, name_));
    provision_->run("GRANT SELECT ON `" + name_ + "`.auth_user TO " + kUser + "@localhost");
    CPPUNIT_ASSERT(provision_->has_rights(kUser, name_));
  }

  void rights_on_name_and_pattern_are_counted_once() {
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    provision_->run("REVOKE ALL PRIVILEGES, GRANT OPTION FROM "s + kUser + "@localhost");
    for (const std::string& database : {name_, escaped()}) {
      provision_->run("GRANT SELECT, INSERT, UPDATE, DELETE ON `" + database + "`.* TO " + kUser +
                      "@localhost");
    }
    CPPUNIT_ASSERT(!provision_->has_rights(kUser, name_));
    provision_->run("GRANT CREATE, ALTER, INDEX, REFERENCES ON `" + name_ + "`.* TO " + kUser + "@localhost");
    CPPUNIT_ASSERT(provision_->has_rights(kUser, name_));
  }

  void name_of_a_database_is_no_pattern() {
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    std::string other = name_;
    other[other.rfind('_')] = 'x';  // what an unescaped _ would stand for
    CPPUNIT_ASSERT(!provision_->has_rights(kUser, other));
    auto lease = administrator_->acquire();
    auto rows = lease
                    .prepare(
                        "SELECT COUNT(DISTINCT table_schema) FROM information_schema.schema_privileges "
                        "WHERE grantee = '''setup_test''@''localhost'''")
                    .query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, rows.integer(1));
  }

 private:
  std::string escaped() const {
    std::string out;
    for (const char c : name_) out += c == '_' ? "\\_" : std::string(1, c);
    return out;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SetupDatabaseTest);

}  // namespace
