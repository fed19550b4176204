#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "crypto/asymmetric_key.h"
#include "json/parse.h"
#include "util/encoding.h"

namespace {

using crypto::AsymmetricKey;
using crypto::KeyType;
using crypto::SignatureAlg;

struct Numbers {
  std::string first;
  std::string second;
};

Numbers numbers_of(const AsymmetricKey& key) {
  const auto jwk = json::parse(key.public_jwk()).value();
  const auto number = [&](const char* name) {
    const auto member = jwk.get(name);
    return member ? util::from_base64url(member->as_string()).value() : std::string();
  };
  if (key.type() == KeyType::rsa) return {number("n"), number("e")};
  return {number("x"), number("y")};
}

struct Row {
  KeyType type;
  SignatureAlg alg;
};
constexpr Row rows[] = {{KeyType::rsa, SignatureAlg::ps384},
                        {KeyType::p256, SignatureAlg::es256},
                        {KeyType::p384, SignatureAlg::es384},
                        {KeyType::p521, SignatureAlg::es512},
                        {KeyType::ed25519, SignatureAlg::eddsa}};

AsymmetricKey generated(KeyType type, int bits = 2048) {
  return AsymmetricKey::from_pem(AsymmetricKey::generate_pem(type, bits).reveal()).value();
}

class PublicKeyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PublicKeyTest);
  CPPUNIT_TEST(is_the_same_key_by_its_numbers);
  CPPUNIT_TEST(refuses_numbers_of_another_length);
  CPPUNIT_TEST(refuses_what_is_no_point);
  CPPUNIT_TEST(refuses_rsa_numbers_that_are_too_small_or_no_key);
  CPPUNIT_TEST_SUITE_END();

 public:
  void is_the_same_key_by_its_numbers() {
    for (const Row& row : rows) {
      const AsymmetricKey key = generated(row.type);
      const Numbers numbers = numbers_of(key);
      const auto read = AsymmetricKey::from_public(row.type, numbers.first, numbers.second);
      CPPUNIT_ASSERT_MESSAGE(key.public_jwk(), read.has_value());
      CPPUNIT_ASSERT_EQUAL(key.thumbprint(), read->thumbprint());
      CPPUNIT_ASSERT(!read->has_private());
      const std::string signature = key.sign(row.alg, "text");
      CPPUNIT_ASSERT(read->verify(row.alg, "text", signature));
      CPPUNIT_ASSERT(!read->verify(row.alg, "texts", signature));
    }
  }

  void refuses_numbers_of_another_length() {
    for (const Row& row : rows) {
      const Numbers numbers = numbers_of(generated(row.type));
      const std::string zero(1, '\0');
      const auto refused = [&](const std::string& first, const std::string& second) {
        return !AsymmetricKey::from_public(row.type, first, second).has_value();
      };
      CPPUNIT_ASSERT(refused("", numbers.second));
      CPPUNIT_ASSERT(refused(zero + numbers.first, numbers.second));
      CPPUNIT_ASSERT(refused(numbers.first.substr(1), numbers.second) || row.type == KeyType::rsa);
      if (row.type == KeyType::ed25519) continue;
      CPPUNIT_ASSERT(refused(numbers.first, ""));
      CPPUNIT_ASSERT(refused(numbers.first, zero + numbers.second));
    }
  }

  void refuses_what_is_no_point() {
    for (const KeyType type : {KeyType::p256, KeyType::p384, KeyType::p521}) {
      Numbers numbers = numbers_of(generated(type));
      numbers.second.back() = static_cast<char>(numbers.second.back() ^ 1);
      CPPUNIT_ASSERT(!AsymmetricKey::from_public(type, numbers.first, numbers.second).has_value());
      const std::string beyond(numbers.first.size(), '\xff');
      CPPUNIT_ASSERT(!AsymmetricKey::from_public(type, beyond, beyond).has_value());
      const std::string zero(numbers.first.size(), '\0');
      CPPUNIT_ASSERT(!AsymmetricKey::from_public(type, zero, zero).has_value());
    }
    std::string point(32, '\0');
    point.front() = 1;  // the neutral element, for which everybody can sign
    CPPUNIT_ASSERT(!AsymmetricKey::from_public(KeyType::ed25519, point).has_value());
    CPPUNIT_ASSERT(!AsymmetricKey::from_public(KeyType::ed25519, std::string(32, '\0')).has_value());
    CPPUNIT_ASSERT(!AsymmetricKey::from_public(KeyType::ed25519, std::string(32, '\xff')).has_value());
  }

  void refuses_rsa_numbers_that_are_too_small_or_no_key() {
    const Numbers good = numbers_of(generated(KeyType::rsa));
    const Numbers small = numbers_of_small();
    std::string even = good.first;
    even.back() = static_cast<char>(even.back() & ~1);
    struct {
      std::string n;
      std::string e;
    } const refused[] = {{small.first, small.second},
                         {even, good.second},
                         {good.first, "\x01"},
                         {good.first, "\x02"},
                         {good.first, std::string(9, '\x03')},
                         {std::string(2049, '\x7f'), good.second}};
    for (const auto& row : refused) {
      CPPUNIT_ASSERT(!AsymmetricKey::from_public(KeyType::rsa, row.n, row.e).has_value());
    }
    CPPUNIT_ASSERT(AsymmetricKey::from_public(KeyType::rsa, good.first, "\x03").has_value());
  }

 private:
  /// 2047 bits.
  static Numbers numbers_of_small() {
    Numbers numbers = numbers_of(generated(KeyType::rsa));
    numbers.first.front() = '\x7f';
    return numbers;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PublicKeyTest);

}  // namespace
