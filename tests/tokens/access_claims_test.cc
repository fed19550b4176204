#include "tokens/access_claims.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "fakes.h"
#include "json/parse.h"
#include "session_house.h"
#include "tokens/issuer.h"

namespace {

using tokens::AccessClaims;
using tokens::KnownUser;

const std::vector<std::string> all{"username", "email", "groups", "is_staff", "is_superuser"};

std::string claims_of(const std::string& token) {
  const std::size_t first = token.find('.');
  return util::from_base64url(token.substr(first + 1, token.rfind('.') - first - 1)).value();
}

KnownUser ada() {
  KnownUser user;
  user.id = 7;
  user.username = "ada";
  user.email = "ada@x.org";
  user.is_staff = true;
  user.groups = {"a", "b \"c\""};
  return user;
}

class AccessClaimsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessClaimsTest);
  CPPUNIT_TEST(tells_of_the_user_in_the_order_of_the_configuration);
  CPPUNIT_TEST(leaves_out_whole_what_does_not_fit_groups_first);
  CPPUNIT_TEST(refuses_a_claim_that_it_does_not_know);
  CPPUNIT_TEST(stands_behind_the_session_and_before_the_audience_in_access_tokens_only);
  CPPUNIT_TEST(takes_the_place_of_what_a_refresh_token_says);
  CPPUNIT_TEST(a_refresh_tells_of_the_user_as_he_is_then);
  CPPUNIT_TEST(a_refresh_asks_nothing_more_of_a_user_who_is_known);
  CPPUNIT_TEST_SUITE_END();

  tokens_test::ManualClock clock_;
  tokens::KeyRing ring_ = tokens_test::hs256_ring();
  tokens_test::CountingRandom random_;

  static std::string written(const AccessClaims& claims, const KnownUser* user) {
    std::string text;
    json::Object object(text);
    claims.append(object, user);
    object.close();
    return text;
  }

 public:
  void tells_of_the_user_in_the_order_of_the_configuration() {
    const KnownUser user = ada();
    const AccessClaims claims({"is_superuser", "groups", "username", "is_staff", "email"},
                              {{"tenant", "\"north\""}, {"level", "3"}}, clock_);
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"is_superuser":false,"groups":["a","b \"c\""],"username":"ada","is_staff":true,)"
                    R"("email":"ada@x.org","tenant":"north","level":3})"),
        written(claims, &user));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"tenant":"north","level":3})"), written(claims, nullptr));
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), written(AccessClaims({}, {}, clock_), &user));
  }

  void leaves_out_whole_what_does_not_fit_groups_first() {
    KnownUser user = ada();
    const AccessClaims claims(all, {{"c", "\"" + std::string(400, 'c') + "\""}}, clock_);
    user.groups = {std::string(300, 'g'), std::string(300, 'h')};
    std::string text = written(claims, &user);
    CPPUNIT_ASSERT(json::parse(text)->has("email"));
    CPPUNIT_ASSERT(!json::parse(text)->has("groups"));
    user.username.clear();
    for (int i = 0; i < 250; ++i) user.username += "é";
    user.email = std::string(100, 'e');
    text = written(claims, &user);
    CPPUNIT_ASSERT(json::parse(text)->has("username"));
    CPPUNIT_ASSERT(!json::parse(text)->has("email"));
    CPPUNIT_ASSERT(text.size() <= tokens::max_custom_claims_bytes);

    // To the byte: braces here, the comma before in a token.
    user = ada();
    user.groups = {""};
    const std::size_t rest = written(claims, &user).size();
    user.groups = {std::string(tokens::max_custom_claims_bytes - rest + 1, 'g')};
    CPPUNIT_ASSERT(json::parse(written(claims, &user))->has("groups"));
    user.groups[0] += 'g';
    CPPUNIT_ASSERT(!json::parse(written(claims, &user))->has("groups"));
  }

  void refuses_a_claim_that_it_does_not_know() {
    CPPUNIT_ASSERT_THROW(AccessClaims({"password"}, {}, clock_), std::invalid_argument);
  }

  void stands_behind_the_session_and_before_the_audience_in_access_tokens_only() {
    const AccessClaims claims({"username"}, {{"tenant", "1"}}, clock_);
    const tokens::Issuer issuer(ring_, clock_, random_,
                                {.issuer = "us", .audience = "api", .custom = &claims});
    const KnownUser user = ada();
    store::User row;
    row.id = 7;
    const std::string sid = R"("sid":"01000000000000000000000000000000",)";
    const std::string custom = R"("username":"ada","tenant":1,)";
    const std::string end = R"("aud":"api","iss":"us"})";
    const auto pair = issuer.issue_pair(row, {{1}, 5, 9, "r", "a"}, &user);
    CPPUNIT_ASSERT(claims_of(pair.access).ends_with(R"("user_id":"7",)" + sid + custom + end));
    CPPUNIT_ASSERT(claims_of(pair.refresh).ends_with(R"("user_id":"7",)" + sid + end));
    const auto next =
        issuer.rotate(json::parse(claims_of(pair.refresh)).value(), {{1}, 6, 9, "s", "b"}, &user);
    CPPUNIT_ASSERT(claims_of(next.access).ends_with(R"("user_id":"7",)" + sid + custom + end));
    CPPUNIT_ASSERT(claims_of(next.refresh).ends_with(R"("user_id":"7",)" + sid + end));
    const auto gone = issuer.access_from(json::parse(claims_of(pair.refresh)).value());
    CPPUNIT_ASSERT(claims_of(gone).ends_with(sid + R"("tenant":1,)" + end));
  }

  void takes_the_place_of_what_a_refresh_token_says() {
    const AccessClaims claims({"username", "groups"}, {{"tenant", "1"}}, clock_);
    const tokens::Issuer issuer(ring_, clock_, random_, {.custom = &claims});
    const auto refresh =
        json::parse(R"({"iat":5,"username":"root","user_id":"7","groups":["wheel"],"tenant":2,"x":1})");
    const KnownUser user = ada();
    CPPUNIT_ASSERT(
        claims_of(issuer.access_from(refresh.value(), &user))
            .ends_with(R"("user_id":"7","x":1,"username":"ada","groups":["a","b \"c\""],"tenant":1})"));
    CPPUNIT_ASSERT(
        claims_of(issuer.access_from(refresh.value())).ends_with(R"("user_id":"7","x":1,"tenant":1})"));
  }

  void a_refresh_tells_of_the_user_as_he_is_then() {
    const AccessClaims claims({"username"}, {}, clock_);
    tokens_test::SessionHouse::Tables tables;
    tables.users.put(7, "ada");
    tokens_test::SessionHouse house(tables, {}, {}, tokens_test::hs256_ring(), &claims);
    const auto pair = house.login();
    CPPUNIT_ASSERT(claims_of(pair.access).find(R"(,"username":"ada")") != std::string::npos);
    tables.users.put(7, "lovelace");
    house.directory.forget(7);
    const auto outcome = house.tokens.refresh(pair.refresh, house.origin, true);
    const auto& next = std::get<tokens::Refreshed>(outcome);
    CPPUNIT_ASSERT(claims_of(next.access).find(R"(,"username":"lovelace")") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string::npos, claims_of(next.refresh).find("username"));
  }

  void a_refresh_asks_nothing_more_of_a_user_who_is_known() {
    const AccessClaims claims(all, {}, clock_);
    tokens_test::SessionHouse::Tables tables;
    tables.users.put(7, "ada");
    tokens_test::SessionHouse house(tables, {}, {}, tokens_test::hs256_ring(), &claims);
    const auto pair = house.login();
    const int asked = tables.users.single;
    const auto outcome = house.tokens.refresh(pair.refresh, house.origin, true);
    CPPUNIT_ASSERT(std::holds_alternative<tokens::Refreshed>(outcome));
    CPPUNIT_ASSERT_EQUAL(asked, tables.users.single.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccessClaimsTest);

}  // namespace
