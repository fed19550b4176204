#include "util/random.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "tests/util/counting_random.h"

namespace {

class RandomTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RandomTest);
  CPPUNIT_TEST(writes_bytes_as_hex);
  CPPUNIT_TEST(draws_every_letter_equally_often);
  CPPUNIT_TEST(system_source_fills_all_and_never_repeats);
  CPPUNIT_TEST(takes_a_length_of_zero);
  CPPUNIT_TEST_SUITE_END();

 public:
  void writes_bytes_as_hex() {
    util_test::CountingRandom random;
    CPPUNIT_ASSERT_EQUAL(std::string("00010203"), random.hex(4));
    CPPUNIT_ASSERT_EQUAL(std::string("0405"), random.hex(2));
  }

  void draws_every_letter_equally_often() {
    // 992 characters take 1000 bytes or so: four rounds of 0…247, of which each letter has four a round.
    util_test::CountingRandom random;
    const std::string text = random.alphanumeric(992);
    std::array<int, 256> seen{};
    for (const char c : text) ++seen[static_cast<unsigned char>(c)];
    for (const char c : std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) {
      CPPUNIT_ASSERT_EQUAL(16, seen[static_cast<unsigned char>(c)]);
    }
  }

  void system_source_fills_all_and_never_repeats() {
    util::SystemRandom random;
    std::array<unsigned char, 4096> bytes{};
    random.fill(bytes);
    CPPUNIT_ASSERT(
        std::any_of(bytes.begin() + 4000, bytes.end(), [](unsigned char byte) { return byte != 0; }));
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.hex(16));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, seen.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, seen.begin()->size());
    CPPUNIT_ASSERT(random.alphanumeric(50) != random.alphanumeric(50));
  }

  void takes_a_length_of_zero() {
    util::SystemRandom random;
    CPPUNIT_ASSERT_EQUAL(std::string(), random.hex(0));
    CPPUNIT_ASSERT_EQUAL(std::string(), random.alphanumeric(0));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RandomTest);

}  // namespace
