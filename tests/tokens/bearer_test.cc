#include "tokens/bearer.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "fake_sessions.h"
#include "fakes.h"
#include "json/parse.h"
#include "tokens/issuer.h"

namespace {

using tokens::BearerDefect;
using tokens::BearerOutcome;
using tokens::TokenDefect;
using tokens_test::now;
using tokens_test::signed_with;

std::string describe(const BearerOutcome& outcome) {
  if (const auto* principal = std::get_if<tokens::Principal>(&outcome)) return principal->user->username;
  if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return "needs the database";
  if (const auto* defect = std::get_if<BearerDefect>(&outcome)) {
    switch (*defect) {
      case BearerDefect::absent:
        return "absent";
      case BearerDefect::bad_header:
        return "bad header";
      case BearerDefect::no_user_claim:
        return "no user claim";
      case BearerDefect::user_not_found:
        return "user not found";
      case BearerDefect::user_inactive:
        return "user inactive";
      case BearerDefect::password_changed:
        return "password changed";
    }
  }
  switch (std::get<TokenDefect>(outcome)) {
    case TokenDefect::invalid:
      return "invalid";
    case TokenDefect::expired:
      return "expired";
    case TokenDefect::wrong_type:
      return "wrong type";
    case TokenDefect::no_type:
      return "no type";
    case TokenDefect::no_id:
      return "no id";
    case TokenDefect::no_expiry:
      return "no expiry";
    case TokenDefect::blacklisted:
      return "blacklisted";
  }
  return "?";
}

/// An access token that ends in 300 s and has this user_id (JSON text; empty: none).
std::string access_token(const std::string& user_id, std::int64_t exp = now + 300) {
  return signed_with(R"({"token_type":"access","exp":)" + std::to_string(exp) + R"(,"jti":"j")" +
                     (user_id.empty() ? "" : ",\"user_id\":" + user_id) + "}");
}

/// Vouches for `k_…`, whose owner is user 7 or, for k_foreign, a subject of another issuer.
class FakeSource final : public tokens::CredentialSource {
 public:
  int asked = 0;

