#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <barrier>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "crypto/asymmetric_key.h"
#include "session_house.h"

namespace {

using tokens_test::now;
using tokens_test::SessionHouse;

/// Many threads, each at one of two workers, refresh one token at once.
class SessionTokensRaceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionTokensRaceTest);
  CPPUNIT_TEST(refreshes_at_once_get_one_successor);
  CPPUNIT_TEST(so_do_those_of_a_foreign_token);
  CPPUNIT_TEST(randomized_signatures_have_the_same_claims);
  CPPUNIT_TEST(a_logout_in_between_leaves_nothing_alive);
  CPPUNIT_TEST_SUITE_END();

  static constexpr int racers = 8;
  SessionHouse::Tables tables_;

  struct Race {
    std::set<std::string> refresh;
    std::set<std::string> access;
    int refused = 0;
  };
  /// What happens beside the refreshes when so many of them are through; with -1 they begin behind it.
  struct Event {
    int after = 0;
    std::function<void()> happens = [] {};
  };
  template <typename Read>
  Race run(SessionHouse& one, SessionHouse& other, const std::string& token, Read read,
           const Event& event = {}) {
    std::vector<tokens::RefreshOutcome> outcomes(racers, tokens::NeedsDatabase{});
    std::barrier start(racers + 1);
    std::atomic<int> through{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < racers; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        outcomes[i] = (i % 2 == 0 ? one : other).refresh(token);
        ++through;
      });
    }
    if (event.after < 0) event.happens();
    start.arrive_and_wait();
    while (through < event.after) std::this_thread::yield();
    if (event.after >= 0) event.happens();
    for (auto& thread : threads) thread.join();
    Race race;
    for (const auto& outcome : outcomes) {
      if (const auto* pair = std::get_if<tokens::Refreshed>(&outcome)) {
        race.refresh.insert(read(pair->refresh));
        race.access.insert(read(pair->access));
      } else {
        ++race.refused;
      }
    }
    return race;
  }
  Race run(SessionHouse& one, SessionHouse& other, const std::string& token) {
    return run(one, other, token, [](const std::string& made) { return made; });
  }
  static void check(const Race& race) {
    CPPUNIT_ASSERT_EQUAL(0, race.refused);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, race.refresh.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, race.access.size());
  }

 public:
  void setUp() override { tables_.users.put(7, "alice"); }

  void refreshes_at_once_get_one_successor() {
    SessionHouse one(tables_);
    SessionHouse other(tables_);
    other.clock.advance(std::chrono::seconds(15));  // hosts never agree, and here by more than the grace
    std::string token = one.login().refresh;
    for (int round = 0; round < 50; ++round) {
      const Race race = run(one, other, token);
      check(race);
      token = *race.refresh.begin();
      one.clock.advance(std::chrono::seconds(30));
      other.clock.advance(std::chrono::seconds(30));
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{50}, one.row().generation);
    CPPUNIT_ASSERT(!one.row().revoked_at);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, tables_.sessions.all().size());
  }

  void so_do_those_of_a_foreign_token() {
    SessionHouse one(tables_);
    SessionHouse other(tables_);
    for (int round = 0; round < 20; ++round) {
      check(run(one, other,
                tokens_test::signed_with(R"({"token_type":"refresh","exp":)" + std::to_string(now + 300) +
                                         R"(,"jti":")" + std::to_string(round) + R"(","user_id":7})")));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, tables_.sessions.all().size());
    for (const auto& row : tables_.sessions.all()) CPPUNIT_ASSERT(!row.revoked_at && row.generation == 1);
  }

  void randomized_signatures_have_the_same_claims() {
    const auto pem = crypto::AsymmetricKey::generate_pem(crypto::KeyType::p256);
    const auto ring = [&] {
      tokens::KeyRingOptions options;
      options.private_pem = std::string(pem.reveal());
      return std::move(tokens::KeyRing::open(std::move(options)).value());
    };
    SessionHouse one(tables_, {}, {}, ring());
    SessionHouse other(tables_, {}, {}, ring());
    check(run(one, other, one.login().refresh,
              [&](const std::string& token) { return one.claims(token).dump(); }));
  }

  void a_logout_in_between_leaves_nothing_alive() {
    int refused = 0;
    for (int round = 0; round < 30; ++round) {
      SessionHouse one(tables_);
      SessionHouse other(tables_);
      const auto pair = one.login();
      const Race race = run(one, other, pair.refresh, [](const std::string& made) { return made; },
                            {round % (racers + 2) - 1, [&] {
                               one.ended.end(7, pair.session, store::SessionEnd::logout,
                                             store::AuditKind::logout, one.origin);
                             }});
      refused += race.refused;
      other.feed.poll_once();
      for (SessionHouse* worker : {&one, &other}) {
        CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), worker->verified(pair.access));
        for (const auto& token : race.access) {
          CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), worker->verified(token));
        }
        for (const auto& token : race.refresh) {
          CPPUNIT_ASSERT_EQUAL(std::string("blacklisted"), worker->outcome(token));
        }
      }
    }
    // Some came before it and some behind it: three rounds were behind it whole, three before it.
    CPPUNIT_ASSERT(refused >= 3 * racers && refused <= (30 - 3) * racers);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SessionTokensRaceTest);

}  // namespace
