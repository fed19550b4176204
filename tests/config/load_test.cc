#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "config/config.h"
#include "surroundings.h"

namespace {

using config_test::Surroundings;

class LoadTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoadTest);
  CPPUNIT_TEST(what_is_not_said_has_its_default);
  CPPUNIT_TEST(every_kind_of_value_is_taken);
  CPPUNIT_TEST(environment_overrides_the_file);
  CPPUNIT_TEST(refuses_one_value_each);
  CPPUNIT_TEST(tells_all_findings_at_once_in_the_order_of_the_file);
  CPPUNIT_TEST(suggests_what_was_meant);
  CPPUNIT_TEST(refuses_a_variable_that_is_no_key);
  CPPUNIT_TEST(refuses_a_variable_of_a_mistyped_section);
  CPPUNIT_TEST(leaves_other_variables_alone);
  CPPUNIT_TEST(tells_what_is_required);
  CPPUNIT_TEST(checks_what_belongs_together);
  CPPUNIT_TEST(says_why_a_file_cannot_be_read);
  CPPUNIT_TEST(says_where_it_is_not_toml);
  CPPUNIT_TEST_SUITE_END();

 public:
  void what_is_not_said_has_its_default() {
    const Surroundings here;
    const config::Config config = here.good(here.required_and_secret());
    CPPUNIT_ASSERT_EQUAL(std::string("/run/jwtauthd/jwtauthd.sock"), config.server.listen);
    CPPUNIT_ASSERT_EQUAL(0660U, config.server.socket_mode);
    CPPUNIT_ASSERT(config.tokens.access_token_lifetime == std::chrono::minutes(5));
    CPPUNIT_ASSERT_EQUAL(std::string("/run/db"), config.database.socket);
    CPPUNIT_ASSERT(config.database.password.empty());
    CPPUNIT_ASSERT(config.log.access);
  }

  void every_kind_of_value_is_taken() {
    const Surroundings here;
    const config::Config config = here.good(here.required_and_secret() + R"(
access_token_lifetime = "15m"
refresh_token_lifetime = 3600
leeway = "2000ms"
[server]
socket_mode = "0600"
token_threads = 7
listen = "tcp:127.0.0.1:9000"
[accounts]
registration = false
[cache]
poll_interval = 100
)" + "[log]\nlevel = \"debug\"\n[compat]\nsimplejwt = '5.2'\n");
    CPPUNIT_ASSERT(config.tokens.access_token_lifetime == std::chrono::minutes(15));
    CPPUNIT_ASSERT(config.tokens.refresh_token_lifetime == std::chrono::hours(1));
    CPPUNIT_ASSERT(config.tokens.leeway == std::chrono::seconds(2));
    CPPUNIT_ASSERT_EQUAL(0600U, config.server.socket_mode);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, config.server.token_threads);
    CPPUNIT_ASSERT_EQUAL(std::string("tcp:127.0.0.1:9000"), config.server.listen);
    CPPUNIT_ASSERT(!config.accounts.registration);
    CPPUNIT_ASSERT(config.cache.poll_interval == std::chrono::milliseconds(100));
    CPPUNIT_ASSERT_EQUAL(std::string("debug"), config.log.level);
    CPPUNIT_ASSERT_EQUAL(std::string("5.2"), config.compat.simplejwt);
  }

  void environment_overrides_the_file() {
    Surroundings here;
    here.set("JWTAUTHD_DATABASE_POOL_SIZE", "33");
    here.set("JWTAUTHD_PASSWORDS_MAX_SIMILARITY", "0.5");
    here.set("JWTAUTHD_ACCOUNTS_REQUIRE_EMAIL", "false");
    here.set("JWTAUTHD_TOKENS_LEEWAY", "30s");
    here.set("JWTAUTHD_TOKENS_ACCESS_TOKEN_LIFETIME", "90");
    here.set("JWTAUTHD_TOKENS_ISSUER", "me");
    here.set("JWTAUTHD_SERVER_SOCKET_MODE", "0600");
    const config::Config config =
        here.good(here.required_and_secret() + "issuer = \"you\"\naudience = \"all\"\n");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{33}, config.database.pool_size);
    CPPUNIT_ASSERT_EQUAL(0.5, config.passwords.max_similarity);
    CPPUNIT_ASSERT(!config.accounts.require_email);
    CPPUNIT_ASSERT(config.tokens.leeway == std::chrono::seconds(30));
    CPPUNIT_ASSERT(config.tokens.access_token_lifetime == std::chrono::seconds(90));
    CPPUNIT_ASSERT_EQUAL(std::string("me"), config.tokens.issuer);
    CPPUNIT_ASSERT_EQUAL(std::string("all"), config.tokens.audience);
    CPPUNIT_ASSERT_EQUAL(0600U, config.server.socket_mode);
  }

  void refuses_one_value_each() {
    const std::string duration = R"(, such as "250ms", "30s", "5m", "1h" or "1d"; a bare number means )";
    const struct {
      const char* section;
      const char* line;
      std::string expected;
    } rows[] = {
        {"server", "token_threads = \"4\"",
         R"(is the string "4"; allowed: a whole number from 1 to 1024 threads)"},
        {"server", "token_threads = 0",
         "is 0, which is out of range; allowed: a whole number from 1 to 1024 threads"},
        {"cache", "users = 10000001",
         "is 10000001, which is out of range; allowed: a whole number from 1 to 10000000 users"},
        {"server", "token_threads = 4.0",
         "is the number 4.0; allowed: a whole number from 1 to 1024 threads"},
        {"server", "token_threads = true", "is true; allowed: a whole number from 1 to 1024 threads"},
        {"server", "listen = \"here\"",
         "is \"here\"; allowed: the absolute path of a socket (at most 107 bytes), or tcp:ADDRESS:PORT"},
        {"server", "listen = 9000",
         "is the number 9000; allowed: the absolute path of a socket (at most 107 bytes), or "
         "tcp:ADDRESS:PORT"},
        {"server", "socket_mode = 0o660", R"(is the number 432; allowed: "0600", "0660")"},
        {"server", "socket_mode = \"0666\"", R"(is "0666"; allowed: "0600", "0660")"},
        {"server", "read_timeout = \"250ms\"",
         "is 250ms, which is out of range; allowed: a duration from 1s to 1h" + duration + "seconds"},
        {"server", "read_timeout = \"1500ms\"",
         "is 1500ms, which is no whole number of seconds; allowed: a duration from 1s to 1h" + duration +
             "seconds"},
        {"server", "read_timeout = \"5x\"",
         "is \"5x\"; allowed: a duration from 1s to 1h" + duration + "seconds"},
        {"server", "read_timeout = -1",
         "is -1, which is out of range; allowed: a duration from 1s to 1h" + duration + "seconds"},
        {"server", "read_timeout = 1.5",
         "is the number 1.5; allowed: a duration from 1s to 1h" + duration + "seconds"},
        {"cache", "poll_interval = [1]",
         "is an array; allowed: a duration from 10ms to 10s" + duration + "milliseconds"},
        {"cache", "poll_interval = 1979-05-27",
         "is a date or time; allowed: a duration from 10ms to 10s" + duration + "milliseconds"},
        {"accounts", "registration = \"no\"", R"(is the string "no"; allowed: true, false)"},
        {"accounts", "registration = 1", "is the number 1; allowed: true, false"},
        {"compat", "simplejwt = 5.5", R"(is the number 5.5; allowed: "5.2", "5.5")"},
        {"compat", "simplejwt = \"5.4\"", R"(is "5.4"; allowed: "5.2", "5.5")"},
        {"log", "level = \"INFO\"", R"(is "INFO"; allowed: "debug", "info", "warning", "error")"},
        {"log", "level = \"a\\nb\"", R"(is "a\nb"; allowed: "debug", "info", "warning", "error")"},
        {"log", "format = \"xml\"", R"(is "xml"; allowed: "auto", "text", "journal", "json", "logfmt")"},
    };
    const Surroundings here;
    for (const auto& row : rows) {
      const std::string key = std::string(row.line).substr(0, std::string(row.line).find(' '));
      const std::string toml =
          std::string("[") + row.section + "]\n" + row.line + "\n" + here.required_and_secret();
      CPPUNIT_ASSERT_EQUAL("jwtauthd.toml:2: " + std::string(row.section) + "." + key + ": " + row.expected,
                           here.findings(toml));
    }
  }

  void tells_all_findings_at_once_in_the_order_of_the_file() {
    Surroundings here;
    here.set("JWTAUTHD_LOG_LEVEL", "loud");
    const std::string toml = R"(
listen = "/x"
[databse]
host = "h"
user = "u"
[compat]
simplejwt = 5.5
[server]
database_threads = 0
token_threds = 4
)";
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "jwtauthd.toml:2: listen: stands outside any section; did you mean server.listen?\n"
            "jwtauthd.toml:4: databse: is not a section; did you mean [database]?\n"
            "jwtauthd.toml:7: compat.simplejwt: is the number 5.5; allowed: \"5.2\", \"5.5\"\n"
            "jwtauthd.toml:9: server.database_threads: is 0, which is out of range; allowed: a whole number "
            "from 1 to 1024 threads\n"
            "jwtauthd.toml:10: server.token_threds: is not a known key; did you mean token_threads?\n"
            "environment JWTAUTHD_LOG_LEVEL: log.level: is \"loud\"; allowed: \"debug\", \"info\", "
            "\"warning\", \"error\""),
        here.findings(toml + here.required_and_secret()));
  }

  void suggests_what_was_meant() {
    const struct {
      const char* toml;
      const char* expected;
    } rows[] = {
        {"[log]\nacces = true\n", ":2: log.acces: is not a known key; did you mean access?"},
        {"[log]\nLEVEL = \"info\"\n", ":2: log.LEVEL: is not a known key; did you mean level?"},
        {"[cache]\npool_size = 3\n",
         ":2: cache.pool_size: is not a known key; did you mean database.pool_size?"},
        {"[compat]\nmode = 3\n", ":2: compat.mode: is not a known key; allowed: simplejwt, django_blacklist"},
        {"[log.level]\na = 1\n",
         ":1: log.level: is a table; allowed: \"debug\", \"info\", \"warning\", \"error\""},
        {"[nginx]\na = 1\nb = 2\n",
         ":2: nginx: is not a section; allowed: server, database, tokens, keys, passwords, accounts, "
         "sessions, "
         "personal_tokens, throttle, audit, cookies, oauth, trust, claims, cache, compat, api, log, metrics"},
        {"[sever]\n", ":1: sever: is not a section; did you mean [server]?"},
        {"log = 3\n", ":1: log: is not a section; allowed: [log] on a line of its own"},
        {"[[log]]\nlevel = \"info\"\n", ":1: log: is not a section; allowed: [log] on a line of its own"},
        {"verbose = true\n", ":1: verbose: stands outside any section"},
    };
    const Surroundings here;
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string("jwtauthd.toml") + row.expected,
                           here.findings(row.toml + here.required_and_secret()));
    }
  }

  void refuses_a_variable_that_is_no_key() {
    Surroundings here;
    here.set("JWTAUTHD_DATABASE_PASWORD", "hunter2");
    CPPUNIT_ASSERT_EQUAL(
        std::string("environment JWTAUTHD_DATABASE_PASWORD: database.pasword: is not a known key; "
                    "did you mean password?"),
        here.findings(here.required_and_secret()));
  }

  void refuses_a_variable_of_a_mistyped_section() {
    Surroundings here;
    here.set("JWTAUTHD_TOKEN_ALGORITHM", "HS256");
    CPPUNIT_ASSERT_EQUAL(
        std::string("environment JWTAUTHD_TOKEN_ALGORITHM: names no section of the configuration; "
                    "allowed: JWTAUTHD_TOKENS_ALGORITHM"),
        here.findings(here.required_and_secret()));
  }

  void leaves_other_variables_alone() {
    Surroundings here;
    here.set("JWTAUTHD_SRC", "x");
    here.set("JWTAUTHD_", "x");
    here.set("JWTAUTHDLOG_LEVEL", "x");
    here.good(here.required_and_secret());
  }

  void tells_what_is_required() {
    const Surroundings here;
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "jwtauthd.toml: database.socket: is missing, and so is database.host; allowed: one of them, such "
            "as socket = \"/run/mysqld/mysqld.sock\"\n"
            "jwtauthd.toml: database.name: is missing; allowed: the name of a database\n"
            "jwtauthd.toml: database.user: is missing; allowed: the name of a user\n"
            "jwtauthd.toml: tokens.signing_key_file: is missing, and ES256 needs a private key; allowed: a "
            "PEM file, such as `openssl genpkey` writes"),
        here.findings("[passwords]\nrefuse_common = false\n"));
  }

  void checks_what_belongs_together() {
    const Surroundings here;
    const struct {
      std::string toml;
      std::string expected;
    } rows[] = {
        {here.required_and_secret() + "jti_claim = \"user_id\"\n",
         "jwtauthd.toml:10: tokens.jti_claim: names the same claim as tokens.user_id_claim; allowed: a claim "
         "of its "
         "own"},
        {here.required_and_secret() + "[cache]\npoll_interval = \"10s\"\nstale_after = \"10s\"\n",
         "jwtauthd.toml:12: cache.stale_after: is not longer than cache.poll_interval; allowed: several "
         "times "
         "poll_interval"},
        {here.required_and_secret() + "[compat]\ndjango_blacklist = true\n",
         "jwtauthd.toml:11: compat.django_blacklist: is on, and so are sessions; allowed: one of the two: "
         "sessions.enabled = false"},
        {here.required_and_secret() + "rotate_refresh_tokens = true\n",
         "jwtauthd.toml:10: tokens.rotate_refresh_tokens: is on, and so are sessions, which rotate by "
         "sessions.rotate; allowed: false, or sessions.enabled = false beside it"},
        {here.required_and_secret() + "[sessions]\nenabled = false\n[cookies]\nenabled = true\n",
         "jwtauthd.toml:13: cookies.enabled: is on, and sessions are not; allowed: sessions.enabled = true "
         "beside it"},
        {here.required_and_secret() + "[cookies]\naccess = true\n",
         "jwtauthd.toml:11: cookies.access: is on, and cookies are not; allowed: cookies.enabled = true "
         "beside it"},
        {here.required_and_secret() + "[throttle]\nfirst_delay = \"10m\"\nmax_delay = \"5m\"\n",
         "jwtauthd.toml:11: throttle.first_delay: is longer than throttle.max_delay; allowed: up to "
         "max_delay"},
        {here.required_and_secret() + "[throttle]\naccount_failures = 20\nmax_failures = 10\n",
         "jwtauthd.toml:11: throttle.account_failures: is more than throttle.max_failures; allowed: up to "
         "max_failures"},
        {here.required_and_secret() + "[oauth]\nclients_file = \"" + here.path("none") + "\"\n",
         "jwtauthd.toml:11: oauth.clients_file: cannot read none: No such file or directory; allowed: a file "
         "that can be read"},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(row.expected, here.findings(row.toml));
    }
    std::string both = here.required_and_secret();
    both.insert(both.find("name = "), "host = \"h\"\n");
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:5: database.host: is given beside database.socket; allowed: one of them"),
        here.findings(both));
    std::string scrypt = here.required_and_secret();
    scrypt.insert(scrypt.find("[database]"), "scrypt_n = 1000\n");
    CPPUNIT_ASSERT_EQUAL(std::string("jwtauthd.toml:3: passwords.scrypt_n: is 1000; allowed: a power of two"),
                         here.findings(scrypt));
    scrypt.replace(scrypt.find("1000"), 4, "1048576\nscrypt_r = 9");
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:3: passwords.scrypt_n: takes over 256 MiB together with scrypt_r; "
                    "allowed: 128 * scrypt_n * scrypt_r up to 256 MiB"),
        here.findings(scrypt));
    scrypt.replace(scrypt.find("scrypt_r = 9"), 12, "scrypt_r = 1\nscrypt_p = 9");
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "jwtauthd.toml:5: passwords.scrypt_p: takes too long together with scrypt_n and scrypt_r; "
            "allowed: scrypt_n * scrypt_r * scrypt_p up to 8388608"),
        here.findings(scrypt));
    std::string argon2 = here.required_and_secret();
    argon2.insert(argon2.find("[database]"), "argon2_memory_kib = 524288\nargon2_iterations = 9\n");
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:4: passwords.argon2_iterations: works through over 4 GiB together with "
                    "argon2_memory_kib; allowed: argon2_memory_kib * argon2_iterations up to 4194304"),
        here.findings(argon2));
    std::filesystem::remove(here.path("common.txt"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:2: passwords.common_passwords_file: cannot read common.txt: No "
                    "such file or directory; allowed: a file that can be read, or refuse_common = "
                    "false"),
        here.findings(here.required_and_secret()));
  }

  void says_why_a_file_cannot_be_read() {
    const Surroundings here;
    const auto missing = config::load(here.path("missing.toml"));
    CPPUNIT_ASSERT(!missing);
    CPPUNIT_ASSERT_EQUAL(here.path("missing.toml") + ": cannot be read: No such file or directory",
                         missing.error().message);
    const auto directory = config::load(here.path(""));
    CPPUNIT_ASSERT(!directory);
    CPPUNIT_ASSERT_EQUAL(here.path("") + ": cannot be read: Is a directory", directory.error().message);
  }

  void says_where_it_is_not_toml() {
    const Surroundings here;
    for (const char* toml :
         {"[log\n", "[log]\nlevel\n", "[log]\nlevel = info\n", "[log]\nlevel = 'a'\nlevel = 'b'\n",
          "[log]\nlevel = \"\xff\"\n", "[log]\n[log]\n", "[lo\xedg]\nlevel = 'a'\n", "[log]\n\u02e0 = 1\n"}) {
      const std::string text = here.findings(toml);
      CPPUNIT_ASSERT_MESSAGE(text, text.starts_with("jwtauthd.toml:"));
      CPPUNIT_ASSERT_MESSAGE(text, text.find(": is not TOML: ") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(text, text.find('\n') == std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoadTest);

}  // namespace