  bool takes(std::string_view credential) const noexcept override { return credential.starts_with("k_"); }
  std::variant<tokens::Vouched, TokenDefect, tokens::NeedsDatabase> vouch(std::string_view credential,
                                                                          bool may_ask_database) override {
    if (!may_ask_database) return tokens::NeedsDatabase{};
    ++asked;
    if (credential == "k_bad") return TokenDefect::invalid;
    tokens::Grant grant{"read write", std::nullopt};
    if (credential == "k_foreign")
      grant.subject = tokens::ForeignSubject{"https://other", "s1", "eve", "", {}};
    return tokens::Vouched{7, now + 300, {}, {{1}, true}, std::make_shared<tokens::Grant>(grant)};
  }
};

class BearerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BearerTest);
  CPPUNIT_TEST(splits_the_header_as_django_rest_framework_does);
  CPPUNIT_TEST(tells_what_is_wrong_with_the_token);
  CPPUNIT_TEST(reads_the_user_claim_as_django_does);
  CPPUNIT_TEST(asks_for_the_database_only_when_the_user_is_not_known);
  CPPUNIT_TEST(an_outage_goes_to_the_caller);
  CPPUNIT_TEST(a_token_expires_while_it_is_cached);
  CPPUNIT_TEST(leeway_counts_for_cached_tokens_too);
  CPPUNIT_TEST(a_refused_token_is_verified_again_each_time);
  CPPUNIT_TEST(one_changed_byte_of_a_cached_token_is_refused);
  CPPUNIT_TEST(a_deactivation_ends_a_cached_token);
  CPPUNIT_TEST(the_user_claim_has_a_name_of_its_own);
  CPPUNIT_TEST(tells_the_session_of_the_token);
  CPPUNIT_TEST(a_session_that_ended_ends_a_cached_token);
  CPPUNIT_TEST(a_stale_feed_needs_the_database_and_then_an_answer);
  CPPUNIT_TEST(a_credential_of_a_source_is_taken_where_credentials_are);
  CPPUNIT_TEST(a_source_is_asked_once_for_what_it_vouches_for);
  CPPUNIT_TEST(a_foreign_subject_is_no_user_of_ours);
  CPPUNIT_TEST(tells_when_the_owner_proved_who_he_is);
  CPPUNIT_TEST(many_threads_agree);
  CPPUNIT_TEST_SUITE_END();

  tokens::KeyRing ring_ = tokens_test::hs256_ring();
  tokens_test::ManualClock clock_;
  tokens_test::FakeUsers users_;
  tokens::Verifier verifier_{ring_, clock_, {}};
  tokens::UserDirectory directory_{users_, {}};
  tokens::BearerAuthenticator bearer_{verifier_, directory_, clock_, {}};

  std::string with(const std::string& header, bool may_ask_database = true) {
    return describe(bearer_.authenticate(header, may_ask_database));
  }
  std::string with_token(const std::string& token) { return with("Bearer " + token); }

 public:
  void setUp() override {
    users_.put(7, "alice");
    users_.put(8, "inactive", false);
  }

  void splits_the_header_as_django_rest_framework_does() {
    const std::string good = access_token("7");
    struct Row {
      const char* what;
      std::string header;
      const char* expected;
    };
    const std::vector<Row> rows{
        {"empty", "", "absent"},
        {"white space", " \t ", "absent"},
        {"scheme alone", "Bearer", "bad header"},
        {"scheme and white space", "Bearer \t", "bad header"},
        {"three parts", "Bearer a b", "bad header"},
        {"a good token and more", "Bearer " + good + " x", "bad header"},
        {"a good token twice", "Bearer " + good + " " + good, "bad header"},
        {"a good token split", "Bearer " + good.substr(0, 40) + " " + good.substr(40), "bad header"},
        {"another scheme", "Token " + good, "absent"},
        {"basic", "Basic dTpw", "absent"},
        {"lower case", "bearer " + good, "absent"},
        {"upper case", "BEARER " + good, "absent"},
        {"scheme and token in one", "Bearer" + good, "absent"},
        {"no scheme", good, "absent"},
        {"valid", "Bearer " + good, "alice"},
        {"spaces", "  Bearer   " + good + "  ", "alice"},
        {"a tab", "Bearer\t" + good, "alice"},
        {"vertical tab and form feed", "\v\fBearer\v" + good + "\f", "alice"},
        {"line breaks", "Bearer\r\n" + good + "\r\n", "alice"},
        {"a comma behind", "Bearer " + good + ",", "invalid"},
        {"NUL behind", "Bearer " + good + std::string(1, '\0'), "invalid"},
        {"no-break space is no white space here", "Bearer\xa0" + good, "absent"},
        {"bytes beyond ASCII", "Bearer \xe9\xff", "invalid"},
        {"7,000 bytes", "Bearer " + std::string(7000, 'x'), "invalid"},
        {"9,000 bytes", "Bearer " + std::string(9000, 'x'), "invalid"},
    };
    // Twice: the second time the good token comes out of the cache.
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, std::string(row.expected), with(row.header));
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, std::string(row.expected), with(row.header));
  }

  void tells_what_is_wrong_with_the_token() {
    const std::string end = std::to_string(now + 300);
    struct Row {
      std::string claims;
      const char* expected;
    };
    for (const Row& row : {
             Row{R"({"token_type":"access","exp":)" + end + R"(,"jti":"j","user_id":7})", "alice"},
             Row{R"({"token_type":"refresh","exp":)" + end + R"(,"jti":"j","user_id":7})", "wrong type"},
             Row{R"({"token_type":"access","exp":1,"jti":"j","user_id":7})", "expired"},
             Row{R"({"token_type":"access","jti":"j","user_id":7})", "no expiry"},
             Row{R"({"token_type":"access","exp":)" + end + R"(,"user_id":7})", "no id"},
             Row{R"({"exp":)" + end + R"(,"jti":"j","user_id":7})", "no type"},
             Row{R"({"token_type":"access","exp":)" + end + R"(,"jti":"j"})", "no user claim"},
             Row{R"({"token_type":"access","exp":)" + end + R"(,"jti":"j","user_id":9})", "user not found"},
             Row{R"({"token_type":"access","exp":)" + end + R"(,"jti":"j","user_id":8})", "user inactive"},
             Row{"[1]", "invalid"},
         }) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.claims, std::string(row.expected),
                                   with_token(signed_with(row.claims)));
    }
  }

  void reads_the_user_claim_as_django_does() {
    struct Row {
      const char* user_id;
      const char* expected;
    };
    for (const Row& row :
         {Row{"7", "alice"}, Row{R"("7")", "alice"}, Row{"7.5", "alice"}, Row{R"("abc")", "user not found"},
          Row{"null", "user not found"}, Row{"[7]", "user not found"}, Row{"-1", "user not found"},
          Row{"true", "user not found"}, Row{"1e30", "user not found"}, Row{"", "no user claim"}}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.user_id, std::string(row.expected),
                                   with_token(access_token(row.user_id)));
    }
    // libjwt refuses integers beyond 64 bits; Django finds no such user.
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), with_token(access_token("1000000000000000000000000000000")));
  }

  void asks_for_the_database_only_when_the_user_is_not_known() {
    const std::string header = "Bearer " + access_token("7");
    CPPUNIT_ASSERT_EQUAL(std::string("needs the database"), with(header, false));
    CPPUNIT_ASSERT_EQUAL(0, users_.single.load());
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with(header, true));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with(header, false));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with("Bearer " + access_token("7", now + 200), false));
    CPPUNIT_ASSERT_EQUAL(1, users_.single.load());
    // What needs no user needs no database.
    CPPUNIT_ASSERT_EQUAL(std::string("user not found"), with("Bearer " + access_token("-1"), false));
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), with("Bearer x", false));
    // A user who is known not to exist.
    CPPUNIT_ASSERT_EQUAL(std::string("user not found"), with("Bearer " + access_token("9"), true));
    CPPUNIT_ASSERT_EQUAL(std::string("user not found"), with("Bearer " + access_token("9"), false));
    CPPUNIT_ASSERT_EQUAL(2, users_.single.load());
  }

  void an_outage_goes_to_the_caller() {
    users_.away = true;
    CPPUNIT_ASSERT_EQUAL(std::string("needs the database"), with("Bearer " + access_token("7"), false));
    CPPUNIT_ASSERT_THROW(with("Bearer " + access_token("7"), true), util::Outage);
  }

  void a_token_expires_while_it_is_cached() {
    const std::string token = access_token("7", now + 5);
    for (int i = 0; i < 3; ++i) {
      clock_.set(now);
      CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(token));
      clock_.set(now + 4);
      CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(token));
      clock_.set(now + 5);
      CPPUNIT_ASSERT_EQUAL(std::string("expired"), with_token(token));
      CPPUNIT_ASSERT_EQUAL(std::string("expired"), with_token(token));
    }
  }

  void leeway_counts_for_cached_tokens_too() {
    tokens::VerifierOptions options;
    options.leeway = std::chrono::seconds(10);
    const tokens::Verifier verifier(ring_, clock_, options);
    tokens::BearerAuthenticator bearer(verifier, directory_, clock_, {});
    const std::string header = "Bearer " + access_token("7", now + 5);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(bearer.authenticate(header, true)));
    clock_.set(now + 14);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(bearer.authenticate(header, true)));
    clock_.set(now + 15);
    CPPUNIT_ASSERT_EQUAL(std::string("expired"), describe(bearer.authenticate(header, true)));
  }

  void a_refused_token_is_verified_again_each_time() {
    const std::string early =
        signed_with(R"({"token_type":"access","exp":)" + std::to_string(now + 300) +
                    R"(,"jti":"j","user_id":7,"nbf":)" + std::to_string(now + 10) + "}");
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), with_token(early));
    clock_.set(now + 10);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(early));
  }

  void one_changed_byte_of_a_cached_token_is_refused() {
    const std::string good = access_token("7");
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(good));
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = bad[i] == 'A' ? 'B' : 'A';
      CPPUNIT_ASSERT_MESSAGE(bad, with_token(bad) != "alice");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(good));
  }

  void a_deactivation_ends_a_cached_token() {
    const std::string token = access_token("7");
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(token));
    users_.put(7, "alice", false);
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("user inactive"), with_token(token));
    users_.remove(7);
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("user not found"), with_token(token));
    users_.put(7, "alice");
    directory_.forget(7);
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), with_token(token));
  }

  void the_user_claim_has_a_name_of_its_own() {
    tokens::BearerOptions options;
    options.users.user_id_claim = "sub";
    tokens::BearerAuthenticator bearer(verifier_, directory_, clock_, options);
    CPPUNIT_ASSERT_EQUAL(std::string("no user claim"),
                         describe(bearer.authenticate("Bearer " + access_token("7"), true)));
    const std::string token = signed_with(R"({"token_type":"access","exp":)" + std::to_string(now + 300) +
                                          R"(,"jti":"j","sub":"7"})");
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(bearer.authenticate("Bearer " + token, true)));
  }

  void tells_the_session_of_the_token() {
    const std::string sid = "018bcfe5687b70011223344556677889";
    const std::string token = signed_with(R"({"token_type":"access","exp":)" + std::to_string(now + 300) +
                                          R"(,"jti":"j","user_id":7,"sid":")" + sid + "\"}");
    for (int i = 0; i < 2; ++i) {  // read, and from the cache
      const auto ours = std::get<tokens::Principal>(bearer_.authenticate("Bearer " + token, true));
      CPPUNIT_ASSERT(ours.has_sid);
      CPPUNIT_ASSERT_EQUAL(sid, tokens::sid_text(ours.session));
      CPPUNIT_ASSERT_EQUAL(now + 300, ours.token_expires);
      const auto foreign =
          std::get<tokens::Principal>(bearer_.authenticate("Bearer " + access_token("7"), true));
      CPPUNIT_ASSERT(!foreign.has_sid && foreign.session != store::SessionId{});
    }
  }

  void a_session_that_ended_ends_a_cached_token() {
    tokens_test::FakeRevocations rows;
    tokens::RevocationFeed feed(rows, clock_, {});
    feed.poll_once();
    tokens::BearerAuthenticator bearer(verifier_, directory_, clock_, {}, &feed);
    const std::string header = "Bearer " + access_token("7");
    const auto principal = std::get<tokens::Principal>(bearer.authenticate(header, true));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(bearer.authenticate(header, false)));
    rows.put({0, 7, principal.session, 0, now + 300}, true);
    feed.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), describe(bearer.authenticate(header, false)));
    // Before the user is looked at, as simplejwt does.
    users_.remove(7);
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), describe(bearer.authenticate(header, false)));
  }

  void a_stale_feed_needs_the_database_and_then_an_answer() {
    tokens_test::FakeRevocations rows;
    tokens::RevocationFeed feed(rows, clock_, {});  // never loaded
    tokens::BearerAuthenticator bearer(verifier_, directory_, clock_, {}, &feed);
    const std::string header = "Bearer " + access_token("7");
    directory_.fetch(7);
    CPPUNIT_ASSERT_EQUAL(std::string("needs the database"), describe(bearer.authenticate(header, false)));
    rows.away = true;
    CPPUNIT_ASSERT_THROW(bearer.authenticate(header, true), util::Outage);
    rows.away = false;
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(bearer.authenticate(header, true)));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(bearer.authenticate(header, false)));
  }

  void a_credential_of_a_source_is_taken_where_credentials_are() {
    FakeSource source;
    tokens::BearerAuthenticator bearer(verifier_, directory_, clock_, {}, nullptr, {&source});
    using tokens::Accepts;
    const auto ask = [&](const std::string& token, Accepts accepts) {
      return describe(bearer.authenticate("Bearer " + token, true, accepts));
    };
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), ask("k_1", Accepts::logins));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), ask("k_1", Accepts::credentials));
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), ask("k_1", Accepts::logins));  // and from the cache
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), ask("k_bad", Accepts::credentials));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), ask(access_token("7"), Accepts::credentials));
    users_.put(7, "alice", false);
    directory_.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("user inactive"), ask("k_1", Accepts::credentials));
  }

  void a_source_is_asked_once_for_what_it_vouches_for() {
    FakeSource source;
    tokens::BearerAuthenticator bearer(verifier_, directory_, clock_, {}, nullptr, {&source});
    const auto ask = [&](bool may_ask_database) {
      return bearer.authenticate("Bearer k_1", may_ask_database, tokens::Accepts::credentials);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("needs the database"), describe(ask(false)));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(ask(true)));
    const auto principal = std::get<tokens::Principal>(ask(false));
    CPPUNIT_ASSERT_EQUAL(std::string("read write"), principal.grant->scope);
    CPPUNIT_ASSERT_EQUAL(1, source.asked);
    // And once more when that is over: a source may vouch for a while only.
    clock_.set(now + 300);
    CPPUNIT_ASSERT_EQUAL(std::string("needs the database"), describe(ask(false)));
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), describe(ask(true)));
    CPPUNIT_ASSERT_EQUAL(2, source.asked);
  }

  void a_foreign_subject_is_no_user_of_ours() {
    FakeSource source;
    tokens::BearerAuthenticator bearer(verifier_, directory_, clock_, {}, nullptr, {&source});
    const auto principal = std::get<tokens::Principal>(
        bearer.authenticate("Bearer k_foreign", true, tokens::Accepts::credentials));
    CPPUNIT_ASSERT(principal.user == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("eve"), principal.grant->subject->username);
    CPPUNIT_ASSERT_EQUAL(0, users_.single.load());
  }

  void tells_when_the_owner_proved_who_he_is() {
    const std::string times = R"({"token_type":"access","jti":"j","user_id":7,"iat":)" +
                              std::to_string(now - 9) + ",\"exp\":" + std::to_string(now + 300);
    const auto of = [&](const std::string& claims) {
      return std::get<tokens::Principal>(bearer_.authenticate("Bearer " + signed_with(claims), true))
          .authenticated;
    };
    CPPUNIT_ASSERT_EQUAL(now - 9, of(times + "}"));
    // 2023-11-14T22:00:00Z, where the session began; the token itself is of a later refresh.
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1'699'999'200},
                         of(times + R"(,"sid":"018bcfd9330070011223344556677889"})"));
    // Where a refresh renews `iat`, that tells of no login.
    tokens::BearerOptions options;
    options.iat_is_login = false;
    tokens::BearerAuthenticator rotating(verifier_, directory_, clock_, options);
    const auto foreign =
        std::get<tokens::Principal>(rotating.authenticate("Bearer " + signed_with(times + "}"), true));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, foreign.authenticated);
    CPPUNIT_ASSERT_EQUAL(now - 9, foreign.issued);
  }

  void many_threads_agree() {
    std::vector<std::string> headers;
    for (int i = 0; i < 50; ++i) headers.push_back("Bearer " + access_token("7", now + 300 + i));
    directory_.start();
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 400; ++i) {
          std::string header = headers[(i * 7 + static_cast<std::size_t>(t)) % headers.size()];
          if (with(header) != "alice") ++wrong;
          header[header.size() - 10] = header[header.size() - 10] == 'A' ? 'B' : 'A';
          if (with(header) != "invalid") ++wrong;
          if (i % 50 == 0) directory_.forget(7);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    directory_.stop();
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BearerTest);

}  // namespace
