#include "tokens/trusted_issuers.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/asymmetric_key.h"
#include "fakes.h"
#include "tokens/bearer.h"
#include "tokens/issuer.h"
#include "util/temporary_directory.h"

namespace {

using crypto::AsymmetricKey;
using crypto::KeyType;
using jwt::Algorithm;
using tokens::TokenDefect;
using tokens_test::now;

const std::string& pem(int which) {
  static const std::string pems[] = {std::string(AsymmetricKey::generate_pem(KeyType::p256).reveal()),
                                     std::string(AsymmetricKey::generate_pem(KeyType::p256).reveal()),
                                     std::string(AsymmetricKey::generate_pem(KeyType::ed25519).reveal())};
  return pems[which];
}
std::string jwk(int which, const std::string& kid) {
  return R"({"kid":")" + kid + R"(",)" + AsymmetricKey::from_pem(pem(which))->public_jwk().substr(1);
}
std::string set_of(const std::string& keys) {
  return R"({"keys":[)" + keys + "]}";
}
std::string signed_by(int which, const std::string& kid, const std::string& claims) {
  const Algorithm algorithm = which == 2 ? Algorithm::eddsa : Algorithm::es256;
  return jwt::Key::from_pem(algorithm, pem(which), kid)->sign(claims);
}
/// Another header than ours, signed all the same.
std::string with_header(int which, const std::string& header, const std::string& claims) {
  const auto key = AsymmetricKey::from_pem(pem(which));
  const std::string part = util::to_base64url(header) + "." + util::to_base64url(claims);
  return part + "." + util::to_base64url(key->sign(crypto::SignatureAlg::es256, part));
}

/// Claims of a good token, with members put in (JSON text) or left out (empty text).
std::string claims(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::vector<std::pair<std::string, std::string>> members{{"iss", R"("https://idp/")"},
                                                           {"aud", R"("https://here/")"},
                                                           {"exp", std::to_string(now + 300)},
                                                           {"iat", std::to_string(now)},
                                                           {"sub", R"("u-1")"}};
  std::string text = "{";
  for (const auto& change : changes) {
    std::erase_if(members, [&](const auto& member) { return member.first == change.first; });
    if (!change.second.empty()) members.push_back(change);
  }
  for (const auto& [name, value] : members) {
    text.append(text.size() == 1 ? "" : ",").append("\"" + name + "\":" + value);
  }
  return text + "}";
}

class TrustedIssuersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TrustedIssuersTest);
  CPPUNIT_TEST(takes_tokens_of_its_issuers_and_no_others);
  CPPUNIT_TEST(vouches_for_a_subject_with_what_the_issuer_says_of_him);
  CPPUNIT_TEST(refuses_tokens_for_one_reason_each);
  CPPUNIT_TEST(takes_access_tokens_by_their_header_type);
  CPPUNIT_TEST(reads_claims_of_the_right_type_only);
  CPPUNIT_TEST(reads_scopes_in_every_form);
  CPPUNIT_TEST(sessions_of_two_issuers_never_meet);
  CPPUNIT_TEST(takes_over_a_changed_file_and_ends_what_a_removed_key_vouched_for);
  CPPUNIT_TEST(a_broken_file_keeps_the_keys_and_is_told_once);
  CPPUNIT_TEST(a_thread_sees_the_change_within_a_second);
  CPPUNIT_TEST(reaches_the_callers_that_take_credentials_and_them_alone);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TemporaryDirectory> directory_;
  tokens_test::ManualClock clock_;

  std::string path(const std::string& name = "idp.json") const { return *directory_ / name; }
  /// As an operator should: whole, or not at all.
  void write(const std::string& text, const std::string& name = "idp.json") const {
    std::ofstream(path("new")) << text;
    std::filesystem::rename(path("new"), path(name));
  }
  std::vector<tokens::TrustedIssuer> issuers() const {
    return {{"https://idp/", "https://here/", path(), {}}};
  }
  tokens::TrustedIssuers source(tokens::TrustOptions options = {}) const {
    return tokens::TrustedIssuers(issuers(), clock_, std::move(options));
  }
  static std::string told(tokens::TrustedIssuers& source, const std::string& token) {
    const auto outcome = source.vouch(token, false);
    if (const auto* defect = std::get_if<TokenDefect>(&outcome)) {
      return "defect " + std::to_string(static_cast<int>(*defect));
    }
    return std::get<tokens::Vouched>(outcome).grant->subject->subject;
  }
  static std::string defect(TokenDefect which) { return "defect " + std::to_string(static_cast<int>(which)); }
  static tokens::Grant grant_of(tokens::TrustedIssuers& source, const std::string& claims) {
    auto outcome = source.vouch(signed_by(0, "a", claims), false);
    CPPUNIT_ASSERT_MESSAGE(claims, std::holds_alternative<tokens::Vouched>(outcome));
    return *std::get<tokens::Vouched>(outcome).grant;
  }

 public:
  void setUp() override {
    directory_.emplace();
    write(set_of(jwk(0, "a")));
  }
  void tearDown() override { directory_.reset(); }

  void takes_tokens_of_its_issuers_and_no_others() {
    const auto trusted = source();
    CPPUNIT_ASSERT(trusted.takes(signed_by(1, "z", claims())));  // to refuse it
    const auto ring = tokens_test::hs256_ring();
    util::SystemRandom random;
    const tokens::Issuer ours(ring, clock_, random, {.issuer = "https://us/"});
    store::User user;
    user.id = 7;
    CPPUNIT_ASSERT(!trusted.takes(ours.issue_pair(user).access));
    for (const std::string& other :
         {signed_by(0, "a", claims({{"iss", ""}})), std::string("jwtauthd_pat_x"),
          signed_by(0, "a", claims({{"iss", R"("https://idp")"}})), std::string()}) {
      CPPUNIT_ASSERT_MESSAGE(other, !trusted.takes(other));
    }
  }

  void vouches_for_a_subject_with_what_the_issuer_says_of_him() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    const auto outcome = trusted.vouch(signed_by(0, "a",
                                                 claims({{"preferred_username", R"("eve")"},
                                                         {"username", R"("other")"},
                                                         {"email", R"("eve@idp")"},
                                                         {"groups", R"(["a","b c"])"},
                                                         {"scope", R"("r w")"},
                                                         {"auth_time", std::to_string(now - 900)}})),
                                       false);
    const auto& vouched = std::get<tokens::Vouched>(outcome);
    CPPUNIT_ASSERT_EQUAL(tokens::nobody, vouched.user_id);
    CPPUNIT_ASSERT_EQUAL(now + 300, vouched.expires);
    CPPUNIT_ASSERT_EQUAL(now - 900, vouched.said.issued);
    CPPUNIT_ASSERT(!vouched.session.has_sid);
    CPPUNIT_ASSERT_EQUAL(std::string("r w"), vouched.grant->scope);
    const auto& subject = *vouched.grant->subject;
    CPPUNIT_ASSERT_EQUAL(std::string("https://idp/"), subject.issuer);
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"), subject.subject);
    CPPUNIT_ASSERT_EQUAL(std::string("eve"), subject.username);
    CPPUNIT_ASSERT_EQUAL(std::string("eve@idp"), subject.email);
    CPPUNIT_ASSERT(subject.groups == (std::vector<std::string>{"a", "b c"}));
  }

  void refuses_tokens_for_one_reason_each() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    const struct {
      std::string claims;
      TokenDefect defect;
    } rows[] = {
        {claims({{"aud", R"("https://other/")"}}), TokenDefect::invalid},
        {claims({{"aud", ""}}), TokenDefect::invalid},
        {claims({{"aud", R"(["https://here/",7])"}}), TokenDefect::invalid},
        {claims({{"exp", ""}}), TokenDefect::no_expiry},
        {claims({{"exp", std::to_string(now)}}), TokenDefect::expired},
        {claims({{"exp", R"("soon")"}}), TokenDefect::invalid},
        {claims({{"iat", std::to_string(now + 1)}}), TokenDefect::invalid},
        {claims({{"nbf", std::to_string(now + 1)}}), TokenDefect::invalid},
        {claims({{"sub", ""}}), TokenDefect::invalid},
        {claims({{"sub", "7"}}), TokenDefect::invalid},
        {claims({{"sub", R"("")"}}), TokenDefect::invalid},
        {claims({{"token_type", R"("refresh")"}}), TokenDefect::wrong_type},
        {claims({{"typ", R"("ID")"}}), TokenDefect::wrong_type},
        {claims({{"typ", R"("Refresh")"}}), TokenDefect::wrong_type},
        {claims({{"cnf", R"({"jkt":"x"})"}}), TokenDefect::wrong_type},
        {claims({{"iss", R"("https://idp/","iss":"https://idp/")"}}), TokenDefect::invalid},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.claims, defect(row.defect),
                                   told(trusted, signed_by(0, "a", row.claims)));
    }
    for (const std::string& token :
         {signed_by(1, "a", claims()), signed_by(0, "b", claims()), signed_by(2, "a", claims()),
          signed_by(0, "a", claims()) + "A", tokens_test::signed_with(claims()),
          with_header(0, R"({"alg":"none","kid":"a"})", claims())}) {
      CPPUNIT_ASSERT_EQUAL(defect(TokenDefect::invalid), told(trusted, token));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"), told(trusted, signed_by(0, "a", claims())));
    // What the claim is called here says nothing of the issuer's.
    auto renamed = source({.token_type_claim = "kind"});
    CPPUNIT_ASSERT(renamed.look().has_value());
    for (const char* name : {"token_type", "kind"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, defect(TokenDefect::wrong_type),
                                   told(renamed, signed_by(0, "a", claims({{name, R"("refresh")"}}))));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"),
                         told(trusted, signed_by(0, "a",
                                                 claims({{"aud", R"(["x","https://here/"])"},
                                                         {"token_type", R"("access")"},
                                                         {"typ", R"("Bearer")"}}))));
  }

  void takes_access_tokens_by_their_header_type() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    for (const char* type : {R"(,"typ":"JWT")", R"(,"typ":"at+jwt")", R"(,"typ":"application/at+JWT")", ""}) {
      const std::string header = std::string(R"({"alg":"ES256","kid":"a")") + type + "}";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("u-1"), told(trusted, with_header(0, header, claims())));
    }
    for (const char* more : {R"("typ":"logout+jwt")", R"("typ":7)", R"("crit":["x"])", R"("jwk":{})"}) {
      const std::string header = std::string(R"({"alg":"ES256","kid":"a",)") + more + "}";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(more, defect(TokenDefect::invalid),
                                   told(trusted, with_header(0, header, claims())));
    }
  }

  void reads_claims_of_the_right_type_only() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    for (const char* unverified : {"false", R"("false")"}) {
      const auto grant = grant_of(trusted, claims({{"email", R"("e@x")"}, {"email_verified", unverified}}));
      CPPUNIT_ASSERT_EQUAL(std::string(), grant.subject->email);
    }
    const auto grant = grant_of(trusted, claims({{"preferred_username", "7"},
                                                 {"username", R"("u")"},
                                                 {"email", R"("e@x")"},
                                                 {"email_verified", "true"},
                                                 {"groups", R"(["a",7])"},
                                                 {"scope", "7"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("u"), grant.subject->username);
    CPPUNIT_ASSERT_EQUAL(std::string("e@x"), grant.subject->email);
    CPPUNIT_ASSERT(grant.subject->groups.empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), grant.scope);
    CPPUNIT_ASSERT(grant_of(trusted, claims({{"groups", R"("a")"}})).subject->groups.empty());
    const auto when = [&](const std::string& token_claims) {
      return std::get<tokens::Vouched>(trusted.vouch(signed_by(0, "a", token_claims), false)).said.issued;
    };
    CPPUNIT_ASSERT_EQUAL(now, when(claims()));
    CPPUNIT_ASSERT_EQUAL(now, when(claims({{"auth_time", std::to_string(now + 5)}})));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, when(claims({{"iat", ""}})));
  }

  void reads_scopes_in_every_form() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    const struct {
      const char* claim;
      const char* value;
      const char* scope;
    } rows[] = {{"scope", R"("  read   write ")", "read write"},
                {"scp", R"(["read","a:b"])", "read a:b"},
                {"scp", R"("read write")", "read write"},
                {"scp", R"(["read write","x"])", "x"},
                {"scope", R"("a\"b c\\d e\u00e9 f")", "f"},
                {"scope", R"(["a",7,"","b"])", "a b"},
                {"scope", R"("a\tb c")", "c"},
                {"scope", "{}", ""}};
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.value, std::string(row.scope),
                                   grant_of(trusted, claims({{row.claim, row.value}})).scope);
    }
  }

  void sessions_of_two_issuers_never_meet() {
    const auto id = [](std::string_view issuer, std::string_view subject, std::string_view jti) {
      return tokens::session_of_foreign(issuer, subject, jti).id;
    };
    CPPUNIT_ASSERT(id("a", "s", "j") == id("a", "t", "j"));
    CPPUNIT_ASSERT(id("a", "s", "j") != id("b", "s", "j"));
    CPPUNIT_ASSERT(id("a", "s", "j") != id("a", "s", "k"));
    CPPUNIT_ASSERT(id("a", "s", "") != id("a", "t", ""));
    CPPUNIT_ASSERT(id("a", "s", "") != id("a", "s", "s"));
    CPPUNIT_ASSERT(id("ab", "", "c") != id("a", "", "bc"));
    CPPUNIT_ASSERT(!tokens::began(id("a", "s", "j")).has_value());
  }

  void takes_over_a_changed_file_and_ends_what_a_removed_key_vouched_for() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    const auto of_a = grant_of(trusted, claims());
    CPPUNIT_ASSERT_EQUAL(defect(TokenDefect::invalid), told(trusted, signed_by(1, "b", claims())));

    write(set_of(jwk(0, "a") + "," + jwk(1, "b")));
    CPPUNIT_ASSERT(trusted.look().has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"), told(trusted, signed_by(1, "b", claims())));
    CPPUNIT_ASSERT(!of_a.withdrawn->load());

    write(set_of(jwk(1, "b")));
    CPPUNIT_ASSERT(trusted.look().has_value());
    CPPUNIT_ASSERT(of_a.withdrawn->load());
    CPPUNIT_ASSERT_EQUAL(defect(TokenDefect::invalid), told(trusted, signed_by(0, "a", claims())));
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"), told(trusted, signed_by(1, "b", claims())));
  }

  void a_broken_file_keeps_the_keys_and_is_told_once() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    const auto complaint = [&] {
      const auto looked = trusted.look();
      return looked ? std::string("fine") : looked.error().message;
    };
    const auto still_good = [&] { return told(trusted, signed_by(0, "a", claims())) == "u-1"; };
    write("{");
    CPPUNIT_ASSERT_EQUAL(path() + " is no JWK set: a JSON object with the list keys", complaint());
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), complaint());
    write("[]");  // broken in the same way
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), complaint());
    CPPUNIT_ASSERT(still_good());
    std::filesystem::remove(path());
    CPPUNIT_ASSERT_EQUAL(path() + " cannot be read: No such file or directory", complaint());
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), complaint());
    CPPUNIT_ASSERT(still_good());
    write(set_of(jwk(0, "a")));
    chmod(path().c_str(), 0646);
    CPPUNIT_ASSERT_EQUAL(path() + " can be changed by every user of this machine", complaint());
    chmod(path().c_str(), 0644);
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), complaint());
    CPPUNIT_ASSERT(still_good());
  }

  void a_thread_sees_the_change_within_a_second() {
    auto trusted = source({.look_every = std::chrono::milliseconds(5)});
    CPPUNIT_ASSERT(trusted.look().has_value());
    trusted.start();
    write(set_of(jwk(2, "e")));
    const std::string token = signed_by(2, "e", claims());
    bool seen = false;
    for (int tries = 0; tries < 2000 && !seen; ++tries) {
      seen = told(trusted, token) == "u-1";
      if (!seen) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    trusted.stop();
    CPPUNIT_ASSERT(seen);
  }

  void reaches_the_callers_that_take_credentials_and_them_alone() {
    auto trusted = source();
    CPPUNIT_ASSERT(trusted.look().has_value());
    const auto ring = tokens_test::hs256_ring();
    const tokens::Verifier verifier(ring, clock_, {});
    tokens_test::FakeUsers users;
    tokens::UserDirectory directory(users, {});
    tokens::BearerAuthenticator bearer(verifier, directory, clock_, {}, nullptr, {&trusted});
    const std::string header = "Bearer " + signed_by(0, "a", claims());
    const auto subject = [&](tokens::Accepts accepts) -> std::string {
      const auto outcome = bearer.authenticate(header, false, accepts);
      const auto* principal = std::get_if<tokens::Principal>(&outcome);
      return principal == nullptr ? "refused" : principal->grant->subject->subject;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("refused"), subject(tokens::Accepts::logins));
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"), subject(tokens::Accepts::credentials));
    CPPUNIT_ASSERT_EQUAL(std::string("u-1"), subject(tokens::Accepts::credentials));  // from the cache
    CPPUNIT_ASSERT_EQUAL(std::string("refused"), subject(tokens::Accepts::logins));
    write(set_of(jwk(1, "b")));
    CPPUNIT_ASSERT(trusted.look().has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("refused"), subject(tokens::Accepts::credentials));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TrustedIssuersTest);

}  // namespace
