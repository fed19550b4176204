#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "config/config.h"
#include "surroundings.h"

namespace {

using config_test::Surroundings;

const std::string kSecret = "0123456789abcdefghijklmnopqrstuv";  // 32 bytes
const std::string kHs = "algorithm = \"HS256\"\n";

std::string key(const std::string& secret) {
  return "signing_key = \"" + secret + "\"\n";
}
std::string key_file(const std::string& path) {
  return "signing_key_file = \"" + path + "\"\n";
}

class SecretsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SecretsTest);
  CPPUNIT_TEST(secret_may_stand_in_a_private_file);
  CPPUNIT_TEST(secret_is_read_from_the_file_named);
  CPPUNIT_TEST(environment_counts_more_than_the_file_in_either_form);
  CPPUNIT_TEST(credential_counts_most);
  CPPUNIT_TEST(credential_may_be_the_private_key);
  CPPUNIT_TEST(credential_that_is_a_private_key_leaves_the_secret_of_hs_alone);
  CPPUNIT_TEST(a_directory_of_keys_stands_in_the_place_of_the_private_key);
  CPPUNIT_TEST(private_key_is_looked_at_but_not_read);
  CPPUNIT_TEST(refuses_both_forms_at_once);
  CPPUNIT_TEST(refuses_secrets_that_others_can_read);
  CPPUNIT_TEST(refuses_unusable_secret_files);
  CPPUNIT_TEST(refuses_weak_signing_secrets);
  CPPUNIT_TEST(takes_a_weak_secret_on_request);
  CPPUNIT_TEST(refuses_a_secret_where_a_key_belongs_and_the_other_way_round);
  CPPUNIT_TEST(no_finding_shows_a_secret);
  CPPUNIT_TEST_SUITE_END();

 public:
  void secret_may_stand_in_a_private_file() {
    const Surroundings here;
    const config::Config config = here.good(here.required(kHs + key(kSecret)));
    CPPUNIT_ASSERT_EQUAL(kSecret, std::string(config.tokens.signing_key.reveal()));
    CPPUNIT_ASSERT(config.tokens.signing_key_file.empty());
  }

  void secret_is_read_from_the_file_named() {
    const Surroundings here;
    for (const std::string end : {"", "\n", "\r\n"}) {
      const std::string path = here.write("secret", kSecret + end);
      const config::Config config = here.good(here.required(kHs + key_file(path)));
      CPPUNIT_ASSERT_EQUAL(kSecret, std::string(config.tokens.signing_key.reveal()));
      CPPUNIT_ASSERT_EQUAL(path, config.tokens.signing_key_file);
    }
    std::string toml = here.required_and_secret();
    toml.insert(toml.find("name = "), "password_file = \"" + here.write("pw", " se cret \n") + "\"\n");
    CPPUNIT_ASSERT_EQUAL(std::string(" se cret "), std::string(here.good(toml).database.password.reveal()));
  }

  void environment_counts_more_than_the_file_in_either_form() {
    Surroundings here;
    const std::string other = here.write("other", "fedcba9876543210fedcba9876543210");
    here.set("JWTAUTHD_TOKENS_SIGNING_KEY", kSecret);
    here.set("JWTAUTHD_DATABASE_PASSWORD_FILE", here.write("pw", "from file"));
    std::string toml = here.required(kHs + key_file(other));
    toml.insert(toml.find("name = "), "password = \"from toml\"\n");
    const config::Config config = here.good(toml);
    CPPUNIT_ASSERT_EQUAL(kSecret, std::string(config.tokens.signing_key.reveal()));
    CPPUNIT_ASSERT(config.tokens.signing_key_file.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("from file"), std::string(config.database.password.reveal()));
  }

  void credential_counts_most() {
    Surroundings here;
    here.write("tokens.signing_key", kSecret + "\n", 0400);
    here.write("database.password", "credential", 0400);
    here.write("something.else", "of somebody else");
    here.set("CREDENTIALS_DIRECTORY", here.path(""));
    here.set("JWTAUTHD_DATABASE_PASSWORD", "environment");
    // The file that the configuration names may be out of the daemon's reach.
    const config::Config config = here.good(here.required(kHs + key_file(here.path("root-only"))));
    CPPUNIT_ASSERT_EQUAL(kSecret, std::string(config.tokens.signing_key.reveal()));
    CPPUNIT_ASSERT_EQUAL(std::string("credential"), std::string(config.database.password.reveal()));
  }

  void credential_may_be_the_private_key() {
    Surroundings here;
    const std::string path = here.write("tokens.signing_key", "a PEM file", 0400);
    here.set("CREDENTIALS_DIRECTORY", here.path("."));
    const config::Config config = here.good(here.required(key_file("/nowhere")));
    CPPUNIT_ASSERT_EQUAL(here.path("./tokens.signing_key"), config.tokens.signing_key_file);
    CPPUNIT_ASSERT(config.tokens.signing_key.empty());
  }

  void credential_that_is_a_private_key_leaves_the_secret_of_hs_alone() {
    Surroundings here;
    here.write("tokens.signing_key", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n", 0400);
    here.set("CREDENTIALS_DIRECTORY", here.path("."));
    const std::string file = here.write("secret", kSecret);
    for (const std::string& toml : {here.required(kHs + key(kSecret)), here.required(kHs + key_file(file))}) {
      CPPUNIT_ASSERT_EQUAL(kSecret, std::string(here.good(toml).tokens.signing_key.reveal()));
    }
    // With nothing configured it is what there is, and the finding says what is wrong with it.
    const std::string text = here.findings(here.required(kHs));
    CPPUNIT_ASSERT_MESSAGE(text, text.find("is a PEM key, and HS256 takes a secret") != std::string::npos);
  }

  void a_directory_of_keys_stands_in_the_place_of_the_private_key() {
    Surroundings here;
    const std::string directory = "[keys]\ndirectory = \"/etc/jwtauthd/keys\"\n";
    CPPUNIT_ASSERT(here.good(here.required(directory)).tokens.signing_key_file.empty());
    // The units hand it over, whatever is configured.
    here.write("tokens.signing_key", "a PEM file", 0400);
    here.set("CREDENTIALS_DIRECTORY", here.path("."));
    CPPUNIT_ASSERT(here.good(here.required(directory)).tokens.signing_key_file.empty());
    const std::string file = here.write("key.pem", "a PEM file", 0400);
    const std::string text = here.findings(here.required(key_file(file) + directory));
    CPPUNIT_ASSERT_MESSAGE(text, text.find("is given beside keys.directory") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(text, text.find("jwtauthctl keys import key.pem") != std::string::npos);
  }

  void private_key_is_looked_at_but_not_read() {
    const Surroundings here;
    const std::string path = here.write("key.pem", "a PEM file");
    const config::Config config = here.good(here.required(key_file(path)));
    CPPUNIT_ASSERT_EQUAL(path, config.tokens.signing_key_file);
    CPPUNIT_ASSERT(config.tokens.signing_key.empty());
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:8: tokens.signing_key_file: cannot read missing.pem: No such "
                    "file or directory; allowed: a file with the secret alone, private to the daemon"),
        here.findings(here.required(key_file(here.path("missing.pem")))));
  }

  void refuses_both_forms_at_once() {
    const Surroundings here;
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "jwtauthd.toml:10: tokens.signing_key_file: is given beside tokens.signing_key; allowed: one of "
            "them"),
        here.findings(here.required(kHs + key(kSecret) + key_file(here.write("secret", kSecret)))));
  }

  void refuses_secrets_that_others_can_read() {
    const Surroundings here;
    const std::string why = "can be read or changed by every user of this machine (mode 06";
    for (const mode_t mode : {0644U, 0602U}) {
      const std::string path = here.write("secret", kSecret, mode);
      for (const std::string& toml : {here.required(kHs + key_file(path)), here.required(key_file(path))}) {
        CPPUNIT_ASSERT(here.findings(toml).find("tokens.signing_key_file: secret " + why) !=
                       std::string::npos);
      }
    }
    here.good(here.required(kHs + key_file(here.write("secret", kSecret, 0640))));
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:9: tokens.signing_key: is a secret, and jwtauthd.toml can be read "
                    "or changed by every user of this machine (mode 0644); chmod o= makes it private"),
        here.findings(here.required(kHs + key(kSecret)), 0644));
    // Without a secret in it, the file is nobody's business.
    CPPUNIT_ASSERT(here.load(here.required(kHs + key_file(here.path("secret"))), 0644).has_value());
  }

  void refuses_unusable_secret_files() {
    const Surroundings here;
    const struct {
      std::string path;
      std::string expected;
    } rows[] = {{here.write("empty", ""), "empty is empty"},
                {here.write("blank", "\n\n"), "blank is empty"},
                {here.write("huge", std::string(65537, 'x')), "huge is longer than 64 KiB"},
                {here.path("missing"), "cannot read missing: No such file or directory"},
                {here.path("."), ". is not a file"},
                {"/dev/null", "/dev/null is not a file"},
                {"relative", "is the string \"relative\""}};
    for (const auto& row : rows) {
      const std::string text = here.findings(here.required(kHs + key_file(row.path)));
      CPPUNIT_ASSERT_MESSAGE(text,
                             text.starts_with("jwtauthd.toml:9: tokens.signing_key_file: " + row.expected));
      CPPUNIT_ASSERT_MESSAGE(text, text.find('\n') == std::string::npos);  // and nothing that follows from it
    }
  }

  void refuses_weak_signing_secrets() {
    const Surroundings here;
    const struct {
      std::string secret;
      std::string expected;
    } rows[] = {
        {kSecret.substr(1), "has 31 bytes; allowed: at least 32 bytes, or allow_short_signing_key = true"},
        {"django-insecure-0123456789abcdefghijklmnopqrstuv", "is a key that Django's startproject wrote"},
        {"change-me-0123456789abcdefghijklmnopqrstuvwxyz", "is the example of the documentation"},
        {"-----BEGIN PUBLIC KEY----- 0123456789abcdef", "is a PEM key, and HS256 takes a secret"},
    };
    for (const auto& row : rows) {
      const std::string text = here.findings(here.required(kHs + key(row.secret)));
      CPPUNIT_ASSERT_MESSAGE(text, text.starts_with("jwtauthd.toml:9: tokens.signing_key: " + row.expected));
      CPPUNIT_ASSERT_MESSAGE(text, text.find("0123456789") == std::string::npos);
    }
    const std::string from_file = here.findings(here.required(kHs + key_file(here.write("secret", "short"))));
    CPPUNIT_ASSERT_MESSAGE(from_file,
                           from_file.starts_with("jwtauthd.toml:9: tokens.signing_key: has 5 bytes"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml: tokens.signing_key: is missing, and HS256 needs a secret; "
                    "allowed: at least 32 bytes here, or in the file that signing_key_file names"),
        here.findings(here.required(kHs)));
  }

  void takes_a_weak_secret_on_request() {
    const Surroundings here;
    for (const std::string secret : {"short", "django-insecure-0123456789abcdefghijklmnopqrstuv"}) {
      const config::Config config =
          here.good(here.required(kHs + key(secret) + "allow_short_signing_key = true\n"));
      CPPUNIT_ASSERT_EQUAL(secret, std::string(config.tokens.signing_key.reveal()));
    }
    here.findings(here.required(kHs + key("change-me-please") + "allow_short_signing_key = true\n"));
  }

  void refuses_a_secret_where_a_key_belongs_and_the_other_way_round() {
    const Surroundings here;
    CPPUNIT_ASSERT_EQUAL(
        std::string("jwtauthd.toml:8: tokens.signing_key: is not for ES256; allowed: the private "
                    "key's PEM file in tokens.signing_key_file"),
        here.findings(here.required(key(kSecret))));
    const std::string text = here.findings(here.required(
        kHs + key_file(here.write("pem", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"))));
    CPPUNIT_ASSERT(text.find("is a PEM key, and HS256 takes a secret") != std::string::npos);
  }

  void no_finding_shows_a_secret() {
    Surroundings here;
    const std::string leak = "hunter2leak";
    const std::string rows[] = {
        "[database]\npassword = \"" + leak + "\" x\n",                  // junk behind it
        "[database]\npassword = " + leak + "\n",                        // not quoted
        "[database]\npassword = \"" + leak + "\npassword = 1\n",        // not closed
        "[database]\npassword = 12345678901234567890\n",                // no 64-bit number
        "[database]\npassword = [\"" + leak + "\"]\n",                  // an array
        "[database]\npassword = 1979\n",                                // a number
        "[database]\npassword = \"a\"\npassword = \"" + leak + "\"\n",  // twice
        "[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"" + leak + "\"\n",
        "[tokens]\nsigning_key = \"" + leak + "\"\nsigning_key_file = 3\n",
        "[tokens.signing_key]\n" + leak + " = 3\n",
    };
    for (const std::string& toml : rows) {
      const std::string text = here.findings(toml);
      CPPUNIT_ASSERT_MESSAGE(text, text.find("hunter2") == std::string::npos &&
                                       text.find("1234") == std::string::npos &&
                                       text.find("1979") == std::string::npos);
    }
    here.set("JWTAUTHD_TOKENS_SIGNING_KEY", leak);
    here.set("JWTAUTHD_TOKENS_ALGORITHM", "HS256");
    const std::string text = here.findings(here.required());
    CPPUNIT_ASSERT_EQUAL(
        std::string("environment JWTAUTHD_TOKENS_SIGNING_KEY: tokens.signing_key: has 11 bytes; "
                    "allowed: at least 32 bytes, or allow_short_signing_key = true for a Django "
                    "site's own"),
        text);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SecretsTest);

}  // namespace
