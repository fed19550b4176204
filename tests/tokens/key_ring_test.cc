#include "tokens/key_ring.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "crypto/asymmetric_key.h"

namespace {

using jwt::Algorithm;
using tokens::KeyRing;
using tokens::KeyRingOptions;

constexpr const char* good_secret = "8f1d2c7be0954a63-71aa90c3-d5e2f846";

util::Result<KeyRing> with_secret(std::string_view secret, bool allow_short = false,
                                  Algorithm algorithm = Algorithm::hs256) {
  KeyRingOptions options;
  options.algorithm = algorithm;
  options.secret = util::Secret(secret);
  options.allow_short_secret = allow_short;
  return KeyRing::open(std::move(options));
}

util::Result<KeyRing> with_pem(Algorithm algorithm, std::string_view pem) {
  KeyRingOptions options;
  options.algorithm = algorithm;
  options.private_pem = pem;
  return KeyRing::open(std::move(options));
}

class KeyRingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyRingTest);
  CPPUNIT_TEST(takes_a_good_secret_without_a_name);
  CPPUNIT_TEST(refuses_secrets_under_32_bytes);
  CPPUNIT_TEST(refuses_published_secrets_even_where_short_ones_are_allowed);
  CPPUNIT_TEST(takes_what_a_django_site_has_when_told_to);
  CPPUNIT_TEST(never_tells_the_secret);
  CPPUNIT_TEST(names_a_key_pair_by_its_thumbprint);
  CPPUNIT_TEST(refuses_keys_that_cannot_sign_or_do_not_fit);
  CPPUNIT_TEST(survives_a_move);
  CPPUNIT_TEST_SUITE_END();

 public:
  void takes_a_good_secret_without_a_name() {
    const auto ring = with_secret(good_secret);
    CPPUNIT_ASSERT(ring.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string(), ring->signing_key()->kid());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ring->verifying_keys().size());
    CPPUNIT_ASSERT(with_secret(good_secret, false, Algorithm::hs512).has_value());
  }

  void refuses_secrets_under_32_bytes() {
    const std::string secret = std::string(good_secret).substr(0, 32);
    CPPUNIT_ASSERT(with_secret(secret).has_value());
    CPPUNIT_ASSERT(!with_secret(secret.substr(0, 31)));
    CPPUNIT_ASSERT(!with_secret("k3y"));
    CPPUNIT_ASSERT(!with_secret(""));
    CPPUNIT_ASSERT(!with_secret("", true));
  }

  void refuses_published_secrets_even_where_short_ones_are_allowed() {
    for (const char* secret : {
             "secret",
             "Secret",
             "your-256-bit-secret",
             "your-256-bit-secret-your-256-bit-secret",
             "a-string-secret-at-least-256-bits-long",
             "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
             "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
             "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
             "0123456789abcdef0123456789abcdef",
             "please-change-me-to-something-random-0",
             "CHANGEME-CHANGEME-CHANGEME-CHANGEME",
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
             "abcabcabcabcabcabcabcabcabcabcabcabcabca",
             "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n",
         }) {
      CPPUNIT_ASSERT_MESSAGE(secret, !with_secret(secret));
      CPPUNIT_ASSERT_MESSAGE(secret, !with_secret(secret, true));
    }
  }

  void takes_what_a_django_site_has_when_told_to() {
    for (const char* secret : {"Zq7#kP2v!mX", "django-insecure-w3$k!9v2(q1x@e8z7^m4b6n0_r5t&y*u+j-h=g"}) {
      CPPUNIT_ASSERT_MESSAGE(secret, !with_secret(secret));
      CPPUNIT_ASSERT_MESSAGE(secret, with_secret(secret, true).has_value());
    }
  }

  void never_tells_the_secret() {
    for (const char* secret :
         {"k3y-with-words", "django-insecure-w3$k!9v2(q1x@e8z7^m4b6n0", "changeme-word"}) {
      const std::string message = with_secret(secret).error().message;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(message, std::string::npos, message.find(secret));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(message, std::string::npos, message.find("word"));
    }
  }

  void names_a_key_pair_by_its_thumbprint() {
    struct Row {
      Algorithm algorithm;
      crypto::KeyType type;
    };
    for (const Row& row :
         {Row{Algorithm::es256, crypto::KeyType::p256}, Row{Algorithm::es384, crypto::KeyType::p384},
          Row{Algorithm::es512, crypto::KeyType::p521}, Row{Algorithm::eddsa, crypto::KeyType::ed25519}}) {
      const util::Secret pem = crypto::AsymmetricKey::generate_pem(row.type);
      const auto ring = with_pem(row.algorithm, pem.reveal());
      CPPUNIT_ASSERT_MESSAGE(ring ? "" : ring.error().message, ring.has_value());
      CPPUNIT_ASSERT_EQUAL(crypto::AsymmetricKey::from_pem(pem.reveal())->thumbprint(),
                           ring->signing_key()->kid());
      CPPUNIT_ASSERT_EQUAL(std::size_t{43}, ring->signing_key()->kid().size());
    }
  }

  void refuses_keys_that_cannot_sign_or_do_not_fit() {
    const util::Secret pem = crypto::AsymmetricKey::generate_pem(crypto::KeyType::p256);
    const std::string public_pem = crypto::AsymmetricKey::from_pem(pem.reveal())->public_pem();
    CPPUNIT_ASSERT(!with_pem(Algorithm::es256, public_pem));
    CPPUNIT_ASSERT(!with_pem(Algorithm::es384, pem.reveal()));
    CPPUNIT_ASSERT(!with_pem(Algorithm::rs256, pem.reveal()));
    CPPUNIT_ASSERT(!with_pem(Algorithm::es256, ""));
    CPPUNIT_ASSERT(!with_pem(Algorithm::es256, "-----BEGIN PRIVATE KEY-----\n"));
    CPPUNIT_ASSERT(!with_pem(Algorithm::hs256, pem.reveal()));
  }

  void survives_a_move() {
    auto ring = with_secret(good_secret);
    const KeyRing moved = std::move(*ring);
    CPPUNIT_ASSERT(moved.signing_key() == moved.verifying_keys().front());
    CPPUNIT_ASSERT(moved.signing_key()->sign("{}").size() > 40);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyRingTest);

}  // namespace
