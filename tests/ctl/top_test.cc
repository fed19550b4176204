// Rates between two looks at the scoreboard, and what status makes of one.
#include "ctl/top.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <filesystem>

#include "api/routes.h"
#include "ctl/scripted_terminal.h"
#include "ctl/status.h"

namespace {

using jwtauthd::Health;
using metrics::Count;
using metrics::Level;

constexpr metrics::RouteLabel kRoutes[] = {{"GET", "/a/"}, {"POST", "/b/"}};

metrics::Reading reading(std::uint64_t moment) {
  return {moment, std::make_unique<metrics::Values>(), {}};
}
std::uint64_t& cell(metrics::Values& values, Count what) {
  return values.counts[static_cast<std::size_t>(what)];
}
std::uint64_t& cell(metrics::Values& values, Level what) {
  return values.levels[static_cast<std::size_t>(what)];
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A service in which all is well.
metrics::Reading healthy() {
  auto made = reading(1'000'000);
  cell(*made.all, Level::database_up) = 1;
  metrics::Values worker;
  worker.pid = 77;
  worker.seen = 999'500;
  cell(worker, Level::feed_polled) = 999'750;
  made.workers.emplace_back(1U, worker);
  made.workers.emplace_back(2U, worker);
  return made;
}

class TopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TopTest);
  CPPUNIT_TEST(rates_are_of_the_interval);
  CPPUNIT_TEST(quantiles_lie_within_their_bucket);
  CPPUNIT_TEST(a_count_that_went_down_is_a_beginning);
  CPPUNIT_TEST(screen_and_json_tell_the_same);
  CPPUNIT_TEST(watches_until_it_is_over);
  CPPUNIT_TEST(says_when_there_is_no_scoreboard);
  CPPUNIT_TEST(status_is_that_of_the_worst_part);
  CPPUNIT_TEST_SUITE_END();

