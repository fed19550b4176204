// What an operator sees of two workers: counts that add up whichever answers and never go down, jwtauthctl
// top and status, the log.
#include <cppunit/extensions/HelperMacros.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "integration/steps.h"
#include "json/parse.h"

namespace integration {
namespace {

using Series = std::map<std::string, double>;

Series metrics() {
  const auto answer = get("/metrics");
  CPPUNIT_ASSERT_EQUAL(200, answer.status);
  CPPUNIT_ASSERT_EQUAL(std::string("text/plain; version=0.0.4; charset=utf-8"),
                       answer.header("content-type"));
  Series series;
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const auto space = line.rfind(' ');
    series[line.substr(0, space)] = std::strtod(line.c_str() + space + 1, nullptr);
  }
  return series;
}

double requests(const Series& series, const std::string& method, const std::string& route, int status) {
  const auto found = series.find("jwtauthd_requests_total{method=\"" + method + "\",route=\"" + route +
                                 "\",status=\"" + std::to_string(status) + "\"}");
  return found == series.end() ? 0 : found->second;
}

bool is_count(const std::string& name) {
  return name.find("_total") != std::string::npos || name.find("_seconds_bucket") != std::string::npos ||
         name.find("_seconds_count") != std::string::npos;
}

}  // namespace

class MetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsTest);
  CPPUNIT_TEST(counts_add_up_whichever_worker_answers);
  CPPUNIT_TEST(counts_never_go_down_when_a_worker_is_killed);
  CPPUNIT_TEST(gauges_tell_of_every_worker);
  CPPUNIT_TEST(top_and_status_read_the_same);
  CPPUNIT_TEST(trace_and_session_are_logged);
  CPPUNIT_TEST_SUITE_END();

 public:
  void counts_add_up_whichever_worker_answers() {
    const auto account = register_and_login();
    const Series before = metrics();
    for (int i = 0; i < 40; ++i) CPPUNIT_ASSERT_EQUAL(200, dashboard(account.access).status);
    for (int i = 0; i < 7; ++i) CPPUNIT_ASSERT_EQUAL(401, dashboard("x").status);
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(404, get("/api/no/such/" + std::to_string(i)).status);
    CPPUNIT_ASSERT_EQUAL(405, request("PUT", "/api/login/").status);
    CPPUNIT_ASSERT_EQUAL(401, login(account.username, "wrong-password").status);
    CPPUNIT_ASSERT_EQUAL(200, refresh(account.refresh).status);
    // Asked often enough that both answer.
    for (int i = 0; i < 20; ++i) {
      const Series after = metrics();
      const auto more = [&](const std::string& method, const std::string& route, int status) {
        return requests(after, method, route, status) - requests(before, method, route, status);
      };
      const auto grown = [&](const std::string& name) { return after.at(name) - before.at(name); };
      CPPUNIT_ASSERT_EQUAL(40.0, more("GET", "/api/dashboard/", 200));
      CPPUNIT_ASSERT_EQUAL(7.0, more("GET", "/api/dashboard/", 401));
      CPPUNIT_ASSERT_EQUAL(3.0, more("other", "other", 404));
      CPPUNIT_ASSERT_EQUAL(1.0, more("other", "other", 405));
      CPPUNIT_ASSERT_EQUAL(1.0, grown("jwtauthd_logins_total{outcome=\"refused\"}"));
      CPPUNIT_ASSERT_EQUAL(1.0, grown("jwtauthd_refreshes_total{outcome=\"ok\"}"));
      CPPUNIT_ASSERT_EQUAL(i + 1.0, more("GET", "/metrics", 200));
      CPPUNIT_ASSERT_EQUAL(
          47.0, grown("jwtauthd_request_duration_seconds_count{method=\"GET\",route=\"/api/dashboard/\"}"));
      // Once more where a worker did not know the user yet, and went to the database lane.
      CPPUNIT_ASSERT(grown("jwtauthd_token_cache_total{result=\"hit\"}") +
                         grown("jwtauthd_token_cache_total{result=\"miss\"}") >=
                     47.0);
    }
  }

  void counts_never_go_down_when_a_worker_is_killed() {
    const auto account = register_and_login();
    CPPUNIT_ASSERT_EQUAL(0, others_than(200, account.access));
    Series before = metrics();
    for (const int number : {1, 2}) {
      const pid_t killed = worker(number);
      CPPUNIT_ASSERT_EQUAL(0, ::kill(killed, SIGKILL));
      const auto not_less = [&] {
        if (get("/healthz").status != 200) return;  // the killed one may have held a connection
        const Series after = metrics();
        for (const auto& [name, value] : before) {
          if (is_count(name)) CPPUNIT_ASSERT_MESSAGE(name, after.contains(name) && after.at(name) >= value);
        }
        before = after;
      };
      CPPUNIT_ASSERT(eventually([&] {
        not_less();
        return worker(number) != killed && before.at("jwtauthd_workers") == 2;
      }));
      not_less();
    }
    CPPUNIT_ASSERT(eventually([] { return all_ready(); }));
  }

  void gauges_tell_of_every_worker() {
    CPPUNIT_ASSERT(eventually([] {
      const Series now = metrics();
      return now.at("jwtauthd_workers") == 2 && now.at("jwtauthd_database_up") == 1 &&
             now.at("jwtauthd_database_connections_max") == 40 &&
             now.at("jwtauthd_keys{state=\"active\"}") == 1 &&
             now.at("jwtauthd_revocation_feed_age_seconds") < 5 &&
             now.at("jwtauthd_requests_in_progress") >= 1;
    }));
    const Series now = metrics();
    CPPUNIT_ASSERT(now.contains("jwtauthd_worker_start_time_seconds{worker=\"2\"}"));
    CPPUNIT_ASSERT(now.at("jwtauthd_worker_starts_total") >= 2);
    CPPUNIT_ASSERT(now.at("jwtauthd_database_statements_total") > 0);
  }

  void top_and_status_read_the_same() {
    CPPUNIT_ASSERT(eventually([] { return metrics().at("jwtauthd_workers") == 2; }));
    const auto status = json::parse(jwtauthctl("status --json"));
    CPPUNIT_ASSERT(status.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), text_of(*status, "health"));
    const auto top = json::parse(jwtauthctl("top --once --json --interval 0.5"));
    CPPUNIT_ASSERT(top.has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, top->get("workers")->size());
    const auto logins = top->get("counts")->get("jwtauthd_logins_total{outcome=\"ok\"}");
    CPPUNIT_ASSERT_EQUAL(metrics().at("jwtauthd_logins_total{outcome=\"ok\"}"),
                         static_cast<double>(logins->get("total")->as_integer()));
  }

  void trace_and_session_are_logged() {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e" + std::to_string(::getpid() % 9000 + 1000);
    const auto account = register_and_login();
    auto headers = bearer(account.access);
    headers.emplace_back("traceparent", "00-" + trace + "-00f067aa0ba902b7-01");
    CPPUNIT_ASSERT_EQUAL(200, get("/api/dashboard/", headers).status);
    const std::string expected = "path=\"/api/dashboard/\" status=200";
    const std::string end =
        " session=" + sid_of(account.access) + " trace=" + trace + " span=00f067aa0ba902b7";
    CPPUNIT_ASSERT(eventually([&] {
      std::ifstream log(stack().state_dir + "/log/workers.log");
      for (std::string line; std::getline(log, line);) {
        if (line.find(expected) != std::string::npos && line.ends_with(end)) return true;
      }
      return false;
    }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsTest);

}  // namespace integration
