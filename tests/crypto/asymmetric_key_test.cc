#include "crypto/asymmetric_key.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "known_keys.h"
#include "refused_keys.h"
#include "util/encoding.h"

namespace {

using crypto::AsymmetricKey;
using crypto::KeyType;
using crypto::SignatureAlg;

constexpr SignatureAlg all_algs[] = {
    SignatureAlg::rs256, SignatureAlg::rs384, SignatureAlg::rs512, SignatureAlg::ps256, SignatureAlg::ps384,
    SignatureAlg::ps512, SignatureAlg::es256, SignatureAlg::es384, SignatureAlg::es512, SignatureAlg::eddsa};

AsymmetricKey key_of(std::string_view pem) {
  auto key = AsymmetricKey::from_pem(pem);
  CPPUNIT_ASSERT_MESSAGE(key ? "" : key.error().message, key.has_value());
  return std::move(*key);
}

AsymmetricKey fresh(KeyType type) {
  return key_of(AsymmetricKey::generate_pem(type, 2048).reveal());
}

std::string refusal(std::string_view pem) {
  auto key = AsymmetricKey::from_pem(pem);
  return key ? "" : key.error().message;
}

class AsymmetricKeyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AsymmetricKeyTest);
  CPPUNIT_TEST(thumbprints_equal_the_rfcs);
  CPPUNIT_TEST(signs_ed25519_as_rfc_8037_does);
  CPPUNIT_TEST(verifies_es256_of_rfc_7515);
  CPPUNIT_TEST(every_type_signs_what_its_public_half_verifies);
  CPPUNIT_TEST(a_changed_bit_anywhere_is_refused);
  CPPUNIT_TEST(refuses_signatures_of_other_shapes);
  CPPUNIT_TEST(refuses_pss_with_another_salt_length);
  CPPUNIT_TEST(ecdsa_signatures_have_fixed_width);
  CPPUNIT_TEST(refuses_keys_that_are_not_ours_to_use);
  CPPUNIT_TEST(refuses_text_behind_the_key);
  CPPUNIT_TEST(takes_parameters_or_text_before_the_key);
  CPPUNIT_TEST(refuses_what_is_no_pem);
  CPPUNIT_TEST(the_private_digest_does_not_depend_on_the_form);
  CPPUNIT_TEST(one_key_serves_many_threads);
  CPPUNIT_TEST_SUITE_END();

  void thumbprints_equal_the_rfcs() {
    CPPUNIT_ASSERT_EQUAL(std::string("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
                         key_of(known_keys::rfc7638_rsa).thumbprint());
    const AsymmetricKey ed = key_of(known_keys::rfc8037_ed25519);
    CPPUNIT_ASSERT_EQUAL(std::string("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"), ed.thumbprint());
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"),
        ed.public_jwk());
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"),
        key_of(known_keys::rfc7515_p256).public_jwk());
  }

  void the_private_digest_does_not_depend_on_the_form() {
    const std::string number = *util::from_base64url("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    for (const char* pem : {known_keys::rfc7515_p256, known_keys::rfc7515_p256_pkcs8}) {
      CPPUNIT_ASSERT(crypto::sha256(number) == key_of(pem).private_digest());
    }
    const std::string seed = *util::from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    const AsymmetricKey ed = key_of(known_keys::rfc8037_ed25519);
    CPPUNIT_ASSERT(crypto::sha256(seed) == ed.private_digest());
    for (const auto type : {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519}) {
      const AsymmetricKey key = fresh(type);
      CPPUNIT_ASSERT(key.private_digest() != fresh(type).private_digest());
      CPPUNIT_ASSERT_THROW(key_of(key.public_pem()).private_digest(), std::logic_error);
    }
  }

  void signs_ed25519_as_rfc_8037_does() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
        util::to_base64url(
            key_of(known_keys::rfc8037_ed25519)
                .sign(SignatureAlg::eddsa, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")));
  }

  void verifies_es256_of_rfc_7515() {
    const auto signature = util::from_base64url(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    const std::string_view input =
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    CPPUNIT_ASSERT(key_of(known_keys::rfc7515_p256).verify(SignatureAlg::es256, input, *signature));
  }

  void every_type_signs_what_its_public_half_verifies() {
    const struct {
      KeyType type;
      std::vector<SignatureAlg> algs;
    } rows[] = {
        {KeyType::rsa,
         {SignatureAlg::rs256, SignatureAlg::rs384, SignatureAlg::rs512, SignatureAlg::ps256,
          SignatureAlg::ps384, SignatureAlg::ps512}},
        {KeyType::p256, {SignatureAlg::es256}},
        {KeyType::p384, {SignatureAlg::es384}},
        {KeyType::p521, {SignatureAlg::es512}},
        {KeyType::ed25519, {SignatureAlg::eddsa}},
    };
    for (const auto& row : rows) {
      const AsymmetricKey key = fresh(row.type);
      const AsymmetricKey half = key_of(key.public_pem());
      CPPUNIT_ASSERT(key.type() == row.type && half.type() == row.type);
      CPPUNIT_ASSERT(key.has_private() && !half.has_private());
      CPPUNIT_ASSERT_EQUAL(key.thumbprint(), half.thumbprint());
      CPPUNIT_ASSERT_THROW(half.sign(row.algs.front(), "x"), std::logic_error);
      std::size_t fitting = 0;
      for (const SignatureAlg alg : all_algs) fitting += key.fits(alg) ? 1 : 0;
      CPPUNIT_ASSERT_EQUAL(row.algs.size(), fitting);
      for (const SignatureAlg alg : row.algs) {
        const std::string signature = key.sign(alg, "header.payload");
        CPPUNIT_ASSERT(half.verify(alg, "header.payload", signature));
        CPPUNIT_ASSERT(!half.verify(alg, "header.payloae", signature));
        for (const SignatureAlg other : all_algs) {
          if (other != alg) CPPUNIT_ASSERT(!half.verify(other, "header.payload", signature));
        }
      }
    }
  }

  void a_changed_bit_anywhere_is_refused() {
    const AsymmetricKey key = fresh(KeyType::p256);
    const std::string signature = key.sign(SignatureAlg::es256, "data");
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
      std::string changed = signature;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      CPPUNIT_ASSERT(!key.verify(SignatureAlg::es256, "data", changed));
    }
  }

  void refuses_signatures_of_other_shapes() {
    for (const KeyType type : {KeyType::p256, KeyType::ed25519, KeyType::rsa}) {
      const AsymmetricKey key = fresh(type);
      const SignatureAlg alg = type == KeyType::p256      ? SignatureAlg::es256
                               : type == KeyType::ed25519 ? SignatureAlg::eddsa
                                                          : SignatureAlg::rs256;
      const std::string good = key.sign(alg, "data");
      CPPUNIT_ASSERT(key.verify(alg, "data", good));
      CPPUNIT_ASSERT(!key.verify(alg, "data", ""));
      CPPUNIT_ASSERT(!key.verify(alg, "data", good.substr(1)));
      CPPUNIT_ASSERT(!key.verify(alg, "data", good + '\0'));
      CPPUNIT_ASSERT(!key.verify(alg, "data", std::string(good.size(), '\0')));  // R = S = 0
      CPPUNIT_ASSERT(!key.verify(alg, "data", std::string(good.size(), '\xff')));
    }
  }

  void refuses_pss_with_another_salt_length() {
    const util::Secret pem = AsymmetricKey::generate_pem(KeyType::rsa, 2048);
    const std::string_view text = pem.reveal();
    BIO* const bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    EVP_PKEY* const pkey = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    for (const int salt : {20, 32}) {
      EVP_MD_CTX* const context = EVP_MD_CTX_new();
      EVP_PKEY_CTX* parameters = nullptr;
      std::string signature(256, '\0');
      std::size_t size = signature.size();
      EVP_DigestSignInit(context, &parameters, EVP_sha256(), nullptr, pkey);
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt);
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>("data"), 4);
      EVP_MD_CTX_free(context);
      CPPUNIT_ASSERT_EQUAL(salt == 32, key_of(text).verify(SignatureAlg::ps256, "data", signature));
    }
    EVP_PKEY_free(pkey);
    BIO_free(bio);
  }

  void ecdsa_signatures_have_fixed_width() {
    // One in 256 has a leading zero in R or S, which DER would drop.
    const AsymmetricKey key = fresh(KeyType::p256);
    bool saw_zero = false;
    for (int i = 0; i < 20000 && !saw_zero; ++i) {
      const std::string signature = key.sign(SignatureAlg::es256, "data");
      CPPUNIT_ASSERT_EQUAL(std::size_t{64}, signature.size());
      if (signature[0] != '\0' && signature[32] != '\0') continue;
      saw_zero = true;
      CPPUNIT_ASSERT(key.verify(SignatureAlg::es256, "data", signature));
    }
    CPPUNIT_ASSERT(saw_zero);
    CPPUNIT_ASSERT_EQUAL(std::size_t{96}, fresh(KeyType::p384).sign(SignatureAlg::es384, "x").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{132}, fresh(KeyType::p521).sign(SignatureAlg::es512, "x").size());
  }

  void refuses_keys_that_are_not_ours_to_use() {
    for (const auto& row : refused_keys::rows) {
      const std::string message = refusal(row.pem);
      CPPUNIT_ASSERT_MESSAGE(std::string(row.why) + ": " + message,
                             message.find(row.says) != std::string::npos);
    }
  }

  void refuses_text_behind_the_key() {
    const std::string pem(AsymmetricKey::generate_pem(KeyType::p256).reveal());
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(pem + "\n  \r\n"));
    CPPUNIT_ASSERT(!refusal(pem + "x").empty());
    CPPUNIT_ASSERT(!refusal(pem + pem).empty());
    CPPUNIT_ASSERT(!refusal(pem + std::string(1, '\0')).empty());
  }

  void takes_parameters_or_text_before_the_key() {
    const std::string parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(parameters + known_keys::rfc7515_p256));
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         refusal(std::string("Private-Key: (256 bit)\n") + known_keys::rfc7515_p256));
    CPPUNIT_ASSERT(!refusal(parameters).empty());
  }

  void refuses_what_is_no_pem() {
    const std::string pem = known_keys::rfc7515_p256;
    for (const std::string& text :
         {std::string(), std::string("secret"), pem.substr(0, pem.size() / 2), pem.substr(30),
          std::string("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
          std::string(70000, ' ') + pem}) {
      CPPUNIT_ASSERT(!refusal(text).empty());
    }
  }

  void one_key_serves_many_threads() {
    for (const KeyType type : {KeyType::p256, KeyType::ed25519, KeyType::rsa}) {
      const AsymmetricKey key = fresh(type);
      const SignatureAlg alg = type == KeyType::p256      ? SignatureAlg::es256
                               : type == KeyType::ed25519 ? SignatureAlg::eddsa
                                                          : SignatureAlg::ps256;
      std::atomic<int> verified = 0;
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 50; ++i) {
            const std::string data = std::to_string(t) + "." + std::to_string(i);
            if (key.verify(alg, data, key.sign(alg, data))) ++verified;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      CPPUNIT_ASSERT_EQUAL(200, verified.load());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AsymmetricKeyTest);

}  // namespace
