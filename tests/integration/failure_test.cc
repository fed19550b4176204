// The database goes away, workers are stopped and killed: what goes on, what is refused, what comes back.
#include <cppunit/extensions/HelperMacros.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "integration/http_client.h"
#include "integration/stack.h"
#include "integration/steps.h"

namespace integration {
class FailureTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FailureTest);
  CPPUNIT_TEST(without_the_database_tokens_are_checked_and_the_rest_says_503);
  CPPUNIT_TEST(stopping_a_worker_loses_no_request);
  CPPUNIT_TEST(a_killed_worker_is_replaced_and_the_site_goes_on);
  CPPUNIT_TEST_SUITE_END();

 public:
  void without_the_database_tokens_are_checked_and_the_rest_says_503() {
    const auto account = register_and_login();
    CPPUNIT_ASSERT_EQUAL(0, others_than(200, account.access));
    const std::string credentials =
        R"({"username":")" + account.username + R"(","password":")" + account.password + R"("})";
    {
      const DatabaseAway away(stack().state_dir);
      for (int i = 0; i < 8; ++i) {
        CPPUNIT_ASSERT_EQUAL(200, get("/api/dashboard/", bearer(account.access)).status);
        CPPUNIT_ASSERT_EQUAL(401, get("/api/dashboard/", bearer(account.access + "x")).status);
      }
      const auto refused = post_json("/api/login/", credentials);
      CPPUNIT_ASSERT_EQUAL(503, refused.status);
      CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Service temporarily unavailable, try again later."})"),
                           refused.body);
      CPPUNIT_ASSERT(!refused.header("retry-after").empty());
      CPPUNIT_ASSERT_EQUAL(200, get("/healthz").status);
      // readiness may remember its last good answer for a second
      CPPUNIT_ASSERT(eventually([] { return get("/readyz").status == 503; }));
      CPPUNIT_ASSERT(eventually([] { return get("/readyz").body.find("database") != std::string::npos; }));
    }
    CPPUNIT_ASSERT_MESSAGE("recovers by itself", eventually([&] {
                             return all_ready() && post_json("/api/login/", credentials).status == 200;
                           }));
  }

  void stopping_a_worker_loses_no_request() {
    const auto account = register_and_login();
    const std::string credentials =
        R"({"username":")" + account.username + R"(","password":")" + account.password + R"("})";
    std::atomic<bool> done{false};
    std::atomic<int> good{0};
    std::atomic<int> lost{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 6; ++i) {
      clients.emplace_back([&, i] {
        while (!done) {
          const int status = i < 2 ? post_json("/api/login/", credentials).status
                                   : get("/api/dashboard/", bearer(account.access)).status;
          ++(status == 200 ? good : lost);
        }
      });
    }
    for (int round = 0; round < 3; ++round) {
      for (const int number : {1, 2}) {
        const pid_t stopped = worker(number);
        CPPUNIT_ASSERT(stopped > 1);
        const int before = good;
        CPPUNIT_ASSERT_EQUAL(0, ::kill(stopped, SIGTERM));
        CPPUNIT_ASSERT(eventually([&] { return worker(number) != stopped && good > before + 50; }));
      }
    }
    done = true;
    for (auto& client : clients) client.join();
    CPPUNIT_ASSERT_EQUAL(0, lost.load());
  }

  void a_killed_worker_is_replaced_and_the_site_goes_on() {
    const auto account = register_and_login();
    const pid_t killed = worker(1);
    CPPUNIT_ASSERT_EQUAL(0, ::kill(killed, SIGKILL));
    CPPUNIT_ASSERT(eventually([&] { return worker(1) != killed; }));
    CPPUNIT_ASSERT(eventually([&] {
      for (int i = 0; i < 16; ++i) {
        if (get("/api/dashboard/", bearer(account.access)).status != 200) return false;
      }
      return true;
    }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FailureTest);

}  // namespace integration
