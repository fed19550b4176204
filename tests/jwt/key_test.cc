#include "jwt/key.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <set>
#include <string>
#include <utility>

#include "recorded.h"

namespace {

using jwt::Algorithm;
using jwt::Key;

std::string pem(std::size_t row, const char* member) {
  return jwt_test::text(jwt_test::recorded().get("rows")->at(row), member);
}
std::string rsa() {
  return pem(3, "signing_key");
}
std::string p256() {
  return pem(9, "signing_key");
}

class KeyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyTest);
  CPPUNIT_TEST(names_every_algorithm_as_rfc_7518_does);
  CPPUNIT_TEST(knows_no_other_names);
  CPPUNIT_TEST(refuses_keys_that_do_not_fit);
  CPPUNIT_TEST(a_public_key_verifies_only);
  CPPUNIT_TEST(writes_the_claims_as_they_stand);
  CPPUNIT_TEST(quotes_the_kid);
  CPPUNIT_TEST(a_keyed_digest_is_the_keys_own);
  CPPUNIT_TEST_SUITE_END();

 public:
  void names_every_algorithm_as_rfc_7518_does() {
    for (const char* name : {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                             "ES256", "ES384", "ES512", "EdDSA"}) {
      const auto algorithm = jwt::algorithm_of(name);
      CPPUNIT_ASSERT_MESSAGE(name, algorithm.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string(name), std::string(jwt::name(*algorithm)));
      CPPUNIT_ASSERT_EQUAL(name[0] == 'H', jwt::is_hmac(*algorithm));
    }
  }

  void knows_no_other_names() {
    for (const char* name :
         {"", "none", "None", "hs256", "HS256 ", "HS", "eddsa", "EDDSA", "ES256K", "RS1"}) {
      CPPUNIT_ASSERT_MESSAGE(name, !jwt::algorithm_of(name));
    }
  }

  void a_keyed_digest_is_the_keys_own() {
    const auto hmac = [](std::string_view secret) {
      return std::move(*Key::from_secret(Algorithm::hs256, util::Secret(secret)));
    };
    const auto digest = hmac("a").keyed_digest("p", "data");
    CPPUNIT_ASSERT(digest == hmac("a").keyed_digest("p", "data"));
    CPPUNIT_ASSERT(digest != hmac("b").keyed_digest("p", "data"));
    CPPUNIT_ASSERT(digest != hmac("a").keyed_digest("q", "data"));
    CPPUNIT_ASSERT(digest != hmac("a").keyed_digest("pd", "ata"));
    CPPUNIT_ASSERT(digest != crypto::hmac_sha256("a", "data"));

    std::set<crypto::Sha256> digests;
    for (const auto& [algorithm, text] : {std::pair{Algorithm::rs256, rsa()}, {Algorithm::es256, p256()}}) {
      const auto key = std::move(*Key::from_pem(algorithm, text));
      digests.insert(key.keyed_digest("p", "data"));
      digests.insert(Key::from_pem(algorithm, text, "named")->keyed_digest("p", "data"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, digests.size());
  }

  void refuses_keys_that_do_not_fit() {
    CPPUNIT_ASSERT(!Key::from_secret(Algorithm::hs256, util::Secret("")));
    CPPUNIT_ASSERT(!Key::from_secret(Algorithm::rs256, util::Secret(rsa())));
    CPPUNIT_ASSERT(!Key::from_secret(Algorithm::eddsa, util::Secret("secret")));
    struct Row {
      Algorithm algorithm;
      std::string pem;
      bool fits;
    };
    const std::array<Row, 9> rows{{
        {Algorithm::hs256, rsa(), false},
        {Algorithm::rs256, rsa(), true},
        {Algorithm::ps512, rsa(), true},
        {Algorithm::rs256, p256(), false},
        {Algorithm::es256, p256(), true},
        {Algorithm::es384, p256(), false},
        {Algorithm::eddsa, p256(), false},
        {Algorithm::es256, "not a key", false},
        {Algorithm::es256, "", false},
    }};
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(jwt::name(row.algorithm)), row.fits,
                                   Key::from_pem(row.algorithm, row.pem).has_value());
    }
  }

  void a_public_key_verifies_only() {
    CPPUNIT_ASSERT(Key::from_pem(Algorithm::es256, p256())->can_sign());
    CPPUNIT_ASSERT(!Key::from_pem(Algorithm::es256, pem(9, "verifying_key"))->can_sign());
    CPPUNIT_ASSERT(Key::from_secret(Algorithm::hs256, util::Secret("x"))->can_sign());
  }

  void writes_the_claims_as_they_stand() {
    const auto key = Key::from_secret(Algorithm::hs256, util::Secret("0123456789"));
    const std::string token = key->sign(R"({"z":1, "a":2})");
    CPPUNIT_ASSERT_EQUAL(std::string("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ6IjoxLCAiYSI6Mn0"),
                         token.substr(0, token.rfind('.')));
  }

  void quotes_the_kid() {
    const auto key = Key::from_secret(Algorithm::hs256, util::Secret("0123456789"), R"(a"b\)");
    CPPUNIT_ASSERT_EQUAL(std::string(R"(a"b\)"), key->kid());
    // {"alg":"HS256","kid":"a\"b\\","typ":"JWT"}
    CPPUNIT_ASSERT(key->sign("{}").starts_with("eyJhbGciOiJIUzI1NiIsImtpZCI6ImFcImJcXCIsInR5cCI6IkpXVCJ9."));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyTest);

}  // namespace
