#include "config/formats.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <optional>
#include <string>

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FormatsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FormatsTest);
  CPPUNIT_TEST(reads_durations);
  CPPUNIT_TEST(refuses_what_is_no_duration);
  CPPUNIT_TEST(shows_a_duration_in_its_largest_unit);
  CPPUNIT_TEST(knows_addresses);
  CPPUNIT_TEST(knows_names_of_claims);
  CPPUNIT_TEST(counts_what_tells_two_words_apart);
  CPPUNIT_TEST(finds_what_was_meant);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reads_durations() {
    const struct {
      const char* text;
      std::int64_t expected;
    } rows[] = {{"0", 0},          {"90", 90'000},     {"250ms", 250},   {"30s", 30'000}, {"5m", 300'000},
                {"1h", 3'600'000}, {"1d", 86'400'000}, {"5 m", 300'000}, {"0s", 0},       {"007s", 7000}};
    for (const auto& row : rows) {
      const auto duration = config::parse_duration(row.text, seconds(1));
      CPPUNIT_ASSERT_MESSAGE(row.text, duration.has_value());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.text, row.expected, std::int64_t{duration->count()});
    }
    CPPUNIT_ASSERT(config::parse_duration("90", milliseconds(1)) == milliseconds(90));
  }

  void refuses_what_is_no_duration() {
    for (const char* text : {"", "m", "5x", "5M", "-5s", "+5s", "1.5h", "5m ", " 5m", "5 ", "1h30m", "5mm",
                             "0x10", "99999999999999999999", "9223372036854775807", "200000d", "five"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !config::parse_duration(text, seconds(1)));
    }
  }

  void shows_a_duration_in_its_largest_unit() {
    const struct {
      std::int64_t count;
      const char* expected;
    } rows[] = {{0, "0s"},      {1, "1ms"},      {1500, "1500ms"},  {10'000, "10s"},
                {60'000, "1m"}, {90'000, "90s"}, {7'200'000, "2h"}, {86'400'000, "1d"}};
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.expected), config::show_duration(milliseconds(row.count)));
    }
  }

  void knows_addresses() {
    for (const std::string good :
         {"/run/x.sock", "tcp:127.0.0.1:9000", "tcp:[::1]:1", "tcp:localhost:65535"}) {
      CPPUNIT_ASSERT_MESSAGE(good, config::is_address(good));
    }
    for (const std::string bad :
         {"", "run/x.sock", "tcp:", "tcp:127.0.0.1", "tcp::9000", "tcp:localhost:0", "tcp:localhost:65536",
          "tcp:localhost:9000x", "tcp:a b:1", "localhost:9000", "unix:/run/x"}) {
      CPPUNIT_ASSERT_MESSAGE(bad, !config::is_address(bad));
    }
    CPPUNIT_ASSERT(config::is_address("/" + std::string(106, 'x')));
    CPPUNIT_ASSERT(!config::is_address("/" + std::string(107, 'x')));
    CPPUNIT_ASSERT(!config::is_address(std::string("/x\0y", 4)));
  }

  void knows_names_of_claims() {
    for (const char* good : {"user_id", "sub", "https://example.org/user"})
      CPPUNIT_ASSERT(config::is_claim(good));
    for (const char* bad : {"", "exp", "iat", "nbf", "iss", "aud", "a b", "a\n"})
      CPPUNIT_ASSERT(!config::is_claim(bad));
  }

  void counts_what_tells_two_words_apart() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, config::distance("level", "LEVEL"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config::distance("levl", "level"));    // one left out
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config::distance("leevel", "level"));  // one too many
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config::distance("lexel", "level"));   // one replaced
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config::distance("lveel", "level"));   // two swapped
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, config::distance("", "level"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, config::distance("kitten", "sitting"));
  }

  void finds_what_was_meant() {
    const std::array<std::string_view, 4> names{"issuer", "audience", "leeway", "level"};
    CPPUNIT_ASSERT_EQUAL(std::string("audience"), std::string(config::nearest("audiense", names)));
    CPPUNIT_ASSERT_EQUAL(std::string("issuer"), std::string(config::nearest("ISSUER", names)));
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(config::nearest("lifetime", names)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FormatsTest);

}  // namespace
