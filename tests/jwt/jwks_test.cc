#include "jwt/jwks.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "crypto/asymmetric_key.h"
#include "jwt/verify.h"

namespace {

using crypto::AsymmetricKey;
using crypto::KeyType;
using jwt::Algorithm;

const std::string& pem_of(KeyType type) {
  static const std::string rsa(AsymmetricKey::generate_pem(KeyType::rsa, 2048).reveal());
  static const std::string p256(AsymmetricKey::generate_pem(KeyType::p256).reveal());
  static const std::string p384(AsymmetricKey::generate_pem(KeyType::p384).reveal());
  static const std::string p521(AsymmetricKey::generate_pem(KeyType::p521).reveal());
  static const std::string ed(AsymmetricKey::generate_pem(KeyType::ed25519).reveal());
  switch (type) {
    case KeyType::rsa:
      return rsa;
    case KeyType::p256:
      return p256;
    case KeyType::p384:
      return p384;
    case KeyType::p521:
      return p521;
    case KeyType::ed25519:
      break;
  }
  return ed;
}

/// The public JWK with further members (JSON text, each with a comma behind).
std::string jwk(KeyType type, const std::string& more = "") {
  return "{" + more + AsymmetricKey::from_pem(pem_of(type))->public_jwk().substr(1);
}
std::string set_of(const std::string& keys) {
  return R"({"keys":[)" + keys + "]}";
}
std::string told(const std::string& text, std::span<const Algorithm> allowed = {}) {
  const auto set = jwt::read_jwk_set(text, allowed);
  if (!set) return "refused: " + set.error().message;
  std::string out;
  for (const auto& key : set->keys) out += std::string(name(key.key.algorithm())) + " " + key.key.kid() + ";";
  for (const auto& reason : set->passed_over) out += " " + reason + ";";
  return out;
}

class JwksTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JwksTest);
  CPPUNIT_TEST(a_key_without_algorithm_gets_the_one_of_its_type);
  CPPUNIT_TEST(a_key_is_for_the_algorithm_that_it_names);
  CPPUNIT_TEST(takes_the_allowed_algorithms_only);
  CPPUNIT_TEST(passes_over_what_does_not_verify);
  CPPUNIT_TEST(refuses_a_set_with_what_must_stay_secret);
  CPPUNIT_TEST(refuses_what_is_no_set);
  CPPUNIT_TEST(of_two_keys_of_one_name_the_first_counts);
  CPPUNIT_TEST(its_keys_verify_tokens);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_key_without_algorithm_gets_the_one_of_its_type() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("RS256 a;ES256 b;ES384 ;ES512 ;EdDSA e;"),
        told(set_of(jwk(KeyType::rsa, R"("kid":"a",)") + "," +
                    jwk(KeyType::p256, R"("kid":"b","use":"sig",)") + "," + jwk(KeyType::p384) + "," +
                    jwk(KeyType::p521) + "," + jwk(KeyType::ed25519, R"("kid":"e","key_ops":["verify"],)"))));
  }

  void a_key_is_for_the_algorithm_that_it_names() {
    CPPUNIT_ASSERT_EQUAL(std::string("PS384 ;"), told(set_of(jwk(KeyType::rsa, R"("alg":"PS384",)"))));
    for (const char* alg : {"HS256", "none", "ES384", "RSA-OAEP", "es256", ""}) {
      const std::string text = set_of(jwk(KeyType::p256, std::string(R"("alg":")") + alg + R"(",)"));
      CPPUNIT_ASSERT_MESSAGE(text, told(text).ends_with("key 1 is for no algorithm that is allowed"));
    }
  }

  void takes_the_allowed_algorithms_only() {
    const Algorithm allowed[] = {Algorithm::ps512, Algorithm::rs256, Algorithm::es384};
    CPPUNIT_ASSERT_EQUAL(
        std::string("PS512 ;RS256 r; key 3 is for no algorithm that is allowed;"),
        told(set_of(jwk(KeyType::rsa) + "," + jwk(KeyType::rsa, R"("kid":"r","alg":"RS256",)") + "," +
                    jwk(KeyType::p256)),
             allowed));
    const Algorithm secret[] = {Algorithm::hs256};
    CPPUNIT_ASSERT(told(set_of(jwk(KeyType::rsa)), secret).starts_with("refused: "));
  }

  void passes_over_what_does_not_verify() {
    const struct {
      std::string key;
      const char* says;
    } rows[] = {
        {jwk(KeyType::rsa, R"("use":"enc",)"), "is not for signatures"},
        {jwk(KeyType::rsa, R"("key_ops":["sign"],)"), "is not for signatures"},
        {jwk(KeyType::rsa, R"("use":7,)"), "is not for signatures"},
        {R"({"kty":"AKP","pub":"x"})", "is of a type or on a curve that is not known here"},
        {R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})", "is of a type or on a curve"},
        {R"({"kty":"OKP","crv":"X25519","x":"AA"})", "is of a type or on a curve"},
        {R"({"kty":"RSA","n":"AQ==","e":"AQAB"})", "has a number that is not base64url"},
        {R"({"kty":"RSA","n":"AQ","e":"AQAB"})", "is refused: an RSA key needs at least 2048 bits"},
        {R"({"kty":"RSA","e":"AQAB"})", "is refused: "},
        {R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})", "is refused: a coordinate"},
        {"7", "is of a type"},
    };
    for (const auto& row : rows) {
      const std::string text = told(set_of(jwk(KeyType::ed25519, R"("kid":"good",)") + "," + row.key));
      CPPUNIT_ASSERT_MESSAGE(row.key + text, text.starts_with(std::string("EdDSA good; key 2 ") + row.says));
      CPPUNIT_ASSERT_MESSAGE(row.key,
                             told(set_of(row.key)).starts_with("refused: has no key that can verify"));
    }
  }

  void refuses_a_set_with_what_must_stay_secret() {
    for (const std::string& bad :
         {jwk(KeyType::rsa, R"("d":"AQ",)"), jwk(KeyType::p256, R"("d":"AQ",)"),
          std::string(R"({"kty":"oct","k":"AQ"})"), std::string(R"({"kty":"oct"})"),
          jwk(KeyType::rsa, R"("use":"enc","p":"AQ",)"), std::string(R"({"kty":"new","priv":"AQ"})")}) {
      const std::string text = told(set_of(jwk(KeyType::ed25519) + "," + bad));
      CPPUNIT_ASSERT_MESSAGE(text, text.ends_with("a private or symmetric key must not be handed out"));
      CPPUNIT_ASSERT_MESSAGE(text, text.starts_with("refused: key 2 has the member "));
    }
  }

  void refuses_what_is_no_set() {
    std::string many = jwk(KeyType::ed25519);
    for (int i = 0; i < 64; ++i) many += "," + jwk(KeyType::ed25519);
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string("[]"), jwk(KeyType::p256),
          std::string(R"({"keys":{}})"), set_of(""), set_of(jwk(KeyType::ed25519)) + "x",
          R"({"keys":[],)" + set_of(jwk(KeyType::p256)).substr(1), set_of(many),
          set_of(jwk(KeyType::ed25519)) + std::string(jwt::max_jwk_set_bytes, ' ')}) {
      CPPUNIT_ASSERT_MESSAGE(text.substr(0, 80), !jwt::read_jwk_set(text).has_value());
    }
  }

  void of_two_keys_of_one_name_the_first_counts() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"(EdDSA k; key "k" is there twice, and the first one counts;)"),
        told(set_of(jwk(KeyType::ed25519, R"("kid":"k",)") + "," + jwk(KeyType::p256, R"("kid":"k",)"))));
  }

  void its_keys_verify_tokens() {
    const auto set = jwt::read_jwk_set(set_of(jwk(KeyType::p256, R"("kid":"a",)") + "," + jwk(KeyType::rsa)));
    const jwt::Key* const keys[] = {&set->keys[0].key, &set->keys[1].key};
    const std::string claims = R"({"sub":"x"})";
    const auto named = jwt::Key::from_pem(Algorithm::es256, pem_of(KeyType::p256), "a");
    CPPUNIT_ASSERT(jwt::verify(named->sign(claims), keys).has_value());
    const auto unnamed = jwt::Key::from_pem(Algorithm::rs256, pem_of(KeyType::rsa));
    CPPUNIT_ASSERT(jwt::verify(unnamed->sign(claims), keys).has_value());
    const auto other = jwt::Key::from_pem(Algorithm::ps256, pem_of(KeyType::rsa));
    CPPUNIT_ASSERT(jwt::verify(other->sign(claims), keys).error() == jwt::Defect::wrong_algorithm);
    const auto stranger = jwt::Key::from_pem(Algorithm::es256, pem_of(KeyType::p256), "b");
    CPPUNIT_ASSERT(jwt::verify(stranger->sign(claims), keys).error() == jwt::Defect::unknown_key);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwksTest);

}  // namespace
