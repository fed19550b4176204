#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "config/config.h"
#include "config/key.h"
#include "surroundings.h"

namespace {

using config_test::Surroundings;

class StructuredTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StructuredTest);
  CPPUNIT_TEST(lists_and_tables_are_taken);
  CPPUNIT_TEST(issuers_may_be_tables_of_their_own);
  CPPUNIT_TEST(environment_has_them_as_toml);
  CPPUNIT_TEST(what_is_shown_is_read_again);
  CPPUNIT_TEST(refuses_one_part_each_and_names_its_line);
  CPPUNIT_TEST(refuses_claims_that_mean_something_else);
  CPPUNIT_TEST_SUITE_END();

  static std::string issuer(const Surroundings& here, const std::string& more = "") {
    return "{ issuer = \"https://idp/\", audience = \"us\", jwks_file = \"" + here.write("idp.json", "{}") +
           "\"" + more + " }";
  }

 public:
  void lists_and_tables_are_taken() {
    const Surroundings here;
    const auto config = here.good(here.required_and_secret() + "[trust]\nissuers = [\n" +
                                  issuer(here, ", algorithms = [\"ES256\", \"PS384\"]") + "]\n[claims]\n" +
                                  "access = [\"groups\", \"email\"]\n" +
                                  "constant = { a = \"x\", b = 7, c = 1.5, d = true }\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config.trust.issuers.size());
    CPPUNIT_ASSERT_EQUAL(std::string("https://idp/"), config.trust.issuers[0].issuer);
    CPPUNIT_ASSERT_EQUAL(std::string("us"), config.trust.issuers[0].audience);
    CPPUNIT_ASSERT_EQUAL(here.path("idp.json"), config.trust.issuers[0].jwks_file);
    CPPUNIT_ASSERT(config.trust.issuers[0].algorithms == (std::vector<std::string>{"ES256", "PS384"}));
    CPPUNIT_ASSERT(config.claims.access == (std::vector<std::string>{"groups", "email"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, config.claims.constant.size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, std::get<std::int64_t>(config.claims.constant[1].value));
    CPPUNIT_ASSERT(std::get<bool>(config.claims.constant[3].value));
  }

  void issuers_may_be_tables_of_their_own() {
    const Surroundings here;
    const auto config =
        here.good(here.required_and_secret() + "[[trust.issuers]]\nissuer = \"a\"\naudience = \"b\"\n" +
                  "jwks_file = \"" + here.write("a.json", "{}") + "\"\n[[trust.issuers]]\n" +
                  "issuer = \"c\"\naudience = \"d\"\njwks_file = \"" + here.path("a.json") + "\"\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, config.trust.issuers.size());
    CPPUNIT_ASSERT_EQUAL(std::string("c"), config.trust.issuers[1].issuer);
  }

  void environment_has_them_as_toml() {
    Surroundings here;
    here.set("JWTAUTHD_CLAIMS_ACCESS", "[\"username\"]");
    here.set("JWTAUTHD_CLAIMS_CONSTANT", "{ a = 1 }");
    here.set("JWTAUTHD_TRUST_ISSUERS", "[" + issuer(here) + "]");
    const auto config = here.good(here.required_and_secret() + "[claims]\naccess = [\"email\"]\n");
    CPPUNIT_ASSERT(config.claims.access == std::vector<std::string>{"username"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config.claims.constant.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config.trust.issuers.size());
    for (const char* bad : {"username", "[\"username\"", "[]\nother = 1", ""}) {
      here.set("JWTAUTHD_CLAIMS_ACCESS", bad);
      const std::string findings = here.findings(here.required_and_secret());
      CPPUNIT_ASSERT_MESSAGE(findings,
                             findings.starts_with("environment JWTAUTHD_CLAIMS_ACCESS: claims.access: is "));
    }
  }

  void what_is_shown_is_read_again() {
    const Surroundings here;
    const std::string written = "[trust]\nissuers = [" + issuer(here, ", algorithms = [\"EdDSA\"]") +
                                "]\n[claims]\naccess = [\"groups\"]\nconstant = { a = \"\\\"\", b = 2.0 }\n";
    config::Config first = here.good(here.required_and_secret() + written);
    std::string again;
    for (const char* section : {"trust", "claims"}) {
      again += std::string("[") + section + "]\n";
      for (const config::Key& key : config::keys()) {
        if (key.section == section) again += std::string(key.name) + " = " + config::shown(key, first) + "\n";
      }
    }
    config::Config second = here.good(here.required_and_secret() + again);
    for (const config::Key& key : config::keys()) {
      CPPUNIT_ASSERT_EQUAL(config::shown(key, first), config::shown(key, second));
    }
  }

  void refuses_one_part_each_and_names_its_line() {
    const Surroundings here;
    const struct {
      std::string lines;
      std::string says;
    } rows[] = {
        {"issuers = 7", ":2: trust.issuers: is the number 7; allowed: an array of tables"},
        {"issuers = [\n7]", ":3: trust.issuers: has the number 7 in it"},
        {"issuers = [\n" + issuer(here, ", colour = 1") + "]",
         ":3: trust.issuers: has an issuer with the unknown member \"colour\""},
        {"issuers = [\n{ issuer = \"a\", audience = \"b\" }]",
         ":3: trust.issuers: has an issuer without the member jwks_file"},
        {"issuers = [{ issuer = \"\" }]", ":2: trust.issuers: has the member issuer that is the string \"\""},
        {"issuers = [{ issuer = \"a b\" }]",
         ":2: trust.issuers: has the member issuer that is the string \"a b\""},
        {"issuers = [{ jwks_file = \"here\" }]", ", where the absolute path of a file belongs"},
        {"issuers = [{ audience = 7 }]", ":2: trust.issuers: has the member audience that is the number 7"},
        {"issuers = [" + issuer(here, ", algorithms = [\"HS256\"]") + "]",
         ":2: trust.issuers: has an issuer whose list algorithms has \"HS256\" in it"},
        {"issuers = [" + issuer(here) + ",\n" + issuer(here) + "]",
         ":3: trust.issuers: has the issuer \"https://idp/\" twice"},
        {"issuers = [{ issuer = \"a\", audience = \"b\", jwks_file = \"/not/there\" }]",
         ":2: trust.issuers: cannot read /not/there"},
        {"[claims]\naccess = \"email\"", ":3: claims.access: is the string \"email\""},
        {"[claims]\naccess = [\n\"password\"]", ":4: claims.access: has \"password\" in it"},
        {"[claims]\naccess = [\"email\", \"email\"]", ":3: claims.access: has \"email\" in it twice"},
        {"[claims]\nconstant = [1]", ":3: claims.constant: is an array"},
        {"[claims]\nconstant = { a = [1] }", ":3: claims.constant: has the claim \"a\" that is an array"},
        {"[claims]\nconstant = { \"a b\" = 1 }", ":3: claims.constant: has a claim without a name"},
        {"[claims]\nconstant = { a = \"" + std::string(600, 'x') + "\" }",
         ":3: claims.constant: is longer than 512 bytes"},
    };
    for (const auto& row : rows) {
      const std::string findings = here.findings("[trust]\n" + row.lines + "\n" + here.required_and_secret());
      CPPUNIT_ASSERT_MESSAGE(findings, findings.find(row.says) != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(findings, std::string::npos, findings.find('\n'));
    }
  }

  void refuses_claims_that_mean_something_else() {
    const Surroundings here;
    for (const std::string name : {"exp", "iat", "nbf", "jti", "sid", "iss", "aud", "sub", "token_type",
                                   "user_id", "username", "groups", "is_superuser", "cnf", "whose"}) {
      const std::string findings = here.findings("[claims]\nconstant = { " + name + " = 1 }\n" +
                                                 here.required_and_secret() + "user_id_claim = \"whose\"\n");
      CPPUNIT_ASSERT_MESSAGE(findings,
                             findings.find("claims.constant: has the claim " + name) != std::string::npos);
    }
    const std::string own = here.findings("[claims]\naccess = [\"username\"]\n" + here.required_and_secret() +
                                          "user_id_claim = \"username\"\n");
    CPPUNIT_ASSERT_MESSAGE(own, own.find("claims.access: has username, which is") != std::string::npos);
    const std::string us = here.findings("[trust]\nissuers = [" + issuer(here) + "]\n" +
                                         here.required_and_secret() + "issuer = \"https://idp/\"\n");
    CPPUNIT_ASSERT_MESSAGE(us,
                           us.find("trust.issuers: has the issuer of tokens.issuer") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StructuredTest);

}  // namespace
