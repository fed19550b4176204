#include "tokens/verifier.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

#include "fakes.h"

namespace {

using tokens::TokenDefect;
using tokens::TokenType;
using tokens::Verifier;
using tokens::VerifierOptions;
using tokens_test::now;
using tokens_test::signed_with;

std::string name(TokenDefect defect) {
  switch (defect) {
    case TokenDefect::invalid:
      return "invalid";
    case TokenDefect::expired:
      return "expired";
    case TokenDefect::no_type:
      return "no_type";
    case TokenDefect::wrong_type:
      return "wrong_type";
    case TokenDefect::no_id:
      return "no_id";
    case TokenDefect::no_expiry:
      return "no_expiry";
    case TokenDefect::blacklisted:
      return "blacklisted";
  }
  return "?";
}

/// Claims of a good access token, with members put in (JSON text) or left out (empty text).
std::string claims(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> members{
      {"token_type", "\"access\""},
      {"exp", std::to_string(now + 300)},
      {"iat", std::to_string(now)},
      {"jti", "\"0123456789abcdef0123456789abcdef\""},
      {"user_id", "7"},
  };
  for (const auto& change : changes) {
    const auto same = [&](const auto& member) { return member.first == change.first; };
    const auto found = std::find_if(members.begin(), members.end(), same);
    if (found == members.end()) {
      members.push_back(change);
    } else {
      found->second = change.second;
    }
  }
  std::string text;
  for (const auto& [member, value] : members) {
    if (value.empty()) continue;
    text += (text.empty() ? "{\"" : ",\"") + member + "\":" + value;
  }
  return text + "}";
}

std::string at(std::int64_t seconds) {
  return std::to_string(seconds);
}

struct Row {
  const char* what;
  std::vector<std::pair<std::string, std::string>> changes;
  const char* expected;
};

class VerifierTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VerifierTest);
  CPPUNIT_TEST(gives_all_claims_and_the_end);
  CPPUNIT_TEST(refuses_what_simplejwt_refuses_by_its_name);
  CPPUNIT_TEST(reads_times_as_pyjwt_does_and_never_fails);
  CPPUNIT_TEST(the_first_defect_in_simplejwts_order_is_told);
  CPPUNIT_TEST(leeway_moves_all_three_times);
  CPPUNIT_TEST(issuer_is_checked_when_configured);
  CPPUNIT_TEST(audience_is_checked_when_configured);
  CPPUNIT_TEST(names_of_claims_are_configurable);
  CPPUNIT_TEST(either_type_passes_when_none_is_expected);
  CPPUNIT_TEST(forged_and_malformed_tokens_are_invalid);
  CPPUNIT_TEST_SUITE_END();

  tokens::KeyRing ring_ = tokens_test::hs256_ring();
  tokens_test::ManualClock clock_;

  std::string outcome(const std::string& token, std::optional<TokenType> expected = TokenType::access,
                      VerifierOptions options = {}) {
    const auto result = Verifier(ring_, clock_, std::move(options)).verify(token, expected);
    return result ? "ok" : name(result.error());
  }

  void check(const std::vector<Row>& rows, const VerifierOptions& options = {}) {
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, std::string(row.expected),
                                   outcome(signed_with(claims(row.changes)), TokenType::access, options));
    }
  }

 public:
  void gives_all_claims_and_the_end() {
    const auto verified =
        Verifier(ring_, clock_, {}).verify(signed_with(claims({{"role", "\"x\""}})), TokenType::access);
    CPPUNIT_ASSERT(verified.has_value());
    CPPUNIT_ASSERT_EQUAL(claims({{"role", "\"x\""}}), verified->claims.dump());
    CPPUNIT_ASSERT_EQUAL(now + 300, verified->expires);
  }

  void refuses_what_simplejwt_refuses_by_its_name() {
    check({
        {"good", {}, "ok"},
        {"no exp", {{"exp", ""}}, "no_expiry"},
        {"no jti", {{"jti", ""}}, "no_id"},
        {"no token_type", {{"token_type", ""}}, "no_type"},
        {"a refresh token", {{"token_type", "\"refresh\""}}, "wrong_type"},
        {"a sliding token", {{"token_type", "\"sliding\""}}, "wrong_type"},
        {"a type in other case", {{"token_type", "\"Access\""}}, "wrong_type"},
        {"a type that is no string", {{"token_type", "[\"access\"]"}}, "wrong_type"},
        {"no iat", {{"iat", ""}}, "ok"},
        {"no user", {{"user_id", ""}}, "ok"},
        {"a stray aud", {{"aud", "\"someone\""}}, "ok"},
        {"a stray aud of another type", {{"aud", "[1]"}}, "ok"},
        {"a stray iss", {{"iss", "\"someone\""}}, "ok"},
        {"jti a number", {{"jti", "5"}}, "invalid"},
        {"jti null", {{"jti", "null"}}, "invalid"},
    });
  }

  void reads_times_as_pyjwt_does_and_never_fails() {
    check({
        {"exp now", {{"exp", at(now)}}, "expired"},
        {"exp in a second", {{"exp", at(now + 1)}}, "ok"},
        {"exp a second ago", {{"exp", at(now - 1)}}, "expired"},
        {"exp 0", {{"exp", "0"}}, "expired"},
        {"exp negative", {{"exp", "-1"}}, "expired"},
        {"exp a float, cut", {{"exp", at(now) + ".9"}}, "expired"},
        {"exp a float", {{"exp", at(now + 1) + ".0"}}, "ok"},
        {"exp in 9999", {{"exp", "253402300799"}}, "ok"},
        {"exp in 10000", {{"exp", "253402300800"}}, "invalid"},
        {"exp 1e30", {{"exp", "1e30"}}, "invalid"},
        {"exp -1e30", {{"exp", "-1e30"}}, "invalid"},
        {"exp 1e999", {{"exp", "1e999"}}, "invalid"},
        {"exp of 64 bits", {{"exp", "9223372036854775807"}}, "invalid"},
        {"exp beyond 64 bits", {{"exp", "1000000000000000000000000000000"}}, "invalid"},
        {"exp a word", {{"exp", "\"soon\""}}, "invalid"},
        {"exp digits", {{"exp", "\"" + at(now + 300) + "\""}}, "invalid"},
        {"exp digits of the past", {{"exp", "\"1\""}}, "invalid"},
        {"exp true", {{"exp", "true"}}, "invalid"},
        {"exp null", {{"exp", "null"}}, "invalid"},
        {"exp a list", {{"exp", "[1]"}}, "invalid"},
        {"exp an object", {{"exp", "{}"}}, "invalid"},
        {"iat now", {{"iat", at(now)}}, "ok"},
        {"iat in a second", {{"iat", at(now + 1)}}, "invalid"},
        {"iat a little later, not cut", {{"iat", at(now) + ".5"}}, "invalid"},
        {"iat long ago", {{"iat", "0"}}, "ok"},
        {"iat a word", {{"iat", "\"then\""}}, "invalid"},
        {"iat digits", {{"iat", "\"5\""}}, "invalid"},
        {"iat null", {{"iat", "null"}}, "invalid"},
        {"iat false", {{"iat", "false"}}, "invalid"},
        {"iat 1e30", {{"iat", "1e30"}}, "invalid"},
        {"nbf now", {{"nbf", at(now)}}, "ok"},
        {"nbf in a second", {{"nbf", at(now + 1)}}, "invalid"},
        {"nbf a little later, cut", {{"nbf", at(now) + ".5"}}, "ok"},
        {"nbf a word", {{"nbf", "\"x\""}}, "invalid"},
        {"nbf null", {{"nbf", "null"}}, "invalid"},
        {"nbf an object", {{"nbf", "{}"}}, "invalid"},
    });
  }

  void the_first_defect_in_simplejwts_order_is_told() {
    const std::pair<std::string, std::string> late{"exp", at(now - 1)};
    check({
        {"future iat before expiry", {late, {"iat", at(now + 5)}}, "invalid"},
        {"future nbf before expiry", {late, {"nbf", at(now + 5)}}, "invalid"},
        {"expiry before jti and type", {late, {"jti", ""}, {"token_type", ""}}, "expired"},
        {"exp before jti and type", {{"exp", ""}, {"jti", ""}, {"token_type", ""}}, "no_expiry"},
        {"jti before type", {{"jti", ""}, {"token_type", ""}}, "no_id"},
    });
    VerifierOptions options;
    options.issuer = "us";
    check(
        {
            {"expiry before issuer", {late, {"iss", "\"them\""}}, "expired"},
            {"issuer before exp", {{"exp", ""}, {"iss", "\"them\""}}, "invalid"},
        },
        options);
  }

  void leeway_moves_all_three_times() {
    VerifierOptions options;
    options.leeway = std::chrono::seconds(10);
    check(
        {
            {"exp within", {{"exp", at(now - 9)}}, "ok"},
            {"exp at its end", {{"exp", at(now - 10)}}, "expired"},
            {"iat within", {{"iat", at(now + 10)}}, "ok"},
            {"iat beyond", {{"iat", at(now + 11)}}, "invalid"},
            {"nbf within", {{"nbf", at(now + 10)}}, "ok"},
            {"nbf beyond", {{"nbf", at(now + 11)}}, "invalid"},
        },
        options);
  }

  void issuer_is_checked_when_configured() {
    VerifierOptions options;
    options.issuer = "https://us.example";
    check(
        {
            {"ours", {{"iss", "\"https://us.example\""}}, "ok"},
            {"theirs", {{"iss", "\"https://them.example\""}}, "invalid"},
            {"none", {}, "invalid"},
            {"a list", {{"iss", "[\"https://us.example\"]"}}, "invalid"},
            {"null", {{"iss", "null"}}, "invalid"},
        },
        options);
  }

  void audience_is_checked_when_configured() {
    VerifierOptions options;
    options.audience = "api";
    check(
        {
            {"ours", {{"aud", "\"api\""}}, "ok"},
            {"among others", {{"aud", R"(["web","api"])"}}, "ok"},
            {"theirs", {{"aud", "\"web\""}}, "invalid"},
            {"only others", {{"aud", R"(["web"])"}}, "invalid"},
            {"none", {}, "invalid"},
            {"an empty list", {{"aud", "[]"}}, "invalid"},
            {"an empty string", {{"aud", "\"\""}}, "invalid"},
            {"a list with a number", {{"aud", R"(["api",1])"}}, "invalid"},
            {"an object", {{"aud", R"({"api":1})"}}, "invalid"},
            {"null", {{"aud", "null"}}, "invalid"},
        },
        options);
  }

  void names_of_claims_are_configurable() {
    VerifierOptions options;
    options.jti_claim = "id";
    options.token_type_claim = "kind";
    check(
        {
            {"the usual names", {}, "no_id"},
            {"id only", {{"id", "\"x\""}}, "no_type"},
            {"both", {{"id", "\"x\""}, {"kind", "\"access\""}}, "ok"},
            {"the other kind", {{"id", "\"x\""}, {"kind", "\"refresh\""}}, "wrong_type"},
        },
        options);
  }

  void either_type_passes_when_none_is_expected() {
    for (const char* type : {"\"access\"", "\"refresh\"", "\"x\"", "5", ""}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("ok"),
                                   outcome(signed_with(claims({{"token_type", type}})), std::nullopt));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("no_id"), outcome(signed_with(claims({{"jti", ""}})), std::nullopt));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"),
                         outcome(signed_with(claims({{"token_type", "\"refresh\""}})), TokenType::refresh));
    CPPUNIT_ASSERT_EQUAL(std::string("wrong_type"), outcome(signed_with(claims()), TokenType::refresh));
  }

  void forged_and_malformed_tokens_are_invalid() {
    const std::string good = signed_with(claims());
    for (const std::string& token :
         {std::string(), std::string("abc"), std::string(".."), good + "=", good + ".", good + ".x",
          signed_with(claims(), "another secret, as long as the ring's own"), signed_with("[1]"),
          signed_with("hello"),
          signed_with(R"({"exp":4102444800,"exp":1,"jti":"x","token_type":"access"})")}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(token, std::string("invalid"), outcome(token));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerifierTest);

}  // namespace
