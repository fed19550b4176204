#include "tokens/personal_tokens.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "fake_personal_tokens.h"
#include "fake_sessions.h"
#include "fakes.h"
#include "tokens/bearer.h"

namespace {

using tokens::Accepts;
using tokens::TokenDefect;
using tokens_test::now;

/// What several workers share.
struct Tables {
  tokens_test::FakeAudit audit;
  tokens_test::FakeRevocations revocations;
  tokens_test::FakePersonalTokens rows{[this](const store::Revocation& one) { revocations.put(one, true); },
                                       audit};
  tokens_test::FakeUsers users;
  tokens_test::ManualClock clock;
};

struct Worker {
  explicit Worker(Tables& shared, tokens::PersonalTokenOptions options = {}, std::chrono::seconds leeway = {})
      : tables(shared), leeway_(leeway), options_(options) {
    feed.poll_once();
  }

  Tables& tables;
  const std::chrono::seconds leeway_;
  const tokens::PersonalTokenOptions options_;
  util::SystemRandom random;
  tokens::KeyRing ring = tokens_test::hs256_ring();
  tokens::Verifier verifier{ring, tables.clock, {.leeway = leeway_, .issuer = "", .audience = ""}};
  tokens::UserDirectory directory{tables.users, {}};
  tokens::RevocationFeed feed{tables.revocations, tables.clock, {}};
  tokens::PersonalTokens personal{tables.rows, feed, tables.clock, random, options_};
  tokens::BearerAuthenticator bearer{verifier, directory, tables.clock, {}, &feed, {&personal}};

