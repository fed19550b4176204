#include "jwt/verify.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <string>
#include <vector>

#include "forge.h"
#include "jwt/key.h"
#include "recorded.h"

namespace {

using jwt::Defect;
using jwt_test::claims;
using jwt_test::forge;
using jwt_test::header;
using jwt_test::with_signature;
using util::to_base64url;

std::string name(Defect defect) {
  switch (defect) {
    case Defect::malformed:
      return "malformed";
    case Defect::unknown_key:
      return "unknown_key";
    case Defect::wrong_algorithm:
      return "wrong_algorithm";
    case Defect::bad_signature:
      return "bad_signature";
  }
  return "?";
}

std::string outcome(std::string_view token, const std::vector<const jwt::Key*>& keys) {
  const auto result = jwt::verify(token, keys);
  return result ? "ok" : name(result.error());
}

struct Row {
  const char* what;
  std::string token;
  const char* expected;
};

jwt::Key hs256(std::string kid = {}, std::string_view secret = jwt_test::secret) {
  return std::move(*jwt::Key::from_secret(jwt::Algorithm::hs256, util::Secret(secret), std::move(kid)));
}

class VerifyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VerifyTest);
  CPPUNIT_TEST(refuses_what_is_not_strict_compact_form);
  CPPUNIT_TEST(refuses_headers_that_ask_for_more_than_a_signature);
  CPPUNIT_TEST(refuses_claims_that_are_no_single_object);
  CPPUNIT_TEST(refuses_other_algorithms_than_the_key_is_for);
  CPPUNIT_TEST(refuses_a_public_key_used_as_a_secret);
  CPPUNIT_TEST(refuses_other_signatures);
  CPPUNIT_TEST(takes_a_token_of_8192_bytes_and_not_one_more);
  CPPUNIT_TEST(takes_only_the_key_that_the_kid_names);
  CPPUNIT_TEST(tries_every_fitting_key_without_a_kid);
  CPPUNIT_TEST(ignores_the_kid_when_no_key_has_a_name);
  CPPUNIT_TEST(refuses_everything_without_a_key);
  CPPUNIT_TEST_SUITE_END();

  const jwt::Key key_ = hs256();

  void check(const std::vector<Row>& rows, const std::vector<const jwt::Key*>& keys) {
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, std::string(row.expected), outcome(row.token, keys));
    }
  }

 public:
  void refuses_what_is_not_strict_compact_form() {
    const std::string good = forge(header, claims);
    const std::string head = to_base64url(header);
    const std::string body = to_base64url(claims);
    // The MAC has 32 bytes: its last character carries four bits of it, and two zero bits.
    std::string trailing_bits = good;
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    trailing_bits.back() = alphabet[alphabet.find(trailing_bits.back()) + 1];
    check(
        {
            {"good", good, "ok"},
            {"empty", "", "malformed"},
            {"one part", "abc", "malformed"},
            {"dots only", "..", "malformed"},
            {"two parts", head + "." + body, "malformed"},
            {"signature left out", head + "." + body + ".", "malformed"},
            {"header left out", with_signature("." + body), "malformed"},
            {"claims left out", with_signature(head + "."), "malformed"},
            {"a fourth part", good + ".x", "malformed"},
            {"an empty fourth part", good + ".", "malformed"},
            {"a leading dot", "." + good, "malformed"},
            {"padding after the signature", good + "=", "malformed"},
            {"padding after the header", with_signature(head + "=." + body), "malformed"},
            {"padding after the claims", with_signature(head + "." + body + "=="), "malformed"},
            {"other unused bits in the signature", trailing_bits, "malformed"},
            {"a length that no base64 has", good + "A" + "A", "malformed"},
            {"white space before", " " + good, "malformed"},
            {"white space behind", good + " ", "malformed"},
            {"a line break behind", good + "\n", "malformed"},
            {"white space inside", std::string(good).insert(good.size() - 5, " "), "malformed"},
            {"NUL behind", good + std::string(1, '\0'), "malformed"},
            {"NUL and more behind", good + std::string("\0.x", 3), "malformed"},
            {"NUL inside", std::string(good).insert(20, 1, '\0'), "malformed"},
            {"junk that libjwt skips", with_signature(head + "." + body.substr(0, 8) + "!" + body.substr(8)),
             "malformed"},
            {"base64 instead of base64url", with_signature(to_base64url(R"({"alg":"HS256"} )") + ".+/+/"),
             "malformed"},
            {"bytes beyond ASCII", "\xc3\xa9.\xc3\xa9.\xc3\xa9", "malformed"},
            {"9,000 bytes", std::string(9000, 'x'), "malformed"},
            {"the claims as JSON serialization (RFC 7515 section 7.2)",
             R"({"payload":")" + body + R"(","protected":")" + head + R"("})", "malformed"},
            {"five parts (JWE)", head + "." + body + "." + body + "." + body + "." + body, "malformed"},
        },
        {&key_});
  }

  void refuses_headers_that_ask_for_more_than_a_signature() {
    const auto with = [](std::string_view text) { return forge(text, claims); };
    check(
        {
            {"without typ", with(R"({"alg":"HS256"})"), "ok"},
            {"other members", with(R"({"typ":"JWT","alg":"HS256","cty":"x","z":[1]})"), "ok"},
            {"typ in lower case", with(R"({"alg":"HS256","typ":"jwt"})"), "ok"},
            {"another typ", with(R"({"alg":"HS256","typ":"at+jwt"})"), "malformed"},
            {"a typ that is no string", with(R"({"alg":"HS256","typ":7})"), "malformed"},
            {"crit", with(R"({"alg":"HS256","crit":["x"]})"), "malformed"},
            {"an empty crit", with(R"({"alg":"HS256","crit":[]})"), "malformed"},
            {"crit null", with(R"({"alg":"HS256","crit":null})"), "malformed"},
            {"b64", with(R"({"alg":"HS256","b64":false})"), "malformed"},
            {"jwk", with(R"({"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}})"), "malformed"},
            {"jku", with(R"({"alg":"HS256","jku":"https://example.org/keys"})"), "malformed"},
            {"x5u", with(R"({"alg":"HS256","x5u":"https://example.org/cert"})"), "malformed"},
            {"x5c", with(R"({"alg":"HS256","x5c":["AAAA"]})"), "malformed"},
            {"a list", with(R"(["HS256"])"), "malformed"},
            {"a string", with(R"("HS256")"), "malformed"},
            {"no JSON", with("HS256"), "malformed"},
            {"two values", with(R"({"alg":"HS256"}{"alg":"HS256"})"), "malformed"},
            {"NUL and junk behind", with(std::string_view("{\"alg\":\"HS256\"}\0x", 17)), "malformed"},
            {"not UTF-8", with("{\"alg\":\"HS256\",\"x\":\"\xff\"}"), "malformed"},
            {"alg twice", with(R"({"alg":"none","alg":"HS256"})"), "malformed"},
            {"alg twice, once escaped", with(R"({"\u0061lg":"none","alg":"HS256"})"), "malformed"},
            {"a repeated name further in", with(R"({"alg":"HS256","z":{"a":1,"a":1}})"), "malformed"},
            {"a colon in a string is no repetition", with(R"({"alg":"HS256","z":"a\":b\\"})"), "ok"},
            {"200 deep", with(R"({"alg":"HS256","z":)" + std::string(200, '[') + std::string(200, ']') + "}"),
             "malformed"},
        },
        {&key_});
  }

  void refuses_claims_that_are_no_single_object() {
    const auto with = [](std::string_view text) { return forge(header, text); };
    check(
        {
            {"empty object", with("{}"), "ok"},
            {"white space", with(" { \"a\" : 1 } "), "ok"},
            {"nested", with(R"({"a":[{"b":1},{"b":2}],"b":{"a":null}})"), "ok"},
            {"a list", with("[1]"), "malformed"},
            {"no JSON", with("hello"), "bad_signature"},  // libjwt refuses it first
            {"NUL and junk behind", with(std::string_view("{\"a\":1}\0junk", 12)), "malformed"},
            {"a name twice", with(R"({"user_id":1,"exp":4102444800,"user_id":2})"), "malformed"},
            {"a name twice, once escaped", with(R"({"user_id":1,"user\u005fid":2})"), "malformed"},
            {"a name twice further in", with(R"({"a":[{"b":{"c":1,"c":2}}]})"), "malformed"},
            {"70 deep", with(R"({"a":)" + std::string(70, '[') + std::string(70, ']') + "}"), "malformed"},
            {"3,000 deep", with(R"({"a":)" + std::string(3000, '[') + std::string(3000, ']') + "}"),
             "bad_signature"},  // libjwt refuses it first
        },
        {&key_});
  }

  void refuses_other_algorithms_than_the_key_is_for() {
    const auto with = [](std::string_view alg, crypto::HashAlg hash = crypto::HashAlg::sha256) {
      return forge(std::string(R"({"alg":")").append(alg).append(R"(","typ":"JWT"})"), claims,
                   jwt_test::secret, hash);
    };
    const std::string body = to_base64url(claims);
    check(
        {
            {"none with a signature", with("none"), "wrong_algorithm"},
            {"None", with("None"), "wrong_algorithm"},
            {"none without a signature", to_base64url(R"({"alg":"none"})") + "." + body + ".", "malformed"},
            {"lower case", with("hs256"), "wrong_algorithm"},
            {"white space", with("HS256 "), "wrong_algorithm"},
            {"NUL", with("HS256\\u0000"), "wrong_algorithm"},
            {"empty", with(""), "wrong_algorithm"},
            {"HS512, the right secret", with("HS512", crypto::HashAlg::sha512), "wrong_algorithm"},
            {"HS384, the right secret", with("HS384", crypto::HashAlg::sha384), "wrong_algorithm"},
            {"RS256", with("RS256"), "wrong_algorithm"},
            {"unknown", with("HS1"), "wrong_algorithm"},
            {"no alg", forge(R"({"typ":"JWT"})", claims), "wrong_algorithm"},
            {"alg null", forge(R"({"alg":null})", claims), "wrong_algorithm"},
            {"alg a list", forge(R"({"alg":["HS256"]})", claims), "wrong_algorithm"},
            {"HS512's MAC under HS256's name",
             forge(header, claims, jwt_test::secret, crypto::HashAlg::sha512), "bad_signature"},
        },
        {&key_});
  }

  void refuses_a_public_key_used_as_a_secret() {
    const json::Value rows = jwt_test::recorded().get("rows").value();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const json::Value row = rows.at(i);
      const auto algorithm = jwt::algorithm_of(jwt_test::text(row, "alg")).value();
      if (jwt::is_hmac(algorithm)) continue;
      const std::string pem = jwt_test::text(row, "verifying_key");
      const auto key = jwt::Key::from_pem(algorithm, pem);
      for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1)}) {
        CPPUNIT_ASSERT_EQUAL(std::string("wrong_algorithm"), outcome(forge(header, claims, secret), {&*key}));
        const std::string claimed = R"({"alg":")" + jwt_test::text(row, "alg") + R"(","typ":"JWT"})";
        CPPUNIT_ASSERT_EQUAL(std::string("bad_signature"), outcome(forge(claimed, claims, secret), {&*key}));
      }
    }
  }

  void refuses_other_signatures() {
    const std::string good = forge(header, claims);
    const std::string signed_part = good.substr(0, good.rfind('.'));
    const std::string mac = crypto::hmac(crypto::HashAlg::sha256, jwt_test::secret, signed_part);
    check(
        {
            {"another secret", forge(header, claims, "another secret, as long as a good one"),
             "bad_signature"},
            {"an empty secret", forge(header, claims, ""), "bad_signature"},
            {"the beginning of the MAC", signed_part + "." + to_base64url(mac.substr(0, 16)),
             "bad_signature"},
            {"one byte of the MAC", signed_part + "." + to_base64url(mac.substr(0, 1)), "bad_signature"},
            {"more than the MAC", signed_part + "." + to_base64url(mac + std::string(1, '\0')),
             "bad_signature"},
            {"zeros", signed_part + "." + to_base64url(std::string(32, '\0')), "bad_signature"},
            {"other claims",
             to_base64url(header) + "." + to_base64url(R"({"exp":4102444800,"user_id":1})") +
                 good.substr(good.rfind('.')),
             "bad_signature"},
        },
        {&key_});
    // Zeros pass for an ECDSA signature where R and S are not checked (CVE-2022-21449).
    const json::Value es256 = jwt_test::recorded().get("rows")->at(9);
    const auto key = jwt::Key::from_pem(jwt::Algorithm::es256, jwt_test::text(es256, "verifying_key"));
    const std::string es_part = to_base64url(R"({"alg":"ES256","typ":"JWT"})") + "." + to_base64url(claims);
    for (const std::size_t size : {1, 63, 64, 65, 72}) {
      CPPUNIT_ASSERT_EQUAL(std::string("bad_signature"),
                           outcome(es_part + "." + to_base64url(std::string(size, '\0')), {&*key}));
    }
  }

  void takes_a_token_of_8192_bytes_and_not_one_more() {
    // Grows the claims until the token has the size; three bytes of claims make four characters.
    const auto sized = [](std::size_t size) {
      for (std::size_t fill = 6000;; ++fill) {
        const std::string token = forge(header, R"({"x":")" + std::string(fill, 'x') + "\"}");
        if (token.size() >= size) return token;
      }
    };
    const std::string fits = sized(jwt::max_token_bytes - 1);
    CPPUNIT_ASSERT(fits.size() <= jwt::max_token_bytes);
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), outcome(fits, {&key_}));
    const std::string exceeds = sized(jwt::max_token_bytes + 1);
    CPPUNIT_ASSERT_EQUAL(std::string("malformed"), outcome(exceeds, {&key_}));
  }

  void takes_only_the_key_that_the_kid_names() {
    const jwt::Key a = hs256("a", "secret of the key that is named a");
    const jwt::Key b = hs256("b", "secret of the key that is named b");
    const jwt::Key unnamed = hs256();
    const auto token = [](std::string_view kid, std::string_view secret) {
      return forge(std::string(R"({"alg":"HS256","kid":)").append(kid).append(R"(,"typ":"JWT"})"), claims,
                   secret);
    };
    check(
        {
            {"a by a", a.sign(claims), "ok"},
            {"b by b", b.sign(claims), "ok"},
            {"a's name, b's secret", token(R"("a")", "secret of the key that is named b"), "bad_signature"},
            {"unknown name, a's secret", token(R"("c")", "secret of the key that is named a"), "unknown_key"},
            {"unknown name, the unnamed key's secret", token(R"("c")", jwt_test::secret), "unknown_key"},
            {"empty name, the unnamed key's secret", token(R"("")", jwt_test::secret), "unknown_key"},
            {"a number", token("1", jwt_test::secret), "unknown_key"},
            {"null", token("null", jwt_test::secret), "unknown_key"},
            {"no kid, the unnamed key", unnamed.sign(claims), "ok"},
            {"the algorithm of another key",
             forge(R"({"alg":"HS512","kid":"a"})", claims, "secret of the key that is named a"),
             "wrong_algorithm"},
        },
        {&a, &b, &unnamed});
  }

  void tries_every_fitting_key_without_a_kid() {
    const jwt::Key first = hs256("a", "secret of the key that is named a");
    const jwt::Key second = hs256();
    const auto hs512 = jwt::Key::from_secret(jwt::Algorithm::hs512, util::Secret(jwt_test::secret));
    const std::vector<const jwt::Key*> keys{&first, &*hs512, &second};
    check(
        {
            {"the first", forge(header, claims, "secret of the key that is named a"), "ok"},
            {"the last", forge(header, claims), "ok"},
            {"another algorithm's", hs512->sign(claims), "ok"},
            {"a spaced header", forge(R"({ "typ":"JWT", "alg":"HS256" })", claims), "ok"},
            {"none of them", forge(header, claims, "a secret that no key of the ring has"), "bad_signature"},
        },
        keys);
  }

  void ignores_the_kid_when_no_key_has_a_name() {
    for (const char* kid : {R"("k1")", "1", "null", "[]", R"("../../etc/passwd")"}) {
      const std::string token =
          forge(std::string(R"({"typ":"JWT","alg":"HS256","kid":)") + kid + "}", claims);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(kid, std::string("ok"), outcome(token, {&key_}));
    }
  }

  void refuses_everything_without_a_key() {
    CPPUNIT_ASSERT_EQUAL(std::string("wrong_algorithm"), outcome(forge(header, claims), {}));
    CPPUNIT_ASSERT_EQUAL(std::string("malformed"), outcome("..", {}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerifyTest);

}  // namespace
