// What one thread takes of one connection at a time.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fastcgi/connection.h"
#include "harness.h"

namespace {

using fastcgi::Connection;
using fastcgi::RecordType;
using fcgi_client::begin_request;
using fcgi_client::record;

class TurnTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TurnTest);
  CPPUNIT_TEST(a_peer_that_sends_without_end_lets_others_have_their_turn);
  CPPUNIT_TEST(a_request_of_many_turns_is_answered);
  CPPUNIT_TEST(a_body_that_was_read_is_gone_from_the_buffer_of_the_library);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_peer_that_sends_without_end_lets_others_have_their_turn() {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    std::string bytes = begin_request() + record(RecordType::params, 1, {});
    while (bytes.size() < 2 * Connection::turn_bytes) {
      bytes += record(RecordType::standard_input, 1, std::string(8000, 'x'));
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()),
                         ::send(ends[0], bytes.data(), bytes.size(), MSG_DONTWAIT));
    Connection connection;
    connection.fd = ends[1];
    CPPUNIT_ASSERT(connection.read_request(1000) == Connection::Read::more);
    int left = 0;
    ::ioctl(ends[1], FIONREAD, &left);
    CPPUNIT_ASSERT(left > 0);
    CPPUNIT_ASSERT(connection.half_sent());
    int turns = 1;
    while (connection.read_request(1000) == Connection::Read::more) ++turns;
    CPPUNIT_ASSERT_EQUAL(2, turns);
    for (const int end : ends) ::close(end);
  }

  void a_body_that_was_read_is_gone_from_the_buffer_of_the_library() {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    const std::string body = "password=marzipan-in-may";
    const std::string bytes = fcgi_client::request({{"A", "b"}}, body);
    CPPUNIT_ASSERT(fastcgi::has_body(bytes));
    CPPUNIT_ASSERT(!fastcgi::has_body(fcgi_client::request({{"A", "b"}})));
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()), ::send(ends[0], bytes.data(), bytes.size(), 0));
    Connection connection;
    connection.fd = ends[1];
    CPPUNIT_ASSERT_EQUAL(0, ::FCGX_InitRequest(&connection.request, -1, 0));
    CPPUNIT_ASSERT(connection.read_request(1000) == Connection::Read::request);
    std::string read(body.size(), '?');
    CPPUNIT_ASSERT_EQUAL(body.size(), connection.take_body(read.data(), read.size()));
    CPPUNIT_ASSERT_EQUAL(body, read);
    const auto* end = connection.request.in->rdNext;
    CPPUNIT_ASSERT_EQUAL(std::string(body.size(), '\0'),
                         std::string(reinterpret_cast<const char*>(end) - body.size(), body.size()));
    connection.forget_request();
    for (const int one : ends) ::close(one);
  }

  void a_request_of_many_turns_is_answered() {
    fcgi_client::Served served(
        [](std::unique_ptr<fastcgi::Call> call) {
          const auto body = call->read_body(1'000'000);
          call->answer(fcgi_client::page(std::to_string(body.bytes.size())));
        },
        [] {
          auto options = fcgi_client::one_thread();
          options.max_body_bytes = 1'000'000;
          return options;
        }());
    auto client = served.connect();
    const auto reply = client.ask({{"A", "b"}}, std::string(10 * Connection::turn_bytes, 'x'));
    CPPUNIT_ASSERT(reply.has_value());
    CPPUNIT_ASSERT_EQUAL(fcgi_client::page(std::to_string(10 * Connection::turn_bytes)), reply->out);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TurnTest);

}  // namespace
