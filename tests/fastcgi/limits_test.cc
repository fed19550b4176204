// What the Listener does when something is short, late or hostile.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "fastcgi/listener.h"
#include "harness.h"
#include "util/log.h"

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

/// This process's limit of open files, as it was again at the end, whatever the test does
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{std::min(before_.rlim_max, count), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

rlim_t lowest_free_descriptor() {
  const int lowest = ::dup(0);
  ::close(lowest);
  return static_cast<rlim_t>(lowest);
}

/// What is logged while it lives.
class Log {
 public:
  Log() {
    CPPUNIT_ASSERT(file_ != nullptr);
    util::log::start({util::log::Level::warning, util::log::Format::text, ::fileno(file_.get())});
  }
  ~Log() {
    util::log::stop();
    util::log::start({util::log::Level::info, util::log::Format::text, 2});
    util::log::stop();
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  std::string text() const {
    util::log::flush();
    std::string read(4096, '\0');
    const auto got = ::pread(::fileno(file_.get()), read.data(), read.size(), 0);
    read.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return read;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_{std::tmpfile()};
};

class LimitsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LimitsTest);
  CPPUNIT_TEST(half_sent_request_ends_by_timeout);
  CPPUNIT_TEST(thousand_idle_connections_hold_no_thread);
  CPPUNIT_TEST(broken_and_hostile_requests_close_their_connection_only);
  CPPUNIT_TEST(peer_that_goes_away_before_the_answer_does_no_harm);
  CPPUNIT_TEST(connections_over_the_limit_wait_for_a_place);
  CPPUNIT_TEST(out_of_descriptors_it_waits_says_so_and_goes_on);
  CPPUNIT_TEST(leaves_the_handling_of_sigterm_alone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void half_sent_request_ends_by_timeout() {
    auto options = one_thread();
    options.read_timeout = 50ms;
    Served served(echo, options);
    auto client = served.connect();
    auto idle = served.connect();
    expect_answer(idle, "before");
    client.send(request({{"SAY", "x"}}).substr(0, 20));
    CPPUNIT_ASSERT(client.closed_by_peer());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, served.listener().counters().refused);
    expect_answer(idle, "an idle connection has no such limit");
  }

  void thousand_idle_connections_hold_no_thread() {
    const DescriptorLimit enough(8192);
    Served served(echo, one_thread());
    std::vector<Client> idle;
    for (int i = 0; i < 1000; ++i) idle.push_back(served.connect());
    for (auto& client : idle) expect_answer(client, "first");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, served.listener().counters().connections);
    expect_answer(idle[500], "again");
    idle.clear();
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().connections == 0; }));
  }

  void broken_and_hostile_requests_close_their_connection_only() {
    Served served(echo);
    auto good = served.connect();
    const auto begin = fcgi_client::begin_request();
    for (const std::string& bytes :
         {std::string("GET / HTTP/1.0\r\n\r\n"),
          begin + record(RecordType::params, 1, std::string(8, '\xff') + "AAAA"),
          begin + record(RecordType::params, 1, "\x7f\x7f") + record(RecordType::params, 1, {}),
          begin + begin, begin + record(RecordType::standard_input, 1, {}),
          record(RecordType::get_values, 0, "\x7f")}) {
      auto bad = served.connect();
      bad.send(bytes + record(RecordType::params, 1, {}) + record(RecordType::standard_input, 1, {}));
      CPPUNIT_ASSERT(bad.closed_by_peer());
      expect_answer(good, "still here");
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, served.listener().counters().refused);
  }

  void peer_that_goes_away_before_the_answer_does_no_harm() {
    std::atomic<int> gone{0};
    Served served([&](std::unique_ptr<Call> call) {
      if (call->param("SAY") == "wait") {
        // until the peer has closed: then writing fails
        std::this_thread::sleep_for(20ms);
        if (!call->answer(std::string(1'000'000, 'x'))) ++gone;
      } else {
        echo(std::move(call));
      }
    });
    for (int i = 0; i < 10; ++i) served.connect().send(request({{"SAY", "wait"}}));
    CPPUNIT_ASSERT(eventually([&] { return gone == 10; }));
    auto client = served.connect();
    expect_answer(client, "x");
    CPPUNIT_ASSERT(eventually([&] { return served.listener().counters().connections == 1; }));
  }

  void connections_over_the_limit_wait_for_a_place() {
    fastcgi::Options options;
    options.max_connections = 2;
    Served served(echo, options);
    std::optional<Client> first = served.connect();
    auto second = served.connect();
    expect_answer(*first, "1");
    expect_answer(second, "2");
    auto third = served.connect();  // into the queue
    third.send(request({{"SAY", "3"}}));
    CPPUNIT_ASSERT(eventually([&] { return !served.listener().counters().accepting; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, served.listener().counters().connections);
    first.reset();
    CPPUNIT_ASSERT_EQUAL(page("3"), third.read_reply()->out);
  }

  void out_of_descriptors_it_waits_says_so_and_goes_on() {
    const Log log;
    Served served(echo);
    auto before = served.connect();
    expect_answer(before, "before");
    auto waiting = served.connect();
    // Accepted for certain: its descriptor is not taken from under the client below
    expect_answer(waiting, "accepted");
    {
      // No descriptor is left but one, which the client's end needs.
      std::optional<DescriptorLimit> tight(std::in_place, lowest_free_descriptor() + 1);
      auto client = served.connect();
      client.send(request({{"SAY", "after"}}));
      const bool paused = eventually([&] { return !served.listener().counters().accepting; });
      const auto meanwhile = before.ask({{"SAY", "meanwhile"}});
      rusage start{};
      rusage end{};
      ::getrusage(RUSAGE_SELF, &start);
      std::this_thread::sleep_for(300ms);
      ::getrusage(RUSAGE_SELF, &end);
      tight.reset();
      CPPUNIT_ASSERT(paused);
      CPPUNIT_ASSERT(meanwhile && meanwhile->out == page("meanwhile"));
      // No spinning: a loop of accept4 would have burnt all of it.
      const auto burnt =
          (end.ru_utime.tv_sec + end.ru_stime.tv_sec - start.ru_utime.tv_sec - start.ru_stime.tv_sec) *
              1'000'000 +
          end.ru_utime.tv_usec + end.ru_stime.tv_usec - start.ru_utime.tv_usec - start.ru_stime.tv_usec;
      CPPUNIT_ASSERT(burnt < 100'000);
      const std::string told = log.text();
      const auto said =
          told.find("no connection is accepted beyond the 2 that are open: Too many open files");
      CPPUNIT_ASSERT_MESSAGE(told, said != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(told, told.find("no connection", said + 1) == std::string::npos);
      CPPUNIT_ASSERT_EQUAL(page("after"), client.read_reply()->out);
    }
    expect_answer(waiting, "all are served");
  }

  void leaves_the_handling_of_sigterm_alone() {
    Served served(echo);
    struct sigaction now {};
    ::sigaction(SIGTERM, nullptr, &now);
    CPPUNIT_ASSERT(now.sa_handler == SIG_DFL);
    ::sigaction(SIGPIPE, nullptr, &now);
    CPPUNIT_ASSERT(now.sa_handler == SIG_IGN);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(LimitsTest);
