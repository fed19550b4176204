#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "harness.h"
#include "util/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using fastcgi::Call;
using fcgi_client::Client;
using fcgi_client::echo;
using fcgi_client::eventually;
using fcgi_client::page;
using fcgi_client::request;
using fcgi_client::Served;

/// Behaves as nginx does with a kept connection: a byte that arrives while it is idle closes it, and
/// a request on it is answered all the same when the two crossed.
bool ask_as_nginx_does(std::optional<Client>& kept, const std::string& path, const std::string& text,
                       int& unanswered) {
  char byte = 0;
  if (kept && ::recv(kept->fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) kept.reset();
  if (!kept) {
    try {
      kept.emplace(path);
    } catch (const std::exception&) {
      return false;  // nobody takes new connections any more
    }
  }
  const auto reply = kept->ask({{"SAY", text}});
  if (!reply || reply->out != page(text) || !reply->err.empty()) ++unanswered;
  return true;
}

class StopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StopTest);
  CPPUNIT_TEST(no_answer_is_lost_while_clients_keep_asking);
  CPPUNIT_TEST(request_under_way_is_answered_after_the_stop);
  CPPUNIT_TEST(request_that_crosses_the_goodbye_is_answered);
  CPPUNIT_TEST(half_sent_requests_keep_their_time_when_it_stops);
  CPPUNIT_TEST(who_connected_before_the_stop_is_served);
  CPPUNIT_TEST(idle_peer_that_ignores_the_goodbye_is_closed);
  CPPUNIT_TEST(draining_ends_at_once_when_all_peers_leave);
  CPPUNIT_TEST(call_answered_after_the_grace_does_no_harm);
  CPPUNIT_TEST(socket_file_goes_only_while_it_is_ours);
  CPPUNIT_TEST(shared_socket_stays_open_for_the_others);
  CPPUNIT_TEST(workers_on_one_socket_share_its_connections);
  CPPUNIT_TEST(workers_on_one_blocking_socket_do_not_wait_in_accept);
  CPPUNIT_TEST(stops_before_it_was_started);
  CPPUNIT_TEST_SUITE_END();

 public:
  void no_answer_is_lost_while_clients_keep_asking() {
    for (int round = 0; round < 10; ++round) {
      Served served([](std::unique_ptr<Call> call) {
        std::this_thread::yield();
        echo(std::move(call));
      });
      std::atomic<int> lost{0};
      std::atomic<int> answered{0};
      std::vector<std::thread> users;
      for (int u = 0; u < 8; ++u) {
        users.emplace_back([&] {
          std::optional<Client> kept;
          int unanswered = 0;
          while (ask_as_nginx_does(kept, served.path(), "x", unanswered)) ++answered;
          lost += unanswered;
        });
      }
      CPPUNIT_ASSERT(eventually([&] { return answered > 200; }));
      served.listener().stop_accepting();
      const bool all = served.listener().drain(5s);
      for (auto& user : users) user.join();
      CPPUNIT_ASSERT(all);
      CPPUNIT_ASSERT_EQUAL(0, lost.load());
    }
  }

  void request_under_way_is_answered_after_the_stop() {
    std::mutex mutex;
    std::unique_ptr<Call> held;
    Served served([&](std::unique_ptr<Call> call) {
      const std::lock_guard lock(mutex);
      held = std::move(call);
    });
    auto client = served.connect();
    client.send(request({{"SAY", "patience"}}));
    CPPUNIT_ASSERT(eventually([&] {
      const std::lock_guard lock(mutex);
      return held != nullptr;
    }));
    served.listener().stop_accepting();
    std::thread later([&] {
      std::this_thread::sleep_for(50ms);
      echo(std::move(held));
    });
    const bool all = served.listener().drain(5s);
    later.join();
    CPPUNIT_ASSERT(all);
    CPPUNIT_ASSERT_EQUAL(page("patience"), client.read_reply()->out);
    CPPUNIT_ASSERT(client.closed_by_peer());
  }

  void request_that_crosses_the_goodbye_is_answered() {
    Served served(echo);
    auto client = served.connect();
    CPPUNIT_ASSERT(client.ask({{"SAY", "1"}}).has_value());
    served.listener().stop_accepting();
    const auto reply = client.ask({{"SAY", "2"}});
    CPPUNIT_ASSERT(reply && reply->out == page("2") && reply->err.empty());
    CPPUNIT_ASSERT(served.listener().drain(5s));
  }

  // A second and a half: longer than a peer has to leave after the goodbye.
  void half_sent_requests_keep_their_time_when_it_stops() {
    Served served(echo);
    const std::string whole = request({{"SAY", "all of it"}});
    auto before = served.connect();
    before.send(whole.substr(0, 10));
    auto across = served.connect();
    CPPUNIT_ASSERT(across.ask({{"SAY", "1"}}).has_value());
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().connections == 2; }));
    served.listener().stop_accepting();
    across.send(whole.substr(0, 10));
    std::this_thread::sleep_for(1500ms);
    for (Client* client : {&before, &across}) {
      client->send(std::string_view(whole).substr(10));
      const auto reply = client->read_reply();
      CPPUNIT_ASSERT(reply && reply->out == page("all of it"));
    }
    CPPUNIT_ASSERT(served.listener().drain(5s));
  }

  void who_connected_before_the_stop_is_served() {
    fastcgi::Options options;
    options.max_connections = 1;  // the second waits in the queue
    Served served(echo, options);
    std::optional<Client> first = served.connect();
    CPPUNIT_ASSERT(first->ask({{"SAY", "1"}}).has_value());
    auto queued = served.connect();
    queued.send(request({{"SAY", "2"}}));
    served.listener().stop_accepting();
    first.reset();
    CPPUNIT_ASSERT_EQUAL(page("2"), queued.read_reply()->out);
  }

  void idle_peer_that_ignores_the_goodbye_is_closed() {
    fastcgi::Options options;
    options.read_timeout = 500ms;  // the time of the half-sent one
    Served served(echo, options);
    auto idle = served.connect();
    CPPUNIT_ASSERT(idle.ask({{"SAY", "1"}}).has_value());
    auto half = served.connect();
    half.send(request({}).substr(0, 10));
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().connections == 2; }));
    CPPUNIT_ASSERT(served.listener().drain(8s));
    CPPUNIT_ASSERT(idle.closed_by_peer());
    CPPUNIT_ASSERT(half.closed_by_peer());
  }

  void draining_ends_at_once_when_all_peers_leave() {
    Served served(echo);
    std::vector<Client> idle;
    for (int i = 0; i < 20; ++i) {
      idle.push_back(served.connect());
      CPPUNIT_ASSERT(idle.back().ask({{"SAY", "1"}}).has_value());
    }
    served.listener().stop_accepting();
    for (auto& client : idle) CPPUNIT_ASSERT(client.read_record().has_value());
    idle.clear();
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().connections == 0; }));
    CPPUNIT_ASSERT(served.listener().drain(5s));
  }

  void call_answered_after_the_grace_does_no_harm() {
    std::mutex mutex;
    std::unique_ptr<Call> held;
    {
      Served served([&](std::unique_ptr<Call> call) {
        const std::lock_guard lock(mutex);
        held = std::move(call);
      });
      auto client = served.connect();
      client.send(request({{"SAY", "late"}}));
      CPPUNIT_ASSERT(eventually([&] {
        const std::lock_guard lock(mutex);
        return held != nullptr;
      }));
      CPPUNIT_ASSERT(!served.listener().drain(10ms));
    }
    CPPUNIT_ASSERT_EQUAL(std::string_view("late"), held->param("SAY"));
    held->answer(page("late"));
  }

  void socket_file_goes_only_while_it_is_ours() {
    testing::TemporaryDirectory directory;
    const auto path = directory / "s";
    const auto listener = [&] {
      fastcgi::Options options;
      options.listen_fd = fastcgi::open_socket(path, 0600);
      options.withdraw_path = path;
      return std::make_unique<fastcgi::Listener>(options, echo);
    };
    auto first = listener();
    first->start();
    ::rename(path.c_str(), (directory / "away").c_str());
    auto second = listener();
    second->start();
    first.reset();
    Client client(path);
    CPPUNIT_ASSERT(client.ask({{"SAY", "second"}}).has_value());
    second.reset();
    CPPUNIT_ASSERT(::access(path.c_str(), F_OK) != 0);
  }

  void shared_socket_stays_open_for_the_others() {
    testing::TemporaryDirectory directory;
    const auto path = directory / "s";
    fastcgi::Options options;
    options.listen_fd = fastcgi::open_socket(path, 0600);
    options.shared_socket = true;
    const int others = ::fcntl(options.listen_fd, F_DUPFD_CLOEXEC, 0);
    fastcgi::Listener first(options, echo);
    first.start();
    CPPUNIT_ASSERT(Client(path).ask({{"SAY", "1"}}).has_value());
    CPPUNIT_ASSERT(first.drain(5s));
    Client waiting(path);  // nobody is there, and yet it may wait
    waiting.send(request({{"SAY", "2"}}));
    options.listen_fd = others;
    fastcgi::Listener second(options, echo);
    second.start();
    CPPUNIT_ASSERT_EQUAL(page("2"), waiting.read_reply()->out);
  }

  void workers_on_one_socket_share_its_connections() {
    testing::TemporaryDirectory directory;
    const auto path = directory / "s";
    fastcgi::Options options;
    options.listen_fd = fastcgi::open_socket(path, 0600);
    options.shared_socket = true;
    const int others = ::fcntl(options.listen_fd, F_DUPFD_CLOEXEC, 0);
    fastcgi::Listener first(options, echo);
    options.listen_fd = others;
    fastcgi::Listener second(options, echo);
    first.start();
    second.start();
    std::vector<Client> clients;
    for (int i = 0; i < 40; ++i) {
      clients.emplace_back(path);
      CPPUNIT_ASSERT(clients.back().ask({{"SAY", "here"}}).has_value());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{40}, first.counters().connections + second.counters().connections);
    CPPUNIT_ASSERT(first.counters().connections >= 10);
    CPPUNIT_ASSERT(second.counters().connections >= 10);
  }

  void workers_on_one_blocking_socket_do_not_wait_in_accept() {
    testing::TemporaryDirectory directory;
    const auto path = directory / "s";
    auto options = fcgi_client::one_thread();
    options.listen_fd = fastcgi::open_socket(path, 0600);
    options.shared_socket = true;
    ::fcntl(options.listen_fd, F_SETFL, 0);  // as systemd hands it over
    const int others = ::fcntl(options.listen_fd, F_DUPFD_CLOEXEC, 0);
    fastcgi::Listener first(options, echo);
    options.listen_fd = others;
    fastcgi::Listener second(options, echo);
    first.start();
    second.start();
    std::vector<Client> clients;
    for (int i = 0; i < 50; ++i) {
      clients.emplace_back(path);
      CPPUNIT_ASSERT(clients.front().ask({{"SAY", "first"}}).has_value());
      CPPUNIT_ASSERT(clients.back().ask({{"SAY", "last"}}).has_value());
    }
  }

  void stops_before_it_was_started() {
    testing::TemporaryDirectory directory;
    fastcgi::Options options;
    options.listen_fd = fastcgi::open_socket(directory / "s", 0600);
    fastcgi::Listener listener(options, echo);
    listener.stop_accepting();
    CPPUNIT_ASSERT(listener.drain(5s));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(StopTest);
