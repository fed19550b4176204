#include "tokens/simplejwt_tokens.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fake_sessions.h"
#include "fakes.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;
using tokens::TokenDefect;
using tokens_test::now;
using tokens_test::signed_with;

/// The two tables in memory: jti → "user id/is created_at told".
class FakeBlacklist final : public store::BlacklistStore {
 public:
  std::map<std::string, std::string, std::less<>> outstanding;
  std::set<std::string, std::less<>> blacklisted;

  bool tables_exist() override { return true; }
  bool may_be_asked() override { return true; }
  bool is_blacklisted(std::string_view jti) override { return blacklisted.contains(jti); }
  void record(const store::OutstandingToken& token) override {
    outstanding.try_emplace(std::string(token.jti),
                            std::to_string(token.user_id) + (token.created_at ? "/told" : "/untold"));
  }
  store::Blacklisting blacklist(const store::OutstandingToken& token, util::TimePoint,
                                const store::OutstandingToken* successor) override {
    record(token);
    if (!blacklisted.insert(std::string(token.jti)).second) return store::Blacklisting::before_us;
    if (successor != nullptr) record(*successor);
    return store::Blacklisting::done;
  }
  store::Flushed flush_expired(util::TimePoint, std::int64_t, unsigned) override { return {}; }
};

template <typename Outcome>
std::string describe(const Outcome& outcome) {
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return "needs the database";
  if (const auto* defect = std::get_if<TokenDefect>(&outcome)) {
    return *defect == TokenDefect::blacklisted ? "blacklisted" : "defect";
  }
  if constexpr (std::is_same_v<Outcome, tokens::RefreshOutcome>) {
    if (const auto* refusal = std::get_if<tokens::RefreshRefusal>(&outcome)) {
      return *refusal == tokens::RefreshRefusal::no_account ? "no account" : "password changed";
    }
    return std::get<tokens::Refreshed>(outcome).refresh.empty() ? "access" : "access and refresh";
  }
  return "good";
}

std::string refresh_token(const std::string& jti, const std::string& more = R"(,"user_id":"7")") {
  return signed_with(R"({"token_type":"refresh","exp":)" + std::to_string(now + 300) + R"(,"jti":")" + jti +
                     "\"" + more + "}");
}

class SimpleJwtTokensTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimpleJwtTokensTest);
  CPPUNIT_TEST(without_a_blacklist_nothing_is_recorded);
  CPPUNIT_TEST(login_records_the_refresh_token);
  CPPUNIT_TEST(a_blacklisted_token_is_refused_everywhere);
  CPPUNIT_TEST(rotation_retires_the_old_token_and_records_the_new_one);
  CPPUNIT_TEST(rotation_of_5_2_neither_tells_the_user_nor_records_the_new_one);
  CPPUNIT_TEST(rotation_alone_leaves_the_old_token_good);
  CPPUNIT_TEST(a_bad_token_ends_before_the_database_is_asked);
  CPPUNIT_TEST(an_id_that_the_column_cannot_hold_is_refused);
  CPPUNIT_TEST(a_changed_password_ends_and_blacklists_the_token);
  CPPUNIT_TEST(what_a_change_of_password_ended_is_refused);
  CPPUNIT_TEST(a_login_in_the_second_of_the_change_waits_for_the_next);
  CPPUNIT_TEST(a_login_that_waits_beyond_a_change_of_password_is_refused);
  CPPUNIT_TEST(a_change_that_has_yet_to_come_is_an_outage);
  CPPUNIT_TEST(a_rotation_does_not_wait_for_the_poll);
  CPPUNIT_TEST(the_successor_keeps_every_other_claim);
  CPPUNIT_TEST_SUITE_END();

  tokens::KeyRing ring_ = tokens_test::hs256_ring();
  tokens_test::ManualClock clock_;
  tokens_test::CountingRandom random_;
  tokens_test::FakeUsers users_;
  tokens::UserDirectory directory_{users_, {}};
  tokens::Verifier verifier_{ring_, clock_, {}};
  tokens::Issuer issuer_{ring_, clock_, random_, {}};
  FakeBlacklist blacklist_;
  tokens_test::FakeAudit audit_;
  const store::Origin origin_{"192.0.2.1", "test", "request-1"};

  tokens::SimpleJwtTokens made(tokens::RefreshOptions options, tokens::UserRules rules = {}) {
    return {verifier_, issuer_,           {directory_, clock_, std::move(rules)}, &blacklist_, &audit_,
            clock_,    std::move(options)};
  }

 public:
  void setUp() override { users_.put(7, "alice"); }

  void without_a_blacklist_nothing_is_recorded() {
    tokens::SimpleJwtTokens refresh(verifier_, issuer_, {directory_, clock_, {}}, nullptr, nullptr, clock_,
                                    {.rotate = true});
    directory_.fetch(7);
    CPPUNIT_ASSERT_EQUAL("access and refresh"s,
                         describe(refresh.refresh(refresh_token("a"), origin_, false)));
    CPPUNIT_ASSERT_EQUAL("good"s, describe(refresh.verify(refresh_token("a"), false)));
  }

  void login_records_the_refresh_token() {
    const auto pair = made({}).grant(*users_.find_by_id(7), origin_).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, blacklist_.outstanding.size());
    CPPUNIT_ASSERT_EQUAL("7/told"s, blacklist_.outstanding.at(pair.refresh_jti));
    const auto verified = verifier_.verify(pair.refresh, tokens::TokenType::refresh).value();
    CPPUNIT_ASSERT_EQUAL(pair.refresh_jti, std::string(verified.claims.get("jti")->as_string()));
    CPPUNIT_ASSERT_EQUAL(pair.refresh_expires, verified.expires);
  }

  void a_blacklisted_token_is_refused_everywhere() {
    auto refresh = made({});
    const std::string token = refresh_token("a");
    CPPUNIT_ASSERT_EQUAL("access"s, describe(refresh.refresh(token, origin_, true)));
    CPPUNIT_ASSERT_EQUAL("good"s, describe(refresh.blacklist(token, origin_, true)));
    CPPUNIT_ASSERT_EQUAL("7/told"s, blacklist_.outstanding.at("a"));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(refresh.refresh(token, origin_, true)));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(refresh.verify(token, true)));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(refresh.blacklist(token, origin_, true)));
    users_.put(7, "alice", false);
    directory_.forget(7);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(refresh.refresh(token, origin_, true)));
  }

  void rotation_retires_the_old_token_and_records_the_new_one() {
    auto refresh = made({.rotate = true, .blacklist_after_rotation = true});
    const auto outcome = refresh.refresh(refresh_token("a"), origin_, true);
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, describe(outcome));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, blacklist_.outstanding.size());
    for (const auto& [jti, row] : blacklist_.outstanding) CPPUNIT_ASSERT_EQUAL_MESSAGE(jti, "7/told"s, row);
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(refresh.refresh(refresh_token("a"), origin_, true)));
    CPPUNIT_ASSERT_EQUAL(
        "access and refresh"s,
        describe(refresh.refresh(std::get<tokens::Refreshed>(outcome).refresh, origin_, true)));
  }

  void rotation_of_5_2_neither_tells_the_user_nor_records_the_new_one() {
    auto refresh = made({.rotate = true, .blacklist_after_rotation = true, .simplejwt_5_2 = true});
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, describe(refresh.refresh(refresh_token("a"), origin_, true)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, blacklist_.outstanding.size());
    CPPUNIT_ASSERT_EQUAL("0/untold"s, blacklist_.outstanding.at("a"));
  }

  void rotation_alone_leaves_the_old_token_good() {
    auto refresh = made({.rotate = true});
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT_EQUAL("access and refresh"s,
                           describe(refresh.refresh(refresh_token("a"), origin_, true)));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, blacklist_.outstanding.size());
    CPPUNIT_ASSERT(blacklist_.blacklisted.empty());
  }

  void a_bad_token_ends_before_the_database_is_asked() {
    auto refresh = made({});
    CPPUNIT_ASSERT_EQUAL("defect"s, describe(refresh.refresh("x.y.z", origin_, false)));
    CPPUNIT_ASSERT_EQUAL("defect"s, describe(refresh.blacklist("x.y.z", origin_, false)));
    CPPUNIT_ASSERT_EQUAL("needs the database"s,
                         describe(refresh.refresh(refresh_token("a"), origin_, false)));
    CPPUNIT_ASSERT_EQUAL("needs the database"s, describe(refresh.verify(refresh_token("a"), false)));
    CPPUNIT_ASSERT_EQUAL("needs the database"s,
                         describe(refresh.blacklist(refresh_token("a"), origin_, false)));
  }

  void an_id_that_the_column_cannot_hold_is_refused() {
    auto refresh = made({});
    CPPUNIT_ASSERT_EQUAL("good"s,
                         describe(refresh.blacklist(refresh_token(std::string(255, 'a')), origin_, true)));
    for (const std::string& jti : {std::string(256, 'a'), "\\ud800"s}) {
      CPPUNIT_ASSERT_EQUAL("defect"s, describe(refresh.blacklist(refresh_token(jti), origin_, true)));
      CPPUNIT_ASSERT_EQUAL("defect"s, describe(refresh.refresh(refresh_token(jti), origin_, true)));
      CPPUNIT_ASSERT_EQUAL("defect"s, describe(refresh.verify(refresh_token(jti), true)));
    }
  }

  void a_changed_password_ends_and_blacklists_the_token() {
    users_.set_stored_password(7, "hash");
    auto refresh = made({}, {.check_password = true});
    const std::string good = refresh_token(
        "a", R"(,"user_id":"7","hash_password":")" + tokens::claim_text(tokens::mark_of("hash")) + "\"");
    CPPUNIT_ASSERT_EQUAL("access"s, describe(refresh.refresh(good, origin_, true)));
    users_.set_stored_password(7, "another");
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL("password changed"s, describe(refresh.refresh(good, origin_, true)));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(refresh.refresh(good, origin_, true)));
    CPPUNIT_ASSERT_EQUAL("password changed"s, describe(refresh.refresh(refresh_token("b"), origin_, true)));
  }

  void what_a_change_of_password_ended_is_refused() {
    tokens_test::FakeRevocations revocations;
    tokens::RevocationFeed feed(revocations, clock_, {});
    tokens::SimpleJwtTokens tokens(verifier_, issuer_, {directory_, clock_, {}}, nullptr, nullptr, clock_,
                                   {.rotate = true}, &feed);
    directory_.fetch(7);
    const auto token = [](std::int64_t issued) {
      return refresh_token("a", R"(,"user_id":"7","iat":)" + std::to_string(issued));
    };
    CPPUNIT_ASSERT_EQUAL("needs the database"s, describe(tokens.refresh(token(now), origin_, false)));
    CPPUNIT_ASSERT_EQUAL("needs the database"s, describe(tokens.verify(token(now), false)));
    feed.poll_once();
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, describe(tokens.refresh(token(now), origin_, true)));
    feed.apply(std::vector<store::Revocation>{{0, 7, {}, now, now + 900}});
    clock_.advance(std::chrono::seconds(5));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(tokens.refresh(token(now), origin_, true)));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(tokens.verify(token(now), false)));
    // One of the time when there were sessions, as well.
    const auto of_session = refresh_token(
        "b", R"(,"user_id":"7","sid":"018bcfe5687b70011223344556677889","iat":)" + std::to_string(now));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(tokens.refresh(of_session, origin_, true)));
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, describe(tokens.refresh(token(now + 1), origin_, true)));
    CPPUNIT_ASSERT_EQUAL("good"s, describe(tokens.verify(token(now + 1), false)));
  }

  void a_login_in_the_second_of_the_change_waits_for_the_next() {
    tokens_test::FakeRevocations revocations;
    tokens::RevocationFeed feed(revocations, clock_, {});
    feed.poll_once();
    int pauses = 0;
    tokens::SimpleJwtTokens tokens(verifier_, issuer_, {directory_, clock_, {}}, nullptr, nullptr, clock_, {},
                                   &feed, [&](std::chrono::microseconds time) {
                                     ++pauses;
                                     clock_.advance(time);
                                   });
    tokens.grant(*users_.find_by_id(7), origin_);
    CPPUNIT_ASSERT_EQUAL(0, pauses);
    clock_.advance(std::chrono::milliseconds(250));
    feed.apply(std::vector<store::Revocation>{{0, 7, {}, now, now + 900}});
    const auto pair = tokens.grant(*users_.find_by_id(7), origin_).value();
    CPPUNIT_ASSERT_EQUAL(1, pauses);
    CPPUNIT_ASSERT_EQUAL("good"s, describe(tokens.verify(pair.refresh, true)));
    CPPUNIT_ASSERT_EQUAL("access"s, describe(tokens.refresh(pair.refresh, origin_, true)));
    CPPUNIT_ASSERT_EQUAL(tokens_test::now + 1, clock_.unix_now());
    tokens.grant(*users_.find_by_id(7), origin_);
    CPPUNIT_ASSERT_EQUAL(1, pauses);
  }

  void a_login_that_waits_beyond_a_change_of_password_is_refused() {
    tokens_test::FakeRevocations revocations;
    tokens::RevocationFeed feed(revocations, clock_, {});
    feed.poll_once();
    tokens::SimpleJwtTokens tokens(verifier_, issuer_, {directory_, clock_, {}}, nullptr, nullptr, clock_, {},
                                   &feed, [&](std::chrono::microseconds time) { clock_.advance(time); });
    const auto checked = *users_.find_by_id(7);
    users_.set_stored_password(7, "new");
    CPPUNIT_ASSERT(!tokens.grant(checked, origin_));  // whether the feed knows of it …
    feed.apply(std::vector<store::Revocation>{{0, 7, {}, now, now + 900}});
    CPPUNIT_ASSERT(!tokens.grant(checked, origin_));  // … or not
    CPPUNIT_ASSERT(tokens.grant(*users_.find_by_id(7), origin_));
  }

  void a_change_that_has_yet_to_come_is_an_outage() {
    tokens_test::FakeRevocations revocations;
    tokens::RevocationFeed feed(revocations, clock_, {});
    feed.poll_once();
    tokens::SimpleJwtTokens tokens(verifier_, issuer_, {directory_, clock_, {}}, nullptr, nullptr, clock_, {},
                                   &feed, [&](std::chrono::microseconds time) { clock_.advance(time); });
    feed.apply(std::vector<store::Revocation>{{0, 7, {}, now + 5, now + 900}});
    CPPUNIT_ASSERT_THROW(tokens.grant(*users_.find_by_id(7), origin_), util::Outage);
  }

  void a_rotation_does_not_wait_for_the_poll() {
    tokens_test::FakeRevocations revocations;
    tokens::RevocationFeed feed(revocations, clock_, {});
    feed.poll_once();
    tokens::SimpleJwtTokens tokens(verifier_, issuer_, {directory_, clock_, {}}, nullptr, nullptr, clock_,
                                   {.rotate = true}, &feed);
    const auto token = refresh_token("a", R"(,"user_id":"7","iat":)" + std::to_string(now));
    CPPUNIT_ASSERT_EQUAL("needs the database"s, describe(tokens.refresh(token, origin_, false)));
    CPPUNIT_ASSERT_EQUAL("access and refresh"s, describe(tokens.refresh(token, origin_, true)));
    revocations.put({0, 7, {}, now, now + 900}, true);
    clock_.advance(std::chrono::seconds(2));
    CPPUNIT_ASSERT_EQUAL("blacklisted"s, describe(tokens.refresh(token, origin_, true)));
  }

  void the_successor_keeps_every_other_claim() {
    auto refresh = made({.rotate = true});
    clock_.advance(std::chrono::seconds(60));
    const std::string old = refresh_token("a", R"(,"iat":1,"user_id":7,"role":{"x":[1]})");
    const auto outcome = std::get<tokens::Refreshed>(refresh.refresh(old, origin_, true));
    const auto claims = verifier_.verify(outcome.refresh, tokens::TokenType::refresh).value().claims;
    const std::string jti(claims.get("jti")->as_string());
    CPPUNIT_ASSERT(jti != "a");
    CPPUNIT_ASSERT_EQUAL(R"({"token_type":"refresh","exp":1700086460,"jti":")" + jti +
                             R"(","iat":1700000060,"user_id":7,"role":{"x":[1]}})",
                         claims.dump());
    const auto access = verifier_.verify(outcome.access, tokens::TokenType::access).value().claims;
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, access.get("iat")->as_integer());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimpleJwtTokensTest);

}  // namespace
