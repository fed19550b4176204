#include "tokens/keyed_hash.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>

#include "fakes.h"

namespace {

std::string pattern(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>((i * 7 + 3) & 255);
  return bytes;
}

class KeyedHashTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyedHashTest);
  CPPUNIT_TEST(is_siphash_1_3_as_python_has_it);
  CPPUNIT_TEST(depends_on_key_and_on_every_byte);
  CPPUNIT_TEST_SUITE_END();

 public:
  // hash(bytes) of CPython 3.11 with PYTHONHASHSEED=0: SipHash-1-3 under a key of zeros.
  void is_siphash_1_3_as_python_has_it() {
    struct Row {
      std::size_t size;
      std::uint64_t hash;
    };
    const tokens::KeyedHash hash(0, 0);
    for (const Row& row : {Row{1, 0x486b06067755d7c9}, Row{7, 0x8a715eaaf55549aa}, Row{8, 0x36c186f0aa4cdbeb},
                           Row{9, 0x5176191e3d24cbff}, Row{63, 0x42ed5c087e0bfe5d},
                           Row{64, 0x65134a36595a21fb}, Row{231, 0x187dbc7369ec2c60}}) {
      CPPUNIT_ASSERT_EQUAL(row.hash, hash(pattern(row.size)));
    }
  }

  void depends_on_key_and_on_every_byte() {
    tokens_test::CountingRandom random;
    const tokens::KeyedHash first(random);
    const tokens::KeyedHash second(random);
    const std::string text = pattern(231);
    std::set<std::uint64_t> seen{first(text), second(text)};
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      seen.insert(first(changed));
    }
    CPPUNIT_ASSERT_EQUAL(text.size() + 2, seen.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyedHashTest);

}  // namespace
