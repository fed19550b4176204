#include "daemon/server.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "api/house.h"
#include "fastcgi/harness.h"
#include "util/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using fcgi_client::Client;
using fcgi_client::eventually;

/// A door in front of the user store: who comes to it while it is closed waits.
class Door {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  int waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int waiting_ = 0;
};

/// The service over a store in memory, as the daemon serves it. Readiness runs on the database lane,
/// registration on the password lane: both can be held at a door.
struct Service {
  Service() {
    house.services.not_ready = [this] {
      database.pass();
      return std::vector<std::string>();
    };
    house.users.before_insert = [this] { password.pass(); };
    options.listener.listen_fd = fastcgi::open_socket(path, 0600);
    options.listener.withdraw_path = path;
    options.listener.threads = 2;
    options.database_threads = 2;
    options.database_queue = 3;
    options.password_threads = 1;
    options.password_queue = 2;
    options.max_body_bytes = 1000;
    options.access_log = false;
    server = std::make_unique<jwtauthd::Server>(options, borrowed(house.app), house.random);
    server->start();
  }
  ~Service() { open_all(); }
  void open_all() {
    database.open();
    password.open();
  }

  /// The house outlives the server.
  static std::shared_ptr<api::App> borrowed(api::App& app) { return {std::shared_ptr<void>(), &app}; }
  Client connect() const { return Client(path); }
  static fcgi_client::Params get(const std::string& target, const std::string& method = "GET") {
    return {{"REQUEST_METHOD", method}, {"DOCUMENT_URI", target}, {"REQUEST_ID", "request-of-test"}};
  }
  static std::string register_request(const std::string& name) {
    auto params = get("/api/register/", "POST");
    params.emplace_back("CONTENT_TYPE", "application/json");
    return fcgi_client::request(params, R"({"username":")" + name + R"(","email":")" + name +
                                            R"(@example.org","password":"rope-lantern-42"})");
  }

  testing::TemporaryDirectory directory;
  std::string path = directory / "s";
  Door database;
  Door password;
  api_test::House house;
  jwtauthd::ServerOptions options;
  std::unique_ptr<jwtauthd::Server> server;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class ServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerTest);
  CPPUNIT_TEST(answers_over_fastcgi);
  CPPUNIT_TEST(head_has_no_body);
  CPPUNIT_TEST(a_verdict_of_the_gateway_has_no_body);
  CPPUNIT_TEST(too_large_body_is_413);
  CPPUNIT_TEST(unknown_user_goes_on_to_the_database_lane);
  CPPUNIT_TEST(health_is_told_while_every_lane_is_full);
  CPPUNIT_TEST(full_lane_refuses_at_once_and_works_on);
  CPPUNIT_TEST(stop_answers_all_that_was_taken);
  CPPUNIT_TEST(stop_tells_when_the_grace_was_too_short);
  CPPUNIT_TEST(alive_only_while_threads_come_round);
  CPPUNIT_TEST(not_alive_while_a_handler_hangs);
  CPPUNIT_TEST_SUITE_END();

 public:
  void answers_over_fastcgi() {
    Service service;
    auto client = service.connect();
    const auto reply = client.ask(Service::get("/healthz"));
    CPPUNIT_ASSERT(reply->out.starts_with("Status: 200"));
    CPPUNIT_ASSERT(has(reply->out, "X-Request-ID: request-of-test\r\n"));
    CPPUNIT_ASSERT(has(reply->out, "\r\n\r\n{\"status\":\"ok\"}"));
    CPPUNIT_ASSERT(client.ask(Service::get("/nothing/here/"))->out.starts_with("Status: 404"));
  }

  void head_has_no_body() {
    Service service;
    auto client = service.connect();
    const auto reply = client.ask(Service::get("/healthz", "HEAD"));
    CPPUNIT_ASSERT(reply->out.starts_with("Status: 200"));
    CPPUNIT_ASSERT(has(reply->out, "Content-Length: 15\r\n"));
    CPPUNIT_ASSERT(reply->out.ends_with("\r\n\r\n"));
  }

  /// nginx would put it into a file before it passes it over.
  void a_verdict_of_the_gateway_has_no_body() {
    Service service;
    auto client = service.connect();
    auto question = Service::get("/gateway/");
    question.emplace_back("JWTAUTHD_RULE", "/jwtauthd-gateway");
    question.emplace_back("JWTAUTHD_METHOD", "POST");
    const auto reply = client.ask(question);
    CPPUNIT_ASSERT(reply->out.starts_with("Status: 401"));
    CPPUNIT_ASSERT(has(reply->out, "WWW-Authenticate: "));
    CPPUNIT_ASSERT(has(reply->out, "Content-Length: 0\r\n"));
    CPPUNIT_ASSERT(!has(reply->out, "\nContent-Type: "));
    CPPUNIT_ASSERT(reply->out.ends_with("\r\n\r\n"));
  }

  void too_large_body_is_413() {
    Service service;
    auto client = service.connect();
    auto params = Service::get("/api/token/verify/", "POST");
    params.emplace_back("CONTENT_TYPE", "application/json");
    for (const std::size_t size : {1001UL, 20000UL, 300000UL}) {
      CPPUNIT_ASSERT(client.ask(params, std::string(size, ' '))->out.starts_with("Status: 413"));
    }
    CPPUNIT_ASSERT(client.ask(params, std::string(1000, ' '))->out.starts_with("Status: 400"));
  }

  void unknown_user_goes_on_to_the_database_lane() {
    Service service;
    const auto user = service.house.add_user("ada", "rope-lantern-42");
    const auto pair = service.house.issuer.issue_pair(user);
    auto params = Service::get("/api/dashboard/");
    params.emplace_back("HTTP_AUTHORIZATION", "Bearer " + pair.access);
    auto client = service.connect();
    const int before = service.house.users.queries;
    for (int i = 0; i < 3; ++i) {
      const auto reply = client.ask(params);
      CPPUNIT_ASSERT_MESSAGE(reply->out, reply->out.starts_with("Status: 200"));
      CPPUNIT_ASSERT(has(reply->out, "\"username\":\"ada\""));
    }
    CPPUNIT_ASSERT_EQUAL(before + 1, service.house.users.queries);
  }

  void health_is_told_while_every_lane_is_full() {
    Service service;
    std::vector<Client> waiting;
    // First its threads, then its queue.
    for (const int count : {2, 3}) {
      for (int i = 0; i < count; ++i) {
        waiting.push_back(service.connect());
        waiting.back().send(fcgi_client::request(Service::get("/readyz")));
      }
      CPPUNIT_ASSERT(eventually([&] { return service.database.waiting() == 2; }));
    }
    for (const int count : {1, 2}) {
      for (int i = 0; i < count; ++i) {
        waiting.push_back(service.connect());
        waiting.back().send(Service::register_request("user" + std::to_string(waiting.size())));
      }
      CPPUNIT_ASSERT(eventually([&] { return service.password.waiting() == 1; }));
    }
    auto client = service.connect();
    for (int i = 0; i < 10; ++i)
      CPPUNIT_ASSERT(client.ask(Service::get("/healthz"))->out.starts_with("Status: 200"));
    service.open_all();
    for (auto& held : waiting) CPPUNIT_ASSERT(held.read_reply()->out.starts_with("Status: 20"));
  }

  void full_lane_refuses_at_once_and_works_on() {
    Service service;
    std::vector<Client> waiting;
    for (int i = 0; i < 20; ++i) {
      waiting.push_back(service.connect());
      waiting.back().send(fcgi_client::request(Service::get("/readyz")));
    }
    // While the door is closed exactly those that found no place are answered.
    int refused = 0;
    CPPUNIT_ASSERT(eventually([&] { return service.database.waiting() == 2; }));
    CPPUNIT_ASSERT(eventually([&] {
      refused = 0;
      for (const auto& client : waiting) {
        char byte = 0;
        if (::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1) ++refused;
      }
      return refused >= 15;
    }));
    CPPUNIT_ASSERT(refused <= 17);
    service.open_all();
    int served = 0;
    for (auto& client : waiting) {
      const auto reply = client.read_reply();
      if (reply->out.starts_with("Status: 200")) {
        ++served;
      } else {
        CPPUNIT_ASSERT(reply->out.starts_with("Status: 503"));
        CPPUNIT_ASSERT(has(reply->out, "Retry-After: 1\r\n"));
        CPPUNIT_ASSERT(has(reply->out, "Service temporarily unavailable, try again later."));
      }
    }
    CPPUNIT_ASSERT_EQUAL(20 - refused, served);
  }

  void stop_answers_all_that_was_taken() {
    Service service;
    std::vector<Client> waiting;
    for (int i = 0; i < 2; ++i) {
      waiting.push_back(service.connect());
      waiting.back().send(Service::register_request("user" + std::to_string(i)));
      waiting.push_back(service.connect());
      waiting.back().send(fcgi_client::request(Service::get("/readyz")));
    }
    CPPUNIT_ASSERT(
        eventually([&] { return service.database.waiting() == 2 && service.password.waiting() == 1; }));
    std::thread later([&] {
      std::this_thread::sleep_for(50ms);
      service.open_all();
    });
    const bool all = service.server->stop(8s);
    later.join();
    CPPUNIT_ASSERT(all);
    for (auto& client : waiting) {
      const auto reply = client.read_reply();
      CPPUNIT_ASSERT(reply && reply->out.starts_with("Status: 20"));
    }
  }

  void stop_tells_when_the_grace_was_too_short() {
    Service service;
    auto client = service.connect();
    client.send(fcgi_client::request(Service::get("/readyz")));
    CPPUNIT_ASSERT(eventually([&] { return service.database.waiting() == 1; }));
    CPPUNIT_ASSERT(!service.server->stop(20ms));
  }

  void alive_only_while_threads_come_round() {
    Service service;
    service.server->alive(1min);
    CPPUNIT_ASSERT(eventually([&] { return service.server->alive(1min); }));
    service.open_all();
    CPPUNIT_ASSERT(service.server->stop(5s));
    service.server->alive(1min);
    std::this_thread::sleep_for(20ms);
    CPPUNIT_ASSERT(!service.server->alive(1min));
  }

  void not_alive_while_a_handler_hangs() {
    Service service;
    auto client = service.connect();
    client.send(fcgi_client::request(Service::get("/readyz")));  // waits at the door
    CPPUNIT_ASSERT(eventually([&] { return service.database.waiting() == 1; }));
    service.server->alive(1min);
    CPPUNIT_ASSERT(eventually([&] { return service.server->alive(1min); }));
    std::this_thread::sleep_for(20ms);
    for (int i = 0; i < 5; ++i) {
      CPPUNIT_ASSERT(!service.server->alive(10ms));
      std::this_thread::sleep_for(10ms);
    }
    service.open_all();
    CPPUNIT_ASSERT(client.read_reply()->out.starts_with("Status: 200"));
    CPPUNIT_ASSERT(eventually([&] { return service.server->alive(1min); }));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ServerTest);
