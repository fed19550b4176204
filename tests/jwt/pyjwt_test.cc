#include <cppunit/extensions/HelperMacros.h>

#include <array>

#include "jwt/key.h"
#include "jwt/verify.h"
#include "recorded.h"

namespace {

using jwt_test::text;

jwt::Key open(const json::Value& row, const char* member, std::string kid = {}) {
  const auto algorithm = jwt::algorithm_of(text(row, "alg")).value();
  const std::string material = text(row, member);
  auto key = jwt::is_hmac(algorithm) ? jwt::Key::from_secret(algorithm, util::Secret(material), kid)
                                     : jwt::Key::from_pem(algorithm, material, kid);
  CPPUNIT_ASSERT_MESSAGE(text(row, "alg") + (key ? "" : ": " + key.error().message), key.has_value());
  return std::move(*key);
}

util::Result<json::Value, jwt::Defect> verify(std::string_view token, const jwt::Key& key) {
  const std::array<const jwt::Key*, 1> keys{&key};
  auto outcome = jwt::verify(token, keys);
  if (!outcome) return util::unexpected(outcome.error());
  CPPUNIT_ASSERT(&key == outcome->key);
  return std::move(outcome->claims);
}

class PyjwtTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PyjwtTest);
  CPPUNIT_TEST(takes_what_pyjwt_signed_with_every_algorithm);
  CPPUNIT_TEST(keeps_the_order_of_the_claims);
  CPPUNIT_TEST(writes_the_same_bytes_as_pyjwt);
  CPPUNIT_TEST(refuses_every_token_under_every_other_algorithm);
  CPPUNIT_TEST(refuses_every_token_with_one_bit_changed_anywhere);
  CPPUNIT_TEST_SUITE_END();

  const json::Value data_ = jwt_test::recorded();

  template <typename Visit>
  void each_row(Visit&& visit) {
    const json::Value rows = data_.get("rows").value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{13}, rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) visit(rows.at(i));
  }

 public:
  void takes_what_pyjwt_signed_with_every_algorithm() {
    each_row([](const json::Value& row) {
      for (const char* member : {"signing_key", "verifying_key"}) {
        const jwt::Key key = open(row, member);
        CPPUNIT_ASSERT_MESSAGE(text(row, "alg"), verify(text(row, "plain"), key).has_value());
        CPPUNIT_ASSERT_MESSAGE(text(row, "alg"), verify(text(row, "with_kid"), key).has_value());
      }
      const jwt::Key named = open(row, "verifying_key", "k-1");
      CPPUNIT_ASSERT_MESSAGE(text(row, "alg"), verify(text(row, "with_kid"), named).has_value());
      const jwt::Key other = open(row, "verifying_key", "k-2");
      CPPUNIT_ASSERT(jwt::Defect::unknown_key == verify(text(row, "with_kid"), other).error());
    });
  }

  void keeps_the_order_of_the_claims() {
    each_row([](const json::Value& row) {
      const auto claims = verify(text(row, "plain"), open(row, "verifying_key"));
      CPPUNIT_ASSERT_EQUAL(
          std::string(R"({"token_type":"access","exp":4102444800,"iat":1700000000,)"
                      R"("jti":"0f3e2d1c4b5a49788796a5b4c3d2e1f0","user_id":"7","name":"été"})"),
          claims.value().dump());
    });
  }

  void writes_the_same_bytes_as_pyjwt() {
    each_row([this](const json::Value& row) {
      const jwt::Key key = open(row, "signing_key");
      const jwt::Key named = open(row, "signing_key", "k-1");
      const std::string plain = key.sign(text(data_, "claims"));
      const std::string with_kid = named.sign(text(data_, "claims"));
      CPPUNIT_ASSERT(verify(plain, key).has_value());
      CPPUNIT_ASSERT(verify(with_kid, named).has_value());
      if (!row.get("repeatable").value().as_boolean()) return;
      CPPUNIT_ASSERT_EQUAL(text(row, "plain"), plain);
      CPPUNIT_ASSERT_EQUAL(text(row, "with_kid"), with_kid);
    });
  }

  void refuses_every_token_under_every_other_algorithm() {
    each_row([this](const json::Value& row) {
      const jwt::Key key = open(row, "verifying_key");
      each_row([&](const json::Value& other) {
        if (text(other, "alg") == text(row, "alg")) return;
        const auto outcome = verify(text(other, "plain"), key);
        CPPUNIT_ASSERT_MESSAGE(text(row, "alg") + " took " + text(other, "alg"), !outcome);
        CPPUNIT_ASSERT(jwt::Defect::wrong_algorithm == outcome.error());
      });
    });
  }

  // Each character of base64url carries up to six bits: all of them, at every place.
  void refuses_every_token_with_one_bit_changed_anywhere() {
    const json::Value row = data_.get("rows")->at(0);
    const jwt::Key key = open(row, "verifying_key");
    const std::string good = text(row, "plain");
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
        CPPUNIT_ASSERT_MESSAGE(bad, !verify(bad, key));
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PyjwtTest);

}  // namespace