  static jwtauthd::Rates some_rates() {
    auto before = reading(10'000);
    auto after = reading(12'000);
    before.all->routes[1].statuses[0] = 5;
    before.all->routes[1].buckets[2] = 5;
    after.all->routes[1].statuses[0] = 105;  // 200
    after.all->routes[1].statuses[6] = 10;   // 401
    after.all->routes[1].statuses[17] = 2;   // 503
    after.all->routes[1].buckets[2] = 117;
    after.all->routes[0].statuses[0] = 1;
    after.all->routes[0].buckets[0] = 1;
    cell(*before.all, Count::login_ok) = 7;
    cell(*after.all, Count::login_ok) = 10;
    cell(*after.all, Count::token_hit) = 3;
    cell(*after.all, Count::token_miss) = 1;
    cell(*after.all, Level::feed_polled) = 1'250;
    metrics::Values worker;
    worker.pid = 77;
    worker.seen = 11'000;
    before.workers.emplace_back(3U, worker);
    worker.routes[0].buckets[0] = 20;
    after.workers.emplace_back(3U, worker);
    after.workers.emplace_back(4U, worker);  // began in between, where another one had counted
    return jwtauthd::rates_between(before, after, kRoutes);
  }

 public:
  void rates_are_of_the_interval() {
    const auto rates = some_rates();
    CPPUNIT_ASSERT_DOUBLES_EQUAL(2.0, rates.seconds, 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(56.5, rates.all.requests, 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(5.0, rates.all.refused, 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(1.0, rates.all.failed, 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(1.5, rates.of(Count::login_ok), 1e-9);
    CPPUNIT_ASSERT_EQUAL(std::string("POST /b/"), rates.routes.at(0).route);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.5, rates.routes.at(1).traffic.requests, 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(10.0, rates.workers.at(0).requests, 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0.0, rates.workers.at(1).requests, 1e-9);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1'000}, rates.workers.at(0).silent_for);
  }

  void quantiles_lie_within_their_bucket() {
    std::array<std::uint64_t, metrics::kBuckets> buckets{};
    CPPUNIT_ASSERT(!jwtauthd::quantile(buckets, 0.5));
    buckets[4] = 100;  // 50 to 100 µs
    CPPUNIT_ASSERT_DOUBLES_EQUAL(75e-6, *jwtauthd::quantile(buckets, 0.5), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(99.5e-6, *jwtauthd::quantile(buckets, 0.99), 1e-9);
    buckets[7] = 100;  // 0.5 to 1 ms
    CPPUNIT_ASSERT_DOUBLES_EQUAL(100e-6, *jwtauthd::quantile(buckets, 0.5), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(990e-6, *jwtauthd::quantile(buckets, 0.99), 1e-9);
    buckets.back() = 1000;
    CPPUNIT_ASSERT_DOUBLES_EQUAL(5.0, *jwtauthd::quantile(buckets, 0.99), 1e-9);
  }

  void a_count_that_went_down_is_a_beginning() {
    auto before = reading(1'000);
    auto after = reading(2'000);
    cell(*before.all, Count::login_ok) = 100;
    cell(*after.all, Count::login_ok) = 3;
    CPPUNIT_ASSERT_DOUBLES_EQUAL(3.0, jwtauthd::rates_between(before, after, kRoutes).of(Count::login_ok),
                                 1e-9);
  }

  void screen_and_json_tell_the_same() {
    const auto rates = some_rates();
    std::string screen;
    for (const auto& line : jwtauthd::top_screen(rates)) screen += line + "\n";
    for (const char* part : {"56.5/s", "4xx 5.0/s", "5xx 1.0/s", "tokens 75.0 %", "revocations 1.2 s",
                             "POST /b/", "WORKER", "77"}) {
      CPPUNIT_ASSERT_MESSAGE(screen, has(screen, part));
    }
    const auto json = jwtauthd::top_json(rates);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(56.5, json.get("all")->get("requests_per_second")->as_real(), 1e-9);
    const auto logins = json.get("counts")->get("jwtauthd_logins_total{outcome=\"ok\"}");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, logins->get("total")->as_integer());
    CPPUNIT_ASSERT_DOUBLES_EQUAL(1.5, logins->get("per_second")->as_real(), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(
        1.25, json.get("levels")->get("jwtauthd_revocation_feed_age_seconds")->as_real(), 1e-9);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{77}, json.get("workers")->at(0).get("pid")->as_integer());
  }

  void watches_until_it_is_over() {
    const std::string path =
        std::filesystem::temp_directory_path() / ("jwtauthd-top." + std::to_string(::getpid()));
    {
      const auto board = metrics::Scoreboard::claim(path, api::route_labels());
      CPPUNIT_ASSERT(board.has_value());
      for (const bool redraw : {false, true}) {
        ctl_test::ScriptedTerminal terminal;
        int looks = 0;
        const auto wait = [&](double) {
          metrics::answered(0, 200, 10);
          return ++looks < 3;
        };
        const auto code = jwtauthd::watch({.scoreboard = path, .redraw = redraw}, wait, terminal);
        CPPUNIT_ASSERT(code == jwtauthd::ExitCode::ok);
        CPPUNIT_ASSERT_EQUAL(redraw, terminal.output.starts_with("\x1b[H"));
        CPPUNIT_ASSERT(has(terminal.output, "POST /api/register/"));
      }
      ctl_test::ScriptedTerminal terminal;
      const auto always = [](double) { return true; };
      jwtauthd::watch({.scoreboard = path, .once = true, .json = true}, always, terminal);
      CPPUNIT_ASSERT(has(terminal.output, "\"requests_per_second\""));
    }
    std::filesystem::remove(path);
  }

  void says_when_there_is_no_scoreboard() {
    ctl_test::ScriptedTerminal terminal;
    const auto never = [](double) { return false; };
    CPPUNIT_ASSERT(jwtauthd::watch({.scoreboard = "/nonexistent/board"}, never, terminal) ==
                   jwtauthd::ExitCode::refused);
    CPPUNIT_ASSERT(has(terminal.errors, "/nonexistent/board"));
  }

  void status_is_that_of_the_worst_part() {
    const config::Config config;
    const jwtauthd::doctor::Report nothing;
    const auto health = [&](const metrics::Reading& reading, const jwtauthd::doctor::Report& report) {
      return jwtauthd::judge(config,
                             metrics::Reading{reading.moment, std::make_unique<metrics::Values>(*reading.all),
                                              reading.workers},
                             report)
          .health();
    };
    CPPUNIT_ASSERT(health(healthy(), nothing) == Health::ok);

    auto one_hangs = healthy();
    one_hangs.workers[1].second.seen = 900'000;
    CPPUNIT_ASSERT(health(one_hangs, nothing) == Health::degraded);
    one_hangs.workers[0].second.seen = 900'000;
    CPPUNIT_ASSERT(health(one_hangs, nothing) == Health::down);

    auto nobody = healthy();
    nobody.workers.clear();
    CPPUNIT_ASSERT(health(nobody, nothing) == Health::down);
    CPPUNIT_ASSERT(jwtauthd::judge(config, util::fail("no such file"), nothing).health() == Health::down);

    auto stale = healthy();
    cell(stale.workers[1].second, Level::feed_polled) = 975'000;
    CPPUNIT_ASSERT(health(stale, nothing) == Health::degraded);
    cell(stale.workers[1].second, Level::feed_polled) = 900'000;
    CPPUNIT_ASSERT(health(stale, nothing) == Health::degraded);  // the other one takes tokens
    cell(stale.workers[0].second, Level::feed_polled) = 900'000;
    CPPUNIT_ASSERT(health(stale, nothing) == Health::down);

    jwtauthd::doctor::Report away;
    away.begin("database.connection");
    away.problem("The database does not answer.", "Start it.");
    CPPUNIT_ASSERT(health(healthy(), away) == Health::degraded);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(TopTest);
