#include "fastcgi/listener.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <numeric>

#include "harness.h"

namespace {

using namespace std::chrono_literals;
using fastcgi::Call;
using fastcgi::RecordType;
using fcgi_client::Client;
using fcgi_client::echo;
using fcgi_client::eventually;
using fcgi_client::expect_answer;
using fcgi_client::one_thread;
using fcgi_client::page;
using fcgi_client::record;
using fcgi_client::request;
using fcgi_client::Served;

/// Answers in threads other than the listener's.
class Elsewhere {
 public:
  explicit Elsewhere(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~Elsewhere() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  void take(std::unique_ptr<Call> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    changed_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return over_ || !calls_.empty(); });
      if (calls_.empty()) return;
      auto call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      echo(std::move(call));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Call>> calls_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

class ListenerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListenerTest);
  CPPUNIT_TEST(answers_many_requests_on_one_connection);
  CPPUNIT_TEST(closes_when_the_peer_does_not_keep);
  CPPUNIT_TEST(closes_behind_a_peer_who_ends_with_his_request);
  CPPUNIT_TEST(gives_every_parameter);
  CPPUNIT_TEST(pipelined_requests_are_answered_in_order);
  CPPUNIT_TEST(request_that_comes_byte_by_byte_is_answered);
  CPPUNIT_TEST(half_sent_request_holds_no_thread);
  CPPUNIT_TEST(reads_bodies_of_any_size);
  CPPUNIT_TEST(body_that_nobody_read_does_not_spoil_the_next_request);
  CPPUNIT_TEST(answers_of_any_size);
  CPPUNIT_TEST(management_record_is_answered_before_any_request);
  CPPUNIT_TEST(abort_ends_a_half_sent_request);
  CPPUNIT_TEST(unanswered_call_closes_its_connection);
  CPPUNIT_TEST(calls_are_answered_by_other_threads);
  CPPUNIT_TEST(event_during_a_call_is_not_lost);
  CPPUNIT_TEST(many_connections_and_threads);
  CPPUNIT_TEST_SUITE_END();

 public:
  void answers_many_requests_on_one_connection() {
    Served served(echo);
    auto client = served.connect();
    for (int i = 0; i < 100; ++i) expect_answer(client, std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, served.listener().counters().connections);
  }