  tokens::PersonalTokens::Made make(std::optional<std::int64_t> expires = now + 86400) {
    std::optional<util::TimePoint> end;
    if (expires) end = util::TimePoint(std::chrono::seconds(*expires));
    auto outcome = personal.create(7, {"deploy", "read write", end}, {{9}, {}}, {"192.0.2.1", "", "r1"});
    return std::get<tokens::PersonalTokens::Made>(std::move(outcome));
  }
  tokens::BearerOutcome ask(std::string_view token, bool may_ask_database = true,
                            Accepts accepts = Accepts::credentials) {
    return bearer.authenticate("Bearer " + std::string(token), may_ask_database, accepts);
  }
  /// "good", or why not.
  std::string told(std::string_view token, bool may_ask_database = true,
                   Accepts accepts = Accepts::credentials) {
    const auto outcome = ask(token, may_ask_database, accepts);
    if (std::holds_alternative<tokens::Principal>(outcome)) return "good";
    if (std::holds_alternative<tokens::NeedsDatabase>(outcome)) return "needs the database";
    if (const auto* defect = std::get_if<TokenDefect>(&outcome)) {
      if (*defect == TokenDefect::blacklisted) return "blacklisted";
      return *defect == TokenDefect::expired ? "expired" : "invalid";
    }
    return std::get<tokens::BearerDefect>(outcome) == tokens::BearerDefect::user_inactive ? "inactive" : "?";
  }
};

class PersonalTokensTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PersonalTokensTest);
  CPPUNIT_TEST(is_good_for_its_owner_and_scope_where_credentials_are_taken);
  CPPUNIT_TEST(is_no_login);
  CPPUNIT_TEST(only_its_hash_is_kept);
  CPPUNIT_TEST(junk_is_refused_without_the_database);
  CPPUNIT_TEST(costs_one_look_in_ten_minutes);
  CPPUNIT_TEST(use_is_noted_once_a_minute_at_most);
  CPPUNIT_TEST(a_use_that_cannot_be_noted_is_no_failure);
  CPPUNIT_TEST(ends_at_its_end_cached_or_not);
  CPPUNIT_TEST(one_without_end_goes_on);
  CPPUNIT_TEST(a_deactivated_owner_is_refused);
  CPPUNIT_TEST(what_is_revoked_is_refused_at_once_here_and_at_the_next_poll_elsewhere);
  CPPUNIT_TEST(a_row_that_was_read_before_its_end_opens_nothing_after_it);
  CPPUNIT_TEST(the_feed_holds_an_end_longer_than_any_worker_goes_by_the_row);
  CPPUNIT_TEST(nobody_revokes_another_ones);
  CPPUNIT_TEST(there_is_a_limit_for_each_user);
  CPPUNIT_TEST(a_login_that_has_ended_makes_none);
  CPPUNIT_TEST(switched_off_none_is_good);
  CPPUNIT_TEST(an_outage_goes_to_the_caller);
  CPPUNIT_TEST(threads_that_use_and_revoke_agree_in_the_end);
  CPPUNIT_TEST_SUITE_END();

  Tables tables_;
  Worker worker_{tables_};

 public:
  void setUp() override { tables_.users.put(7, "ada"); }

  void is_good_for_its_owner_and_scope_where_credentials_are_taken() {
    const auto made = worker_.make();
    tables_.clock.set(now + 60);
    const auto principal = std::get<tokens::Principal>(worker_.ask(made.text.reveal()));
    CPPUNIT_ASSERT_EQUAL(std::string("ada"), principal.user->username);
    CPPUNIT_ASSERT_EQUAL(std::string("read write"), principal.grant->scope);
    CPPUNIT_ASSERT(!principal.grant->subject);
    CPPUNIT_ASSERT(principal.session == made.row.id && principal.has_sid);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("its owner was there when it was made", now, principal.authenticated);
  }

  void is_no_login() {
    const auto made = worker_.make();
    for (int i = 0; i < 2; ++i) {  // the second time it is in the cache
      CPPUNIT_ASSERT_EQUAL(std::string("invalid"), worker_.told(made.text.reveal(), true, Accepts::logins));
      CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
    }
  }

  void only_its_hash_is_kept() {
    const auto made = worker_.make();
    const auto row = tables_.rows.rows().at(0);
    CPPUNIT_ASSERT(row.hint == made.text.reveal().substr(45) && row.hint.size() == 4);
    CPPUNIT_ASSERT(tables_.rows.find_by_hash(crypto::sha256(made.text.reveal())).has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("token_created 7"), tables_.audit.told().at(0));
    CPPUNIT_ASSERT(tables_.audit.events().at(0).session == row.id);
    CPPUNIT_ASSERT(tables_.rows.made_by.session == store::SessionId{9});
  }

  void junk_is_refused_without_the_database() {
    std::string changed(worker_.make().text.reveal());
    changed[20] = changed[20] == 'x' ? 'y' : 'x';
    for (const std::string& junk : {changed, std::string("jwtauthd_pat_"), changed.substr(0, 30)}) {
      CPPUNIT_ASSERT_EQUAL(std::string("invalid"), worker_.told(junk, false));
    }
    CPPUNIT_ASSERT_EQUAL(0, tables_.rows.reads.load());
    const auto unknown = Worker(tables_).make();
    tables_.rows.remove(7, unknown.row.id, {});
    CPPUNIT_ASSERT_EQUAL(std::string("needs the database"), worker_.told(unknown.text.reveal(), false));
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), worker_.told(unknown.text.reveal()));
  }

  void costs_one_look_in_ten_minutes() {
    const auto made = worker_.make();
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
    for (const int seconds : {0, 300, 599}) {
      tables_.clock.set(now + seconds);
      CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal(), false));
    }
    CPPUNIT_ASSERT_EQUAL(1, tables_.rows.reads.load());
    tables_.clock.set(now + 600);
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
    CPPUNIT_ASSERT_EQUAL(2, tables_.rows.reads.load());
    CPPUNIT_ASSERT(tables_.rows.rows().at(0).last_used_at == tables_.clock.now());
  }

  void use_is_noted_once_a_minute_at_most() {
    const auto made = worker_.make();
    for (int i = 0; i < 5; ++i) Worker(tables_).told(made.text.reveal());
    CPPUNIT_ASSERT_EQUAL(1, tables_.rows.writes.load());
    tables_.clock.set(now + 60);
    Worker(tables_).told(made.text.reveal());
    CPPUNIT_ASSERT_EQUAL(2, tables_.rows.writes.load());
  }

  void a_use_that_cannot_be_noted_is_no_failure() {
    const auto made = worker_.make();
    tables_.rows.full = true;
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
  }

  void ends_at_its_end_cached_or_not() {
    for (const std::chrono::seconds leeway : {std::chrono::seconds(0), std::chrono::seconds(30)}) {
      tables_.clock.set(now);
      Worker cached(tables_, {.leeway = leeway}, leeway);
      const auto made = cached.make(now + 100);
      CPPUNIT_ASSERT_EQUAL(std::string("good"), cached.told(made.text.reveal()));
      const struct {
        std::int64_t after;
        const char* expected;
      } rows[] = {{99, "good"}, {100, "expired"}};
      for (const auto& row : rows) {
        tables_.clock.set(now + row.after + leeway.count());
        CPPUNIT_ASSERT_EQUAL(std::string(row.expected), cached.told(made.text.reveal()));
        Worker fresh(tables_, {.leeway = leeway}, leeway);
        CPPUNIT_ASSERT_EQUAL(std::string(row.expected), fresh.told(made.text.reveal()));
      }
    }
  }

  void one_without_end_goes_on() {
    const auto made = worker_.make(std::nullopt);
    tables_.clock.set(now + 10'000'000'000);
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
  }

  void a_deactivated_owner_is_refused() {
    const auto made = worker_.make();
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
    tables_.users.put(7, "ada", false);
    worker_.directory.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("inactive"), worker_.told(made.text.reveal(), false));
  }

  void what_is_revoked_is_refused_at_once_here_and_at_the_next_poll_elsewhere() {
    Worker other(tables_);
    const auto made = worker_.make();
    for (Worker* worker : {&worker_, &other})
      CPPUNIT_ASSERT_EQUAL(std::string("good"), worker->told(made.text.reveal()));
    CPPUNIT_ASSERT(worker_.personal.revoke(7, made.row.id, "", {"192.0.2.1", "", "r2"}));
    CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), worker_.told(made.text.reveal(), false));
    CPPUNIT_ASSERT_EQUAL(std::string("good"), other.told(made.text.reveal(), false));
    other.feed.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), other.told(made.text.reveal(), false));
    CPPUNIT_ASSERT_EQUAL(std::string("token_revoked 7"), tables_.audit.told().at(1));
    CPPUNIT_ASSERT(!worker_.personal.revoke(7, made.row.id, "", {}));
  }

  void a_row_that_was_read_before_its_end_opens_nothing_after_it() {
    Worker other(tables_);
    const auto made = worker_.make();
    // Read by one worker, and ended by another before that one goes on: noted no more, it is refused.
    tables_.rows.after_read = [&] { other.personal.revoke(7, made.row.id, "", {}); };
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), worker_.told(made.text.reveal()));
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), worker_.told(made.text.reveal()));

    // Where its use was noted a moment ago, or cannot be, it may be cached: until the poll.
    const auto another = worker_.make();
    tables_.rows.full = true;
    tables_.rows.after_read = [&] { other.personal.revoke(7, another.row.id, "", {}); };
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(another.text.reveal()));
    worker_.feed.poll_once();
    CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), worker_.told(another.text.reveal()));
  }

  void the_feed_holds_an_end_longer_than_any_worker_goes_by_the_row() {
    for (const std::chrono::seconds leeway : {std::chrono::seconds(0), std::chrono::seconds(86400)}) {
      Worker late(tables_, {.leeway = leeway}, leeway);
      const auto made = worker_.make(std::nullopt);
      const auto read = std::get<tokens::Vouched>(late.personal.vouch(made.text.reveal(), true));
      CPPUNIT_ASSERT(late.personal.revoke(7, made.row.id, "", {}));
      const std::int64_t held_until = tables_.revocations.all().back().expires;
      CPPUNIT_ASSERT(late.verifier.expired(read.expires, held_until));
    }
  }

  void nobody_revokes_another_ones() {
    const auto made = worker_.make();
    CPPUNIT_ASSERT(!worker_.personal.revoke(8, made.row.id, "", {}));
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
    CPPUNIT_ASSERT(worker_.personal.list(8).empty());
    CPPUNIT_ASSERT(tables_.revocations.all().empty());
  }

  void there_is_a_limit_for_each_user() {
    Worker strict(tables_, {.max_per_user = 2});
    for (int i = 0; i < 2; ++i) strict.make();
    const auto outcome = strict.personal.create(7, {"third", "", {}}, {}, {});
    CPPUNIT_ASSERT(std::get<tokens::PersonalTokens::Refusal>(outcome) ==
                   tokens::PersonalTokens::Refusal::too_many);
  }

  void a_login_that_has_ended_makes_none() {
    tables_.rows.ended = true;
    const auto outcome = worker_.personal.create(7, {"x", "", {}}, {}, {});
    CPPUNIT_ASSERT(std::get<tokens::PersonalTokens::Refusal>(outcome) ==
                   tokens::PersonalTokens::Refusal::login_ended);
  }

  void switched_off_none_is_good() {
    const auto made = worker_.make();
    Worker off(tables_, {.enabled = false});
    CPPUNIT_ASSERT_EQUAL(std::string("invalid"), off.told(made.text.reveal(), false));
  }

  void an_outage_goes_to_the_caller() {
    const auto made = worker_.make();
    tables_.rows.away = true;
    CPPUNIT_ASSERT_THROW(worker_.told(made.text.reveal()), util::Outage);
    tables_.rows.away = false;
    CPPUNIT_ASSERT_EQUAL(std::string("good"), worker_.told(made.text.reveal()));
  }

  void threads_that_use_and_revoke_agree_in_the_end() {
    Worker other(tables_);
    std::vector<tokens::PersonalTokens::Made> made;
    for (int i = 0; i < 20; ++i) made.push_back(worker_.make());
    std::atomic<int> others{0};
    std::vector<std::thread> threads;
    for (Worker* worker : {&worker_, &other}) {
      threads.emplace_back([&, worker] {
        for (int round = 0; round < 20; ++round) {
          for (const auto& one : made) {
            const auto told = worker->told(one.text.reveal());
            others += told != "good" && told != "blacklisted" && told != "invalid" ? 1 : 0;
          }
        }
      });
    }
    for (const auto& one : made) other.personal.revoke(7, one.row.id, "", {});
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, others.load());
    worker_.feed.poll_once();
    for (const auto& one : made) {
      for (Worker* worker : {&worker_, &other}) CPPUNIT_ASSERT(worker->told(one.text.reveal()) != "good");
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PersonalTokensTest);

}  // namespace
