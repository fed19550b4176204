#include "tokens/issuer.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "fakes.h"
#include "json/parse.h"
#include "tokens/verifier.h"

namespace {

using tokens::Issuer;
using tokens::IssuerOptions;
using tokens_test::now;

std::string header_of(const std::string& token) {
  return util::from_base64url(token.substr(0, token.find('.'))).value();
}
std::string claims_of(const std::string& token) {
  const std::size_t first = token.find('.');
  return util::from_base64url(token.substr(first + 1, token.rfind('.') - first - 1)).value();
}

class IssuerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IssuerTest);
  CPPUNIT_TEST(a_pair_has_simplejwts_claims_in_its_order);
  CPPUNIT_TEST(the_user_is_a_number_in_5_2_mode);
  CPPUNIT_TEST(audience_and_issuer_come_last);
  CPPUNIT_TEST(names_of_claims_are_configurable);
  CPPUNIT_TEST(jti_is_a_version_4_uuid);
  CPPUNIT_TEST(what_it_issues_verifies);
  CPPUNIT_TEST(access_keeps_the_iat_and_the_claims_of_the_refresh_token);
  CPPUNIT_TEST(access_takes_neither_jti_when_the_claim_has_another_name);
  CPPUNIT_TEST(a_session_chooses_ids_and_times);
  CPPUNIT_TEST(a_successor_names_the_session_where_it_belongs);
  CPPUNIT_TEST(a_configured_audience_replaces_the_copied_one_where_it_stands);
  CPPUNIT_TEST_SUITE_END();

  tokens::KeyRing ring_ = tokens_test::hs256_ring();
  tokens_test::ManualClock clock_;
  tokens_test::CountingRandom random_;
  store::User user_;

  Issuer issuer(IssuerOptions options = {}) { return Issuer(ring_, clock_, random_, std::move(options)); }

  std::string access_claims(const char* refresh, IssuerOptions options = {}) {
    const auto claims = json::parse(refresh);
    return claims_of(issuer(std::move(options)).access_from(claims.value()));
  }

 public:
  void setUp() override { user_.id = 42; }

  void a_pair_has_simplejwts_claims_in_its_order() {
    const auto pair = issuer().issue_pair(user_);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"alg":"HS256","typ":"JWT"})"), header_of(pair.access));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"token_type":"refresh","exp":1700086400,"iat":1700000000,)"
                                     R"("jti":"000102030405460788090a0b0c0d0e0f","user_id":"42"})"),
                         claims_of(pair.refresh));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"token_type":"access","exp":1700000300,"iat":1700000000,)"
                                     R"("jti":"101112131415461798191a1b1c1d1e1f","user_id":"42"})"),
                         claims_of(pair.access));
  }

  void the_user_is_a_number_in_5_2_mode() {
    IssuerOptions options;
    options.user_id_as_string = false;
    const std::string claims = claims_of(issuer(options).issue_pair(user_).access);
    CPPUNIT_ASSERT_MESSAGE(claims, claims.ends_with(R"(,"user_id":42})"));
  }

  void audience_and_issuer_come_last() {
    IssuerOptions options;
    options.audience = "api";
    options.issuer = "us";
    const std::string claims = claims_of(issuer(options).issue_pair(user_).access);
    CPPUNIT_ASSERT_MESSAGE(claims, claims.ends_with(R"(,"user_id":"42","aud":"api","iss":"us"})"));
  }

  void names_of_claims_are_configurable() {
    IssuerOptions options;
    options.token_type_claim = "kind";
    options.jti_claim = "id";
    options.user_id_claim = "sub";
    options.access_lifetime = std::chrono::seconds(5);
    const std::string claims = claims_of(issuer(options).issue_pair(user_).access);
    CPPUNIT_ASSERT_MESSAGE(
        claims, claims.starts_with(R"({"kind":"access","exp":1700000005,"iat":1700000000,"id":")"));
    CPPUNIT_ASSERT_MESSAGE(claims, claims.ends_with(R"(","sub":"42"})"));
  }

  void jti_is_a_version_4_uuid() {
    util::SystemRandom random;
    const Issuer real(ring_, clock_, random, {});
    std::string last;
    for (int i = 0; i < 100; ++i) {
      const auto claims = json::parse(claims_of(real.issue_pair(user_).access));
      const std::string jti(claims->get("jti")->as_string());
      CPPUNIT_ASSERT_EQUAL(std::size_t{32}, jti.size());
      CPPUNIT_ASSERT_EQUAL(std::string::npos, jti.find_first_not_of("0123456789abcdef"));
      CPPUNIT_ASSERT_EQUAL('4', jti[12]);
      CPPUNIT_ASSERT(std::string("89ab").find(jti[16]) != std::string::npos);
      CPPUNIT_ASSERT(jti != last);
      last = jti;
    }
  }

  void what_it_issues_verifies() {
    IssuerOptions options;
    options.audience = "api";
    options.issuer = "us";
    tokens::VerifierOptions expected;
    expected.audience = "api";
    expected.issuer = "us";
    const tokens::Verifier verifier(ring_, clock_, expected);
    const auto pair = issuer(options).issue_pair(user_);
    CPPUNIT_ASSERT(verifier.verify(pair.access, tokens::TokenType::access).has_value());
    const auto refresh = verifier.verify(pair.refresh, tokens::TokenType::refresh);
    CPPUNIT_ASSERT(refresh.has_value());
    CPPUNIT_ASSERT_EQUAL(now + 86400, refresh->expires);
    const std::string access = issuer(options).access_from(refresh->claims);
    CPPUNIT_ASSERT(verifier.verify(access, tokens::TokenType::access).has_value());
  }

  void access_keeps_the_iat_and_the_claims_of_the_refresh_token() {
    struct Row {
      const char* refresh;
      const char* access;
    };
    for (
        const Row& row : {
            Row{R"({"token_type":"refresh","exp":9,"iat":5,"jti":"x","user_id":7})",
                R"({"token_type":"access","exp":1700000300,"iat":5,"jti":"*","user_id":7})"},
            Row{R"({"token_type":"refresh","exp":9,"iat":5,"jti":"x","user_id":"7","role":"admin",)"
                R"("nested":{"a":[1,null,true,1.5,"é"]}})",
                R"({"token_type":"access","exp":1700000300,"iat":5,"jti":"*","user_id":"7","role":"admin",)"
                R"("nested":{"a":[1,null,true,1.5,"é"]}})"},
            Row{R"({"user_id":7,"iat":5,"a":1,"jti":"x","exp":9,"token_type":"refresh"})",
                R"({"token_type":"access","exp":1700000300,"iat":5,"jti":"*","user_id":7,"a":1})"},
            Row{R"({"token_type":"refresh","exp":9,"jti":"x","user_id":7})",
                R"({"token_type":"access","exp":1700000300,"iat":1700000000,"jti":"*","user_id":7})"},
            Row{R"({"token_type":"refresh","exp":9,"iat":5,"jti":"x"})",
                R"({"token_type":"access","exp":1700000300,"iat":5,"jti":"*"})"},
            Row{R"({"token_type":"refresh","exp":9,"iat":5,"jti":"x","user_id":7,"aud":"a","iss":"b"})",
                R"({"token_type":"access","exp":1700000300,"iat":5,"jti":"*","user_id":7,"aud":"a","iss":"b"})"},
        }) {
      std::string access = access_claims(row.refresh);
      const std::size_t jti = access.find(R"("jti":")") + 7;
      access.replace(jti, 32, "*");
      CPPUNIT_ASSERT_EQUAL(std::string(row.access), access);
    }
  }

  void access_takes_neither_jti_when_the_claim_has_another_name() {
    IssuerOptions options;
    options.jti_claim = "id";
    const std::string access =
        access_claims(R"({"token_type":"refresh","exp":9,"iat":5,"id":"x","jti":"y","user_id":7})", options);
    CPPUNIT_ASSERT_EQUAL(std::string::npos, access.find("\"jti\""));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, access.find("\"x\""));
  }

  void a_session_chooses_ids_and_times() {
    IssuerOptions options;
    options.revoke_claim = "hash";
    options.issuer = "us";
    const tokens::SessionPair chosen{{1, 2}, now - 5, now + 77, "r", "a"};
    const auto pair = issuer(options).issue_pair(user_, chosen);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"token_type":"refresh","exp":1700000077,"iat":1699999995,"jti":"r",)"
                                     R"("user_id":"42","sid":"01020000000000000000000000000000",)"
                                     R"("hash":"D41D8CD98F00B204E9800998ECF8427E","iss":"us"})"),
                         claims_of(pair.refresh));
    const std::string access = claims_of(pair.access);
    CPPUNIT_ASSERT_MESSAGE(
        access, access.starts_with(R"({"token_type":"access","exp":1700000077,"iat":1699999995,"jti":"a")"));
    CPPUNIT_ASSERT(pair.session == chosen.session);
    CPPUNIT_ASSERT_EQUAL(now + 77, pair.refresh_expires);
    CPPUNIT_ASSERT_EQUAL(std::string("r"), pair.refresh_jti);
  }

  void a_successor_names_the_session_where_it_belongs() {
    const tokens::SessionPair chosen{{1}, now, now + 77, "r", "a"};
    const std::string sid = R"("sid":"01000000000000000000000000000000")";
    struct Row {
      const char* before;
      std::string after;
    };
    for (const Row& row : {Row{R"("user_id":7,"x":1)", R"("user_id":7,)" + sid + R"(,"x":1)"},
                           Row{R"("user_id":7,"x":1,"sid":9)", R"("user_id":7,"x":1,)" + sid},
                           Row{R"("x":1,"sid":"01000000000000000000000000000000","user_id":7)",
                               R"("x":1,)" + sid + R"(,"user_id":7)"},
                           Row{R"("x":1)", R"("x":1,)" + sid}}) {
      const auto claims = json::parse(std::string(R"({"token_type":"refresh","exp":9,"iat":5,"jti":"o",)") +
                                      row.before + "}");
      const auto pair = issuer().rotate(claims.value(), chosen);
      CPPUNIT_ASSERT_EQUAL(
          R"({"token_type":"refresh","exp":1700000077,"iat":1700000000,"jti":"r",)" + row.after + "}",
          claims_of(pair.refresh));
      CPPUNIT_ASSERT_EQUAL(R"({"token_type":"access","exp":1700000077,"iat":5,"jti":"a",)" + row.after + "}",
                           claims_of(pair.access));
    }
  }

  void a_configured_audience_replaces_the_copied_one_where_it_stands() {
    IssuerOptions options;
    options.audience = "api";
    options.issuer = "us";
    const std::string replaced =
        access_claims(R"({"iat":5,"aud":"old","user_id":7,"iss":["old"],"a":1})", options);
    CPPUNIT_ASSERT_MESSAGE(replaced, replaced.ends_with(R"(","aud":"api","user_id":7,"iss":"us","a":1})"));
    const std::string added = access_claims(R"({"iat":5,"user_id":7})", options);
    CPPUNIT_ASSERT_MESSAGE(added, added.ends_with(R"(","user_id":7,"aud":"api","iss":"us"})"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IssuerTest);

}  // namespace