  void closes_behind_a_peer_who_ends_with_his_request() {
    std::mutex busy;
    Served served(
        [&](std::unique_ptr<Call> call) {
          const std::lock_guard lock(busy);
          echo(std::move(call));
        },
        one_thread());
    Client other = served.connect();
    Client ending = served.connect();
    expect_answer(ending, "before");
    {
      const std::lock_guard lock(busy);
      other.send(request({{"SAY", "wait"}}));
      CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().calls == 1; }));
      // The one thread is told of both at once.
      ending.send(request({{"SAY", "last"}}));
      CPPUNIT_ASSERT_EQUAL(0, ::shutdown(ending.fd(), SHUT_WR));
    }
    CPPUNIT_ASSERT_EQUAL(page("last"), ending.read_reply().value().out);
    CPPUNIT_ASSERT(ending.closed_by_peer());
    CPPUNIT_ASSERT_EQUAL(page("wait"), other.read_reply().value().out);
  }

  void closes_when_the_peer_does_not_keep() {
    Served served(echo);
    auto client = served.connect();
    const auto reply = client.ask({{"SAY", "x"}}, {}, false);
    CPPUNIT_ASSERT(reply && reply->out == page("x"));
    CPPUNIT_ASSERT(client.closed_by_peer());
  }

  void gives_every_parameter() {
    const fcgi_client::Params params{
        {"A", "1"}, {"AB", "a=b"}, {"EMPTY", ""}, {"LONG", std::string(5000, 'l')}};
    Served served([](std::unique_ptr<Call> call) {
      std::string all;
      call->each_param([&](std::string_view name, std::string_view value) {
        all += std::string(name) + ":" + std::string(value) + ";";
      });
      all += "|" + std::string(call->param("AB")) + "|" + std::string(call->param("EMPTY")) + "|" +
             std::string(call->param("NONE")) + "|" + std::to_string(call->param("LONG").size());
      call->answer(all);
    });
    auto client = served.connect();
    const auto reply = client.ask(params);
    CPPUNIT_ASSERT_EQUAL(
        "FCGI_ROLE:RESPONDER;A:1;AB:a=b;EMPTY:;LONG:" + std::string(5000, 'l') + ";|a=b|||5000", reply->out);
  }

  void pipelined_requests_are_answered_in_order() {
    Served served(echo);
    auto client = served.connect();
    std::string all;
    for (int i = 0; i < 50; ++i)
      all += request({{"SAY", std::to_string(i)}}, std::string(static_cast<std::size_t>(i) * 50, 'b'));
    client.send(all);
    for (int i = 0; i < 50; ++i) CPPUNIT_ASSERT_EQUAL(page(std::to_string(i)), client.read_reply()->out);
  }

  void request_that_comes_byte_by_byte_is_answered() {
    Served served(echo);
    auto client = served.connect();
    for (int round = 0; round < 2; ++round) {
      for (const char byte : request({{"SAY", "slow"}}, "body")) client.send({&byte, 1});
      CPPUNIT_ASSERT_EQUAL(page("slow"), client.read_reply()->out);
    }
    expect_answer(client, "fast");
  }

  void half_sent_request_holds_no_thread() {
    Served served(echo, one_thread());
    const std::string whole = request({{"SAY", "x"}}, "body");
    std::vector<Client> halves;
    for (std::size_t size = 1; size < whole.size(); ++size) {
      halves.push_back(served.connect());
      halves.back().send(std::string_view(whole).substr(0, size));
    }
    auto client = served.connect();
    expect_answer(client, "meanwhile");
    for (std::size_t i = 0; i < halves.size(); ++i) {
      halves[i].send(std::string_view(whole).substr(i + 1));
      CPPUNIT_ASSERT_EQUAL(page("x"), halves[i].read_reply()->out);
    }
  }

  void reads_bodies_of_any_size() {
    constexpr std::size_t limit = 65536;
    Served served([](std::unique_ptr<Call> call) {
      const auto body = call->read_body(limit);
      const auto sum = std::accumulate(body.bytes.begin(), body.bytes.end(), 0L);
      call->answer(std::to_string(body.bytes.size()) + (body.too_large ? " too large" : "") +
                   (body.broken ? " broken" : "") + " " + std::to_string(sum));
    });
    auto client = served.connect();
    for (const std::size_t size :
         {0UL, 1UL, 7000UL, 8192UL, 16000UL, 16384UL, 65535UL, limit, limit + 1, 131072UL, 500000UL}) {
      const bool fits = size <= limit;
      const std::string expected =
          fits ? std::to_string(size) + " " + std::to_string(size * 'b') : "0 too large 0";
      for (const char* told : {"right", "absent", "small", "huge"}) {
        const std::string length = *told == 'r' ? std::to_string(size) : *told == 's' ? "1" : "999999999999";
        const auto reply =
            client.ask(*told == 'a' ? fcgi_client::Params{} : fcgi_client::Params{{"CONTENT_LENGTH", length}},
                       std::string(size, 'b'));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(told, expected, reply->out);
      }
    }
  }

  void body_that_nobody_read_does_not_spoil_the_next_request() {
    Served served(echo);
    auto client = served.connect();
    for (const std::size_t size : {10UL, 10000UL, 60000UL, 300000UL}) {
      const auto reply = client.ask({{"SAY", "unread"}}, std::string(size, '\x01'));
      CPPUNIT_ASSERT_EQUAL(page("unread"), reply->out);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, served.listener().counters().connections);
  }

  void answers_of_any_size() {
    Served served([](std::unique_ptr<Call> call) {
      call->answer(std::string(static_cast<std::size_t>(std::stoul(std::string(call->param("SIZE")))), 'a'));
    });
    auto client = served.connect();
    for (const std::size_t size : {0UL, 1UL, 8100UL, 8184UL, 8192UL, 8193UL, 100000UL, 3000000UL}) {
      const auto reply = client.ask({{"SIZE", std::to_string(size)}});
      CPPUNIT_ASSERT(reply->out == std::string(size, 'a'));
    }
  }

  void management_record_is_answered_before_any_request() {
    Served served(echo);
    auto client = served.connect();
    client.send(record(RecordType::get_values, 0, fcgi_client::pair("FCGI_MPXS_CONNS", "")));
    const auto reply = client.read_record();
    CPPUNIT_ASSERT(reply && reply->header.type == RecordType::get_values_result);
    CPPUNIT_ASSERT_EQUAL(fcgi_client::pair("FCGI_MPXS_CONNS", "0"), reply->content);
    expect_answer(client, "x");
  }

  void abort_ends_a_half_sent_request() {
    Served served(echo);
    auto client = served.connect();
    const std::string whole = request({{"SAY", "never"}}, "body");
    client.send(whole.substr(0, whole.size() - 8) + record(RecordType::abort_request, 1, {}));
    const auto ended = client.read_reply();
    CPPUNIT_ASSERT(ended && ended->out.empty());
    expect_answer(client, "next");
  }

  void unanswered_call_closes_its_connection() {
    Served served([](std::unique_ptr<Call> call) { call->read_body(10); });
    for (const std::size_t size : {0UL, 5UL, 50000UL}) {
      auto client = served.connect();
      client.send(request({}, std::string(size, 'x')));
      CPPUNIT_ASSERT(client.closed_by_peer());
    }
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().calls == 0; }));
  }

  void calls_are_answered_by_other_threads() {
    Elsewhere elsewhere(3);
    Served served([&](std::unique_ptr<Call> call) { elsewhere.take(std::move(call)); }, one_thread());
    auto client = served.connect();
    for (int i = 0; i < 200; ++i) expect_answer(client, std::to_string(i));
  }

  void event_during_a_call_is_not_lost() {
    Elsewhere elsewhere(2);
    std::atomic<int> taken{0};
    Served served([&](std::unique_ptr<Call> call) {
      ++taken;
      elsewhere.take(std::move(call));
    });
    auto client = served.connect();
    for (int i = 0; i < 300; ++i) {
      client.send(request({{"SAY", "a"}}));
      while (taken < 2 * i + 1) std::this_thread::yield();
      // The second comes while the first is being answered, not while it is being read: bytes that
      // arrive behind a whole request before libfcgi has read it are libfcgi's, and FastCGI without
      // multiplexing has no such peer.
      client.send(request({{"SAY", "b"}}));
      CPPUNIT_ASSERT_EQUAL(page("a"), client.read_reply()->out);
      CPPUNIT_ASSERT_EQUAL(page("b"), client.read_reply()->out);
    }
  }

  void many_connections_and_threads() {
    Elsewhere elsewhere(4);
    std::atomic<unsigned> turn{0};
    Served served([&](std::unique_ptr<Call> call) {
      if (++turn % 2 == 0)
        elsewhere.take(std::move(call));
      else
        echo(std::move(call));
    });
    std::atomic<int> wrong{0};
    std::vector<std::thread> users;
    for (int u = 0; u < 8; ++u) {
      users.emplace_back([&, u] {
        for (int round = 0; round < 10; ++round) {
          auto client = served.connect();
          for (int i = 0; i < 30; ++i) {
            const std::string text =
                std::to_string(u) + "." + std::to_string(round) + "." + std::to_string(i);
            const auto reply =
                client.ask({{"SAY", text}}, std::string(static_cast<std::size_t>(i) * 100, 'b'), i != 29);
            if (!reply || reply->out != page(text)) ++wrong;
          }
        }
      });
    }
    for (auto& user : users) user.join();
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().connections == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, served.listener().counters().calls);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(ListenerTest);
