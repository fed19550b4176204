#include "http/trace_context.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kParent = "00f067aa0ba902b7";

std::string header(std::string_view version, std::string_view trace, std::string_view parent,
                   std::string_view rest) {
  return std::string(version).append("-").append(trace).append("-").append(parent).append("-").append(rest);
}

class TraceContextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TraceContextTest);
  CPPUNIT_TEST(reads_ids);
  CPPUNIT_TEST(takes_what_a_later_version_adds);
  CPPUNIT_TEST(refuses_what_is_not_well_formed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reads_ids() {
    const std::string text = header("00", kTrace, kParent, "01");
    const auto context = http::read_traceparent(text);
    CPPUNIT_ASSERT(context.has_value());
    CPPUNIT_ASSERT(context->trace == kTrace);
    CPPUNIT_ASSERT(context->parent == kParent);
  }

  void takes_what_a_later_version_adds() {
    CPPUNIT_ASSERT(http::read_traceparent(header("01", kTrace, kParent, "01")));
    CPPUNIT_ASSERT(http::read_traceparent(header("fe", kTrace, kParent, "ff-what-ever")));
  }

  void refuses_what_is_not_well_formed() {
    const std::string rows[] = {
        "",
        "00",
        header("00", kTrace, kParent, "1"),
        header("00", kTrace, kParent, "01-more"),  // version 00 has no more
        header("01", kTrace, kParent, "01x"),
        header("ff", kTrace, kParent, "01"),  // forbidden version
        header("0g", kTrace, kParent, "01"),
        header("00", kTrace, kParent, "0g"),
        header("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kParent, "01"),  // upper case
        header("00", "00000000000000000000000000000000", kParent, "01"),
        header("00", kTrace, "0000000000000000", "01"),
        header("00", "4bf92f3577b34da6a3ce929d0e0e473\n", kParent, "01"),
        header("00", kTrace.substr(1), kParent, "011"),
        "00_" + header("", kTrace, kParent, "01").substr(1),
    };
    for (const auto& row : rows) CPPUNIT_ASSERT_MESSAGE(row, !http::read_traceparent(row));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(TraceContextTest);
