#include "tokens/gateway_token.h"

#include <cppunit/extensions/HelperMacros.h>

#include "crypto/known_keys.h"
#include "fakes.h"
#include "json/parse.h"
#include "tokens/verifier.h"

namespace {

using tokens::GatewayTokens;
using tokens::TokenDefect;

tokens::KeyRing ed25519_ring() {
  tokens::KeyRingOptions options;
  options.algorithm = jwt::Algorithm::eddsa;
  options.private_pem = known_keys::rfc8037_ed25519;
  return std::move(*tokens::KeyRing::open(std::move(options)));
}

tokens::Principal of(tokens::KnownUser user) {
  tokens::Principal principal;
  principal.user = std::make_shared<const tokens::KnownUser>(std::move(user));
  principal.token_expires = tokens_test::now + 300;
  return principal;
}

}  // namespace

class GatewayTokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatewayTokenTest);
  CPPUNIT_TEST(says_who_it_is_and_for_whom);
  CPPUNIT_TEST(does_not_outlive_the_credential);
  CPPUNIT_TEST(no_endpoint_of_ours_takes_it);
  CPPUNIT_TEST(a_foreign_subject_is_no_id_of_ours);
  CPPUNIT_TEST(what_would_take_a_kilobyte_is_left_out_whole);
  CPPUNIT_TEST(none_is_made_with_a_secret_or_for_our_own_audience);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::ManualClock clock_;
  tokens::KeyRing keys_ = ed25519_ring();

  std::string claims_of(const std::string& token) {
    const auto first = token.find('.') + 1;
    return util::from_base64url(token.substr(first, token.rfind('.') - first)).value();
  }

 public:
  void says_who_it_is_and_for_whom() {
    const GatewayTokens tokens(keys_, clock_, {.issuer = "https://auth.example"});
    auto principal = of({.id = 7, .username = "ann", .email = "ann@example.org", .groups = {"a\"b", "c"}});
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            R"({"token_type":"gateway","iss":"https://auth.example","aud":"reports","iat":1700000000,)"
            R"("exp":1700000060,"sub":"7","username":"ann","email":"ann@example.org",)"
            R"("groups":["a\"b","c"]})"),
        claims_of(tokens.issue(principal, "reports").value()));
    principal.grant = std::make_shared<const tokens::Grant>(tokens::Grant{"read write", {}});
    CPPUNIT_ASSERT(claims_of(tokens.issue(principal, "reports").value())
                       .find(R"("sub":"7","scope":"read write","username":"ann")") != std::string::npos);
    // One without any scope does not look like a login.
    principal.grant = std::make_shared<const tokens::Grant>();
    CPPUNIT_ASSERT(claims_of(tokens.issue(principal, "reports").value()).find(R"("sub":"7","scope":"",)") !=
                   std::string::npos);
  }

  void does_not_outlive_the_credential() {
    auto principal = of({.id = 7});
    principal.token_expires = tokens_test::now + 9;
    const auto claims = claims_of(GatewayTokens(keys_, clock_, {}).issue(principal, "reports").value());
    CPPUNIT_ASSERT(claims.find(R"("exp":1700000009,)") != std::string::npos);
  }

  void no_endpoint_of_ours_takes_it() {
    const GatewayTokens tokens(keys_, clock_, {});
    const tokens::Verifier verifier(keys_, clock_, {});
    const auto token = tokens.issue(of({.id = 7, .username = "ann"}), "reports").value();
    CPPUNIT_ASSERT(TokenDefect::no_id == verifier.verify(token, std::nullopt).error());
    CPPUNIT_ASSERT(TokenDefect::no_id == verifier.verify(token, tokens::TokenType::access).error());
    CPPUNIT_ASSERT(TokenDefect::no_id == verifier.verify(token, tokens::TokenType::refresh).error());
    clock_.advance(std::chrono::seconds(61));
    CPPUNIT_ASSERT(TokenDefect::expired == verifier.verify(token, std::nullopt).error());
  }

  void a_foreign_subject_is_no_id_of_ours() {
    tokens::Principal stranger;
    stranger.grant = std::make_shared<const tokens::Grant>(tokens::Grant{
        "read", tokens::ForeignSubject{"https://other.example", "7", "ann", "a@x.example", {}}});
    const auto claims = claims_of(GatewayTokens(keys_, clock_, {}).issue(stranger, "reports").value());
    CPPUNIT_ASSERT(claims.find(R"("sub":"https://other.example|7","scope":"read"})") != std::string::npos);
  }

  void what_would_take_a_kilobyte_is_left_out_whole() {
    const auto claims = claims_of(
        GatewayTokens(keys_, clock_, {})
            .issue(of({.id = 7, .username = "ann", .groups = std::vector<std::string>(300, "group")}), "r")
            .value());
    CPPUNIT_ASSERT(claims.find("groups") == std::string::npos);
    CPPUNIT_ASSERT(claims.find(R"("username":"ann"})") != std::string::npos);
  }

  void none_is_made_with_a_secret_or_for_our_own_audience() {
    const auto secret = tokens_test::hs256_ring();
    CPPUNIT_ASSERT(!GatewayTokens(secret, clock_, {}).issue(of({}), "reports"));
    CPPUNIT_ASSERT(!GatewayTokens(keys_, clock_, {.audience = "app"}).issue(of({}), "app"));
    CPPUNIT_ASSERT(GatewayTokens(keys_, clock_, {.audience = "app"}).issue(of({}), "reports").has_value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatewayTokenTest);
