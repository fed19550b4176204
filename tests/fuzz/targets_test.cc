// The fuzz targets without a fuzzer: all seeds, and some mutations of each, the same ones in every run.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "chance.h"
#include "target.h"
#include "util/log.h"

namespace {

using fuzz::Chance;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t runs_a_target = 400;
#else
constexpr std::size_t runs_a_target = 2000;
#endif

std::filesystem::path seeds() {
  const char* source = std::getenv("JWTAUTHD_SRCDIR");
  return std::filesystem::path(source != nullptr ? source : ".") / "tests/fuzz/seeds";
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> seeds_of(std::string_view target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(seeds() / target))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> all;
  for (const auto& file : files) all.push_back(content(file));
  return all;
}

void change_once(std::string& input, Chance& chance, const std::vector<std::string>& all) {
  const std::size_t at = chance.below(input.size());
  const std::size_t length = chance.below(std::min<std::size_t>(input.size() - at, 16) + 1);
  switch (chance.below(7)) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << chance.below(8)));
      break;
    case 1:
      if (!input.empty()) input[at] = chance.of(" \t\r\n\"'\\{}[]:,.;=&%$-+/_0A\x7f\x80\xc3\xff");
      break;
    case 2:
      input.insert(at, 1, chance.byte());
      break;
    case 3:
      input.erase(at, length);
      break;
    case 4:
      input.insert(at, input.substr(at, length));
      break;
    case 5:
      input.resize(at);
      break;
    default: {
      const std::string& other = all[chance.below(all.size())];
      input.replace(at, length, other, chance.below(other.size()), chance.below(32));
    }
  }
}

std::string mutated(const std::vector<std::string>& all, Chance& chance) {
  std::string input = all[chance.below(all.size())];
  for (std::size_t changes = 1 + chance.below(4); changes > 0; --changes) change_once(input, chance, all);
  return input;
}

void run(const fuzz::Target& target, const std::string& input) {
  try {
    target.run(input);
  } catch (const std::exception& error) {
    CPPUNIT_FAIL(std::string(error.what()) + "\n  for the input " + util::log::quoted(input, 4000));
  }
}

class FuzzTargetsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FuzzTargetsTest);
  CPPUNIT_TEST(compact_token);
  CPPUNIT_TEST(password_hash);
  CPPUNIT_TEST(router_body);
  CPPUNIT_TEST(router_headers);
  CPPUNIT_TEST(fastcgi_stream);
  CPPUNIT_TEST(configuration);
  CPPUNIT_TEST(key_file);
  CPPUNIT_TEST(every_target_is_among_them);
  CPPUNIT_TEST_SUITE_END();

 public:
  void compact_token() { survives("compact_token"); }
  void password_hash() { survives("password_hash"); }
  void router_body() { survives("router_body"); }
  void router_headers() { survives("router_headers"); }
  void fastcgi_stream() { survives("fastcgi_stream"); }
  void configuration() { survives("configuration"); }
  void key_file() { survives("key_file"); }

  void every_target_is_among_them() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, fuzz::targets().size());
    for (const auto& target : fuzz::targets()) {
      CPPUNIT_ASSERT_MESSAGE(std::string(target.name), std::filesystem::exists(seeds() / target.name));
    }
  }

 private:
  static void survives(std::string_view name) {
    const auto target = std::ranges::find(fuzz::targets(), name, &fuzz::Target::name);
    CPPUNIT_ASSERT(target != fuzz::targets().end());
    const auto all = seeds_of(name);
    CPPUNIT_ASSERT(!all.empty());
    for (const auto& seed : all) run(*target, seed);
    Chance chance(20261123);
    for (std::size_t i = 0; i < runs_a_target; ++i) run(*target, mutated(all, chance));
    if (target->end != nullptr) target->end();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FuzzTargetsTest);

}  // namespace
