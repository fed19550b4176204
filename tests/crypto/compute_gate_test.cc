#include "crypto/compute_gate.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace {

using crypto::ComputeGate;
using crypto::Pbkdf2Plan;

crypto::Sha256 openssl(const std::string& password, const std::string& salt, unsigned iterations) {
  crypto::Sha256 out;
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                    reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                    static_cast<int>(iterations), EVP_sha256(), static_cast<int>(out.size()), out.data());
  return out;
}

/// A plan that uses only the paths up to `widest` lanes, the wider the better.
Pbkdf2Plan plan_up_to(std::size_t widest) {
  std::vector<double> nanoseconds;
  for (const auto& path : crypto::pbkdf2_paths()) {
    // Slow enough that a slice has few iterations and that lanes meet often.
    nanoseconds.push_back(path.available() && path.width <= widest ? 10000 : 0);
  }
  return Pbkdf2Plan(nanoseconds);
}

/// Holds a gate's only permit until it goes.
class Occupied {
 public:
  explicit Occupied(ComputeGate& gate)
      : thread_([this, &gate] {
          gate.run([this] {
            started_.count_down();
            end_.wait();
          });
        }) {
    started_.wait();
  }
  ~Occupied() { release(); }
  void release() {
    if (!thread_.joinable()) return;
    end_.count_down();
    thread_.join();
  }

 private:
  std::latch started_{1};
  std::latch end_{1};
  std::thread thread_;
};

void wait_for_waiting(const ComputeGate& gate, std::size_t count) {
  while (gate.load().waiting != count) std::this_thread::yield();
}

class ComputeGateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ComputeGateTest);
  CPPUNIT_TEST(a_lone_call_computes_at_once_and_alone);
  CPPUNIT_TEST(waiting_calls_are_gathered_when_a_permit_comes_free);
  CPPUNIT_TEST(a_call_joins_one_that_is_under_way);
  CPPUNIT_TEST(every_caller_gets_its_own_key_on_every_plan);
  CPPUNIT_TEST(never_more_at_once_than_permits);
  CPPUNIT_TEST(nobody_overtakes_a_call_that_computes_alone);
  CPPUNIT_TEST(a_permit_comes_back_when_the_work_throws);
  CPPUNIT_TEST_SUITE_END();

  void a_lone_call_computes_at_once_and_alone() {
    const Pbkdf2Plan plan = plan_up_to(16);
    ComputeGate gate(2, &plan);
    CPPUNIT_ASSERT(openssl("password", "salt", 2000) == gate.pbkdf2_sha256("password", "salt", 2000));
    CPPUNIT_ASSERT(openssl("password", "salt", 1) == gate.pbkdf2_sha256("password", "salt", 1));
    const ComputeGate::Load load = gate.load();
    CPPUNIT_ASSERT(load.slices > 0);
    CPPUNIT_ASSERT_EQUAL(load.slices, load.lanes);
    CPPUNIT_ASSERT_EQUAL(0U, load.computing);
  }

  void waiting_calls_are_gathered_when_a_permit_comes_free() {
    const Pbkdf2Plan plan = plan_up_to(16);
    if (plan.width() == 1) return;  // nothing to gather on this processor
    ComputeGate gate(1, &plan);
    Occupied occupied(gate);
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 12; ++i) {
      threads.emplace_back([&, i] {
        const std::string password = "password " + std::to_string(i);
        if (gate.pbkdf2_sha256(password, "salt", 1000) == openssl(password, "salt", 1000)) ++right;
      });
    }
    wait_for_waiting(gate, threads.size());
    occupied.release();
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(12, right.load());
    const ComputeGate::Load load = gate.load();
    CPPUNIT_ASSERT(load.lanes >= 2 * load.slices);
    if (plan.width() >= threads.size()) CPPUNIT_ASSERT_EQUAL(load.slices * threads.size(), load.lanes);
  }

  void a_call_joins_one_that_is_under_way() {
    const Pbkdf2Plan plan = plan_up_to(2);
    if (plan.width() == 1) return;
    ComputeGate gate(1, &plan);
    std::thread first([&] { gate.pbkdf2_sha256("first", "salt", 3'000'000); });
    while (gate.load().slices == 0) std::this_thread::yield();
    const bool right = gate.pbkdf2_sha256("second", "salt", 500) == openssl("second", "salt", 500);
    const ComputeGate::Load load = gate.load();
    const bool first_goes_on = load.computing == 1;
    first.join();
    CPPUNIT_ASSERT(right);
    CPPUNIT_ASSERT(first_goes_on);
    CPPUNIT_ASSERT(load.lanes > load.slices);
  }

  void every_caller_gets_its_own_key_on_every_plan() {
    for (const std::size_t widest : {1, 2, 8, 16}) {
      const Pbkdf2Plan plan = plan_up_to(widest);
      for (const unsigned permits : {1U, 2U, 3U}) {
        ComputeGate gate(permits, &plan);
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 20; ++t) {
          threads.emplace_back([&, t] {
            for (unsigned i = 0; i < 6; ++i) {
              const std::string password(t * 9 + i, 'p');
              const std::string salt = "salt " + std::to_string(t);
              const unsigned iterations = 1 + (t * 37 + i * 211) % 900;
              if (i == 3) gate.run([] { std::this_thread::yield(); });
              if (gate.pbkdf2_sha256(password, salt, iterations) != openssl(password, salt, iterations))
                ++wrong;
            }
          });
        }
        for (std::thread& thread : threads) thread.join();
        CPPUNIT_ASSERT_EQUAL(0, wrong.load());
        CPPUNIT_ASSERT_EQUAL(0U, gate.load().computing);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, gate.load().waiting);
      }
    }
  }

  void never_more_at_once_than_permits() {
    const Pbkdf2Plan plan = plan_up_to(16);
    ComputeGate gate(2, &plan);
    std::atomic<unsigned> most = 0;
    std::atomic<unsigned> now = 0;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          gate.run([&] {
            const unsigned here = ++now;
            unsigned seen = most.load();
            while (seen < here && !most.compare_exchange_weak(seen, here)) {
            }
            std::this_thread::yield();
            --now;
          });
          gate.pbkdf2_sha256("password", "salt", 50);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(most.load() >= 1 && most.load() <= 2);
  }

  void nobody_overtakes_a_call_that_computes_alone() {
    const Pbkdf2Plan plan = plan_up_to(16);
    ComputeGate gate(1, &plan);
    Occupied occupied(gate);
    std::atomic<bool> late_one_done = false;
    bool overtaken = true;
    std::thread early([&] { gate.pbkdf2_sha256("early", "salt", 20000); });
    wait_for_waiting(gate, 1);
    std::thread alone([&] { gate.run([&] { overtaken = late_one_done.load(); }); });
    wait_for_waiting(gate, 2);
    std::thread late([&] {
      gate.pbkdf2_sha256("late", "salt", 100);
      late_one_done = true;
    });
    wait_for_waiting(gate, 3);
    occupied.release();
    early.join();
    alone.join();
    late.join();
    CPPUNIT_ASSERT(!overtaken);
  }

  void a_permit_comes_back_when_the_work_throws() {
    ComputeGate gate(1);
    CPPUNIT_ASSERT_THROW(gate.run([]() -> int { throw std::runtime_error("broken"); }), std::runtime_error);
    CPPUNIT_ASSERT_EQUAL(7, gate.run([] { return 7; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ComputeGateTest);

}  // namespace
