#include "crypto/pbkdf2.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "util/encoding.h"

namespace {

using crypto::Pbkdf2Lane;
using crypto::Pbkdf2Path;
using crypto::Pbkdf2Plan;

struct Case {
  std::string password;
  std::string salt;
  unsigned iterations;
};

std::string openssl(const Case& of) {
  crypto::Sha256 out;
  CPPUNIT_ASSERT_EQUAL(1, PKCS5_PBKDF2_HMAC(of.password.data(), static_cast<int>(of.password.size()),
                                            reinterpret_cast<const unsigned char*>(of.salt.data()),
                                            static_cast<int>(of.salt.size()), static_cast<int>(of.iterations),
                                            EVP_sha256(), static_cast<int>(out.size()), out.data()));
  return util::to_hex(out);
}

/// The same cases in every run.
class Cases {
 public:
  Case next(unsigned most_iterations) {
    return {bytes(number(0, 200)), bytes(number(0, 150)), number(1, most_iterations)};
  }
  unsigned number(unsigned least, unsigned most) {
    return std::uniform_int_distribution<unsigned>(least, most)(engine_);
  }

 private:
  std::string bytes(unsigned count) {
    std::string out;
    for (unsigned i = 0; i < count; ++i) out.push_back(static_cast<char>(number(0, 255)));
    return out;
  }
  std::mt19937 engine_{20240229};
};

class Pbkdf2Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pbkdf2Test);
  CPPUNIT_TEST(every_path_equals_openssl);
  CPPUNIT_TEST(lengths_around_the_block_equal_openssl);
  CPPUNIT_TEST(a_lane_may_change_its_path);
  CPPUNIT_TEST(equals_published_vectors);
  CPPUNIT_TEST(a_plan_takes_the_fastest_for_the_number_at_hand);
  CPPUNIT_TEST(a_plan_without_figures_falls_back_to_openssl);
  CPPUNIT_TEST(the_measured_plan_uses_what_is_available);
  CPPUNIT_TEST_SUITE_END();

  static std::string run(const Pbkdf2Path& path, const std::vector<Case>& cases) {
    std::vector<std::unique_ptr<Pbkdf2Lane>> lanes;
    for (const Case& one : cases) {
      lanes.push_back(std::make_unique<Pbkdf2Lane>(one.password, one.salt, one.iterations));
    }
    for (;;) {  // together until the shortest ends, then the rest
      std::vector<Pbkdf2Lane*> open;
      unsigned least = ~0U;
      for (const auto& lane : lanes) {
        if (lane->remaining == 0) continue;
        open.push_back(lane.get());
        least = std::min(least, lane->remaining);
      }
      if (open.empty()) break;
      path.advance(open, least);
    }
    std::string out;
    for (const auto& lane : lanes) out += util::to_hex(lane->result());
    return out;
  }

  void every_path_equals_openssl() {
    Cases random;
    for (const Pbkdf2Path& path : crypto::pbkdf2_paths()) {
      if (!path.available()) continue;
      for (int round = 0; round < 60; ++round) {
        std::vector<Case> cases;
        std::string expected;
        const unsigned lanes = random.number(1, static_cast<unsigned>(path.width));
        for (unsigned i = 0; i < lanes; ++i) {
          cases.push_back(random.next(300));
          expected += openssl(cases.back());
        }
        CPPUNIT_ASSERT_EQUAL_MESSAGE(path.name, expected, run(path, cases));
      }
    }
  }

  void lengths_around_the_block_equal_openssl() {
    for (const Pbkdf2Path& path : crypto::pbkdf2_paths()) {
      if (!path.available()) continue;
      for (const std::size_t password : {0, 1, 55, 63, 64, 65, 127, 128, 129}) {
        for (const std::size_t salt : {0, 1, 51, 52, 55, 59, 60, 61, 64, 128}) {
          const Case one{std::string(password, 'p'), std::string(salt, 's'), 2};
          CPPUNIT_ASSERT_EQUAL_MESSAGE(path.name, openssl(one), run(path, {one}));
        }
      }
    }
  }

  void a_lane_may_change_its_path() {
    Cases random;
    const Case one = random.next(1);
    const unsigned iterations = 1000;
    Pbkdf2Lane lane(one.password, one.salt, iterations);
    Pbkdf2Lane other("other", "salt", 100000);
    while (lane.remaining > 0) {
      for (const Pbkdf2Path& path : crypto::pbkdf2_paths()) {
        if (!path.available()) continue;
        const unsigned by = std::min(lane.remaining, random.number(1, 40));
        std::vector<Pbkdf2Lane*> lanes(path.width, &other);
        lanes.resize(std::min<std::size_t>(path.width, 2));
        lanes.back() = &lane;
        path.advance(lanes, by);
      }
    }
    CPPUNIT_ASSERT_EQUAL(openssl({one.password, one.salt, iterations}), util::to_hex(lane.result()));
  }

  void equals_published_vectors() {
    // RFC 7914 section 11, first 32 bytes of each.
    const struct {
      Case input;
      const char* key;
    } rows[] = {
        {{"passwd", "salt", 1}, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
        {{"Password", "NaCl", 80000}, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
    };
    for (const Pbkdf2Path& path : crypto::pbkdf2_paths()) {
      if (!path.available()) continue;
      for (const auto& row : rows) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(path.name, std::string(row.key), run(path, {row.input}));
      }
    }
  }

  void a_plan_takes_the_fastest_for_the_number_at_hand() {
    const auto paths = crypto::pbkdf2_paths();
    if (paths.size() < 5) return;  // not an x86-64
    // As measured once: OpenSSL, SHA-NI, two, AVX2 not to be used, AVX-512.
    const double nanoseconds[] = {80, 67, 82, 0, 380};
    const Pbkdf2Plan plan(nanoseconds);
    CPPUNIT_ASSERT_EQUAL(std::string("SHA-NI"), std::string(plan.step(1).path->name));
    for (const std::size_t at_hand : {2, 3, 8, 9}) {
      CPPUNIT_ASSERT_EQUAL(std::string("SHA-NI x2"), std::string(plan.step(at_hand).path->name));
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, plan.step(at_hand).lanes);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, plan.step(10).lanes);
    CPPUNIT_ASSERT_EQUAL(std::string("AVX-512 x16"), std::string(plan.step(10).path->name));
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, plan.step(1000).lanes);
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, plan.width());
  }

  void a_plan_without_figures_falls_back_to_openssl() {
    const Pbkdf2Plan plan(std::span<const double>{});
    CPPUNIT_ASSERT_EQUAL(std::string("OpenSSL"), std::string(plan.step(5).path->name));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, plan.width());
  }

  void the_measured_plan_uses_what_is_available() {
    const Pbkdf2Plan plan;
    for (std::size_t at_hand = 1; at_hand <= Pbkdf2Plan::widest; ++at_hand) {
      CPPUNIT_ASSERT(plan.step(at_hand).path->available());
      CPPUNIT_ASSERT(plan.step(at_hand).lanes >= 1 && plan.step(at_hand).lanes <= at_hand);
      CPPUNIT_ASSERT(plan.step(at_hand).iterations >= 1);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Pbkdf2Test);

}  // namespace
