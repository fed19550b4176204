#include "fastcgi/records.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "fcgi_client.h"

namespace {

using fastcgi::Gatherer;
using fastcgi::is_plain_request;
using fastcgi::RecordType;
using fcgi_client::begin_request;
using fcgi_client::pair;
using fcgi_client::record;
using fcgi_client::request;

const std::string params_end = record(RecordType::params, 1, {});
const std::string input_end = record(RecordType::standard_input, 1, {});
const fcgi_client::Params two_params{{"REQUEST_METHOD", "GET"},
                                     {"HTTP_AUTHORIZATION", std::string(300, 'x')}};

std::string params(std::string_view content) {
  return record(RecordType::params, 1, content);
}

class RecordsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordsTest);
  CPPUNIT_TEST(lengths_that_reach_beyond_the_stream_are_refused);
  CPPUNIT_TEST(what_a_web_server_sends_is_plain);
  CPPUNIT_TEST(all_else_is_not_plain);
  CPPUNIT_TEST(no_beginning_of_a_request_is_plain);
  CPPUNIT_TEST(gathers_a_request_that_comes_byte_by_byte);
  CPPUNIT_TEST(gathers_a_pair_that_is_split_over_two_records);
  CPPUNIT_TEST(takes_no_byte_of_the_next_request);
  CPPUNIT_TEST(keeps_no_more_of_a_body_than_the_limit);
  CPPUNIT_TEST(gathered_requests_are_plain_for_any_size_of_body);
  CPPUNIT_TEST(tells_that_it_does_not_multiplex);
  CPPUNIT_TEST(answers_unknown_management_records_as_unknown);
  CPPUNIT_TEST(refuses_a_second_request_on_the_same_connection);
  CPPUNIT_TEST(refuses_roles_other_than_responder);
  CPPUNIT_TEST(aborted_request_is_ended_and_the_next_one_counts);
  CPPUNIT_TEST(late_records_of_an_ended_request_are_passed_over);
  CPPUNIT_TEST(refuses_broken_requests);
  CPPUNIT_TEST_SUITE_END();

 public:
  void lengths_that_reach_beyond_the_stream_are_refused() {
    using namespace std::string_literals;
    const struct {
      const char* what;
      std::string content;
      bool good;
    } table[] = {
        {"nothing", "", true},
        {"a pair", pair("A", "b"), true},
        {"empty name and value", pair("", ""), true},
        {"four-byte length", pair("A", std::string(200, 'b')), true},
        {"name length alone", "\x01"s, false},
        {"value missing", "\x01\x01"s + "A", false},
        {"value a byte short", "\x01\x03"s + "Abb", false},
        {"cut four-byte length", "\x80\x00\x00"s, false},
        {"cut four-byte value length", "\x01\x80\x00\x00"s, false},
        // libfcgi 2.4.2 adds both lengths in an int: this pair made it write past a 0-byte block
        {"lengths whose sum overflows", "\xff\xff\xff\xff\xff\xff\xff\xff"s + "AAAA", false},
        {"a gigabyte", "\x01\xc0\x00\x00\x00"s + "A", false},
        {"good pair, then junk", pair("A", "b") + "\x7f", false},
    };
    for (const auto& row : table) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, row.good, fastcgi::well_formed_params(row.content));
    }
  }

  void what_a_web_server_sends_is_plain() {
    CPPUNIT_ASSERT(is_plain_request(request(two_params)));
    CPPUNIT_ASSERT(is_plain_request(request(two_params, "body")));
    CPPUNIT_ASSERT(is_plain_request(request(two_params, "body", false)));
    CPPUNIT_ASSERT(is_plain_request(request({})));
    // another request id, as Apache gives them
    CPPUNIT_ASSERT(is_plain_request(begin_request(700) + record(RecordType::params, 700, {}) +
                                    record(RecordType::standard_input, 700, {})));
  }

  void all_else_is_not_plain() {
    const std::string good = request(two_params);
    std::string other_version = good;
    other_version[0] = 2;
    const struct {
      const char* what;
      std::string bytes;
    } table[] = {
        {"nothing", ""},
        {"bytes of a next request", good + begin_request()},
        {"a byte behind", good + "x"},
        {"other version", other_version},
        {"authorizer", begin_request(1, true, 2) + params_end + input_end},
        {"role beyond a byte", std::string(begin_request()).replace(8, 1, "\x01") + params_end + input_end},
        {"request id 0",
         begin_request(0) + record(RecordType::params, 0, {}) + record(RecordType::standard_input, 0, {})},
        {"management record first", record(RecordType::get_values, 0, {}) + good},
        {"params of another request", begin_request() + record(RecordType::params, 2, {}) + input_end},
        {"input before params end", begin_request() + params(pair("A", "b")) + input_end},
        {"no params", begin_request() + input_end},
        {"two params records",
         begin_request() + params(pair("A", "b")) + params(pair("C", "d")) + params_end + input_end},
        {"lying lengths", begin_request() + params("\x7f\x7f") + params_end + input_end},
        {"short begin",
         record(RecordType::begin_request, 1, std::string("\0\1\0", 3)) + params_end + input_end},
        {"abort", begin_request() + record(RecordType::abort_request, 1, {}) + params_end + input_end},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_MESSAGE(row.what, !is_plain_request(row.bytes));
  }

  void no_beginning_of_a_request_is_plain() {
    const std::string whole = request(two_params, "body");
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CPPUNIT_ASSERT(!is_plain_request(std::string_view(whole).substr(0, size)));
    }
  }

  void gathers_a_request_that_comes_byte_by_byte() {
    const std::string whole = request(two_params, "body");
    Gatherer gatherer(100);
    CPPUNIT_ASSERT(gatherer.empty());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::more);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, gatherer.take(std::string_view(whole).substr(i, 1)));
      CPPUNIT_ASSERT(!gatherer.empty());
    }
    CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::complete);
    CPPUNIT_ASSERT(is_plain_request(gatherer.plain()));
    CPPUNIT_ASSERT(gatherer.plain().find("body") != std::string::npos);
  }

  void gathers_a_pair_that_is_split_over_two_records() {
    const std::string content = pair("REQUEST_METHOD", "POST");
    for (std::size_t cut = 0; cut <= content.size(); ++cut) {
      if (cut == 0 || cut == content.size()) continue;  // an empty record would end the stream
      Gatherer gatherer(100);
      gatherer.take(begin_request() + params(content.substr(0, cut)) + params(content.substr(cut)) +
                    params_end + input_end);
      CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::complete);
      CPPUNIT_ASSERT_EQUAL(begin_request() + params(content) + params_end + input_end, gatherer.plain());
    }
  }

  void takes_no_byte_of_the_next_request() {
    const std::string first = request(two_params, "one");
    Gatherer gatherer(100);
    CPPUNIT_ASSERT_EQUAL(first.size(), gatherer.take(first + request(two_params, "two")));
    CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::complete);
  }

  void keeps_no_more_of_a_body_than_the_limit() {
    for (const std::size_t size : {0, 9, 10, 11, 70000}) {
      Gatherer gatherer(10);
      gatherer.take(request({}, std::string(size, 'b')));
      CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::complete);
      CPPUNIT_ASSERT_EQUAL(size > 10, gatherer.body_too_large());
      CPPUNIT_ASSERT(gatherer.plain().size() < 100);
    }
  }

  void gathered_requests_are_plain_for_any_size_of_body() {
    for (const std::size_t size : {0, 1, 65527, 65528, 65529, 131056, 200000}) {
      Gatherer gatherer(size);
      gatherer.take(request({}, std::string(size, 'b')));
      CPPUNIT_ASSERT(!gatherer.body_too_large());
      CPPUNIT_ASSERT(is_plain_request(gatherer.plain()));
    }
  }

  void tells_that_it_does_not_multiplex() {
    Gatherer gatherer(100);
    gatherer.take(record(RecordType::get_values, 0,
                         pair("FCGI_MAX_CONNS", "") + pair("FCGI_MPXS_CONNS", "") + pair("NONSENSE", "x")));
    CPPUNIT_ASSERT_EQUAL(record(RecordType::get_values_result, 0, pair("FCGI_MPXS_CONNS", "0")),
                         gatherer.take_replies());
    CPPUNIT_ASSERT(gatherer.take_replies().empty());
    CPPUNIT_ASSERT(gatherer.empty());
  }

  void answers_unknown_management_records_as_unknown() {
    Gatherer gatherer(100);
    gatherer.take(record(static_cast<RecordType>(77), 0, "what?"));
    CPPUNIT_ASSERT_EQUAL(record(RecordType::unknown_type, 0, "\x4d" + std::string(7, '\0')),
                         gatherer.take_replies());
  }

  void refuses_a_second_request_on_the_same_connection() {
    Gatherer gatherer(100);
    gatherer.take(begin_request(1) + begin_request(2) + record(RecordType::params, 2, "\x7f") + params_end +
                  input_end);
    CPPUNIT_ASSERT_EQUAL(record(RecordType::end_request, 2, std::string("\0\0\0\0\1\0\0\0", 8)),
                         gatherer.take_replies());
    CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::complete);
  }

  void refuses_roles_other_than_responder() {
    Gatherer gatherer(100);
    gatherer.take(begin_request(1, true, 3) + params_end + input_end);
    CPPUNIT_ASSERT_EQUAL(record(RecordType::end_request, 1, std::string("\0\0\0\0\3\0\0\0", 8)),
                         gatherer.take_replies());
    CPPUNIT_ASSERT(gatherer.empty());
  }

  void aborted_request_is_ended_and_the_next_one_counts() {
    Gatherer gatherer(100);
    const auto abort = record(RecordType::abort_request, 1, {});
    gatherer.take(begin_request() + params(pair("OLD", "1")) + abort);
    CPPUNIT_ASSERT_EQUAL(record(RecordType::end_request, 1, std::string(8, '\0')), gatherer.take_replies());
    CPPUNIT_ASSERT(gatherer.empty());
    gatherer.take(begin_request() + params(pair("NEW", "1")) + params_end + input_end);
    CPPUNIT_ASSERT_EQUAL(begin_request() + params(pair("NEW", "1")) + params_end + input_end,
                         gatherer.plain());
  }

  void late_records_of_an_ended_request_are_passed_over() {
    Gatherer gatherer(100);
    gatherer.take(record(RecordType::abort_request, 1, {}) +
                  record(RecordType::standard_input, 1, "late", 3));
    CPPUNIT_ASSERT(gatherer.take_replies().empty());
    CPPUNIT_ASSERT(gatherer.status() == Gatherer::Status::more);
    CPPUNIT_ASSERT(gatherer.empty());
  }

  void refuses_broken_requests() {
    std::string many;
    for (int i = 0; i < 3; ++i) many += params(pair("A", std::string(30000, 'x')));
    const struct {
      const char* what;
      std::string bytes;
    } table[] = {
        {"HTTP", "GET / HTTP/1.0\r\n\r\n"},
        {"begin of 7 bytes", record(RecordType::begin_request, 1, "1234567")},
        {"the same request twice", begin_request() + begin_request()},
        {"input before params", begin_request() + input_end},
        {"params after params", begin_request() + params_end + params_end},
        {"lying lengths", begin_request() + params("\x7f\x7f") + params_end},
        {"lying lengths in a management record", record(RecordType::get_values, 0, "\x7f\x7f")},
        {"output from a client", begin_request() + record(RecordType::standard_output, 1, "x")},
        {"more params than a server sends", begin_request() + many},
    };
    for (const auto& row : table) {
      Gatherer gatherer(100);
      gatherer.take(row.bytes);
      CPPUNIT_ASSERT_MESSAGE(row.what, gatherer.status() == Gatherer::Status::refused);
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(RecordsTest);
