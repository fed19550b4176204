// The pool when its server stops, dies, hangs or comes back.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "mysql/pool.h"
#include "tests/mysql/private_server.h"
#include "util/error.h"

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Takes connections, closes each at once, and counts them.
class DeadServer {
 public:
  DeadServer() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path_.c_str());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd_, 64) != 0) {
      throw std::runtime_error("cannot listen on " + path_);
    }
    thread_ = std::thread([this] {
      for (int peer; (peer = ::accept(fd_, nullptr, nullptr)) >= 0; ++connects_) ::close(peer);
    });
  }
  ~DeadServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  DeadServer(const DeadServer&) = delete;
  DeadServer& operator=(const DeadServer&) = delete;

  const std::string& socket() const { return path_; }
  int connects() const { return connects_; }

 private:
  const std::string path_ =
      std::filesystem::temp_directory_path() / ("jwtauthd-dead-" + std::to_string(::getpid()));
  int fd_ = -1;
  std::atomic<int> connects_{0};
  std::thread thread_;
};

class OutageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OutageTest);
  CPPUNIT_TEST(restarted_server_costs_no_request);
  CPPUNIT_TEST(server_that_is_away_is_not_asked_by_each_request);
  CPPUNIT_TEST(recovers_by_itself);
  CPPUNIT_TEST(pool_made_before_its_server_finds_it_later);
  CPPUNIT_TEST(requests_during_restarts_succeed_or_fail_quickly);
  CPPUNIT_TEST(slow_statement_ends_at_the_read_timeout);
  CPPUNIT_TEST(hanging_server_makes_callers_fail_before_connect_timeout);
  CPPUNIT_TEST(more_callers_than_connections_wait_and_then_fail);
  CPPUNIT_TEST(busy_connections_are_waited_for);
  CPPUNIT_TEST(too_many_connections_at_the_server_leaves_the_open_ones_usable);
  CPPUNIT_TEST(wrong_password_says_so_without_the_password);
  CPPUNIT_TEST(read_only_server_is_an_outage);
  CPPUNIT_TEST(write_on_a_connection_killed_while_idle_happens_once);
  CPPUNIT_TEST_SUITE_END();

  static testing::PrivateServer& server() {
    static testing::PrivateServer one;
    return one;
  }
  static mysql::Options options() {
    mysql::Options options = server().options("mysql");
    options.pool_size = 4;
    options.acquire_timeout = std::chrono::seconds(10);  // a sanitizer's build is slow
    return options;
  }

 public:
  void restarted_server_costs_no_request() {
    mysql::Pool pool(options());
    fill(pool, 4);
    server().kill();
    server().start();
    for (int i = 0; i < 8; ++i) pool.ping();
    fill(pool, 4);
    mysql::Transaction transaction(pool);
    transaction.commit();
  }

  void server_that_is_away_is_not_asked_by_each_request() {
    DeadServer dead;
    mysql::Options options;
    options.socket = dead.socket();
    mysql::Pool pool(std::move(options));
    for (int i = 0; i < 5'000; ++i) CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
    CPPUNIT_ASSERT(dead.connects() > 0);
    CPPUNIT_ASSERT(dead.connects() < 500);
  }

  void recovers_by_itself() {
    mysql::Pool pool(options());
    pool.ping();
    server().stop();
    CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
    server().start();
    CPPUNIT_ASSERT(eventually_pings(pool));
  }

  void pool_made_before_its_server_finds_it_later() {
    server().stop();
    mysql::Pool pool(options());
    CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
    server().start();
    CPPUNIT_ASSERT(eventually_pings(pool));
  }

  void requests_during_restarts_succeed_or_fail_quickly() {
    mysql::Pool pool(options());
    std::atomic<bool> stop{false};
    std::atomic<int> good{0};
    std::atomic<int> other{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        while (!stop) {
          try {
            auto lease = pool.acquire();
            auto rows = lease.prepare("SELECT ?").bind(7).query();
            if (rows.next() && rows.integer(1) == 7) ++good;
          } catch (const util::Outage&) {
            std::this_thread::sleep_for(milliseconds(1));
          } catch (...) {
            ++other;
          }
        }
      });
    }
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(milliseconds(100));
      i == 1 ? server().stop() : server().kill();
      std::this_thread::sleep_for(milliseconds(50));
      server().start();
      const int before = good;
      for (int wait = 0; wait < 1000 && good == before; ++wait) std::this_thread::sleep_for(milliseconds(10));
      CPPUNIT_ASSERT(good > before);
    }
    stop = true;
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, other.load());
  }

  void slow_statement_ends_at_the_read_timeout() {
    mysql::Options slow = options();
    slow.read_timeout = std::chrono::seconds(1);
    mysql::Pool pool(std::move(slow));
    pool.ping();
    const auto start = Clock::now();
    CPPUNIT_ASSERT_THROW(pool.acquire().prepare("SELECT SLEEP(20)").query(), util::Outage);
    CPPUNIT_ASSERT(Clock::now() - start < std::chrono::seconds(10));  // and it was not sent twice
    pool.ping();
  }

  void hanging_server_makes_callers_fail_before_connect_timeout() {
    mysql::Options patient = options();
    patient.connect_timeout = std::chrono::seconds(60);
    patient.acquire_timeout = std::chrono::seconds(1);
    mysql::Pool pool(std::move(patient));
    server().pause();
    const auto start = Clock::now();
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
    CPPUNIT_ASSERT(Clock::now() - start < std::chrono::seconds(30));
    server().resume();
    CPPUNIT_ASSERT(eventually_pings(pool));
  }

  void more_callers_than_connections_wait_and_then_fail() {
    const auto one = [](milliseconds acquire_timeout) {
      mysql::Options made = options();
      made.pool_size = 1;
      made.acquire_timeout = acquire_timeout;
      return made;
    };
    mysql::Pool pool(one(milliseconds(20)));
    CPPUNIT_ASSERT(eventually_pings(pool));
    {
      auto lease = pool.acquire();
      CPPUNIT_ASSERT_THROW(pool.acquire(), util::Outage);
      lease.prepare("SELECT 1").query();
    }
    mysql::Pool patient(one(std::chrono::seconds(10)));
    auto lease = std::make_unique<mysql::Lease>(patient.acquire());
    std::thread waiter([&] { patient.ping(); });
    std::this_thread::sleep_for(milliseconds(20));
    lease.reset();
    waiter.join();
  }

  void busy_connections_are_waited_for() {
    mysql::Options busy = options();
    busy.pool_size = 1;
    busy.acquire_timeout = milliseconds(800);
    mysql::Pool pool(std::move(busy));
    CPPUNIT_ASSERT(eventually_pings(pool));
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 5; ++i) {  // the last one waits for four of 300 ms
      threads.emplace_back([&] {
        try {
          pool.acquire().prepare("SELECT SLEEP(0.3)").query();
        } catch (const util::Outage&) {
          ++failed;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, failed.load());
  }

  void too_many_connections_at_the_server_leaves_the_open_ones_usable() {
    mysql::Pool admin(options());
    admin.acquire().run("CREATE OR REPLACE USER few@localhost WITH MAX_USER_CONNECTIONS 1");
    mysql::Options few = options();
    few.user = "few";
    few.database = "information_schema";
    mysql::Pool pool(std::move(few));
    {
      auto lease = pool.acquire();
      CPPUNIT_ASSERT_THROW(pool.acquire(), util::Outage);
      lease.prepare("SELECT 1").query();
    }
    pool.ping();
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 50; ++k) {
          try {
            pool.ping();
          } catch (const util::Outage&) {
            ++failed;
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, failed.load());
  }

  void wrong_password_says_so_without_the_password() {
    mysql::Pool admin(options());
    admin.acquire().run("CREATE OR REPLACE USER locked@localhost IDENTIFIED BY 'right'");
    mysql::Options wrong = options();
    wrong.user = "locked";
    wrong.password = util::Secret("s3cret");
    mysql::Pool pool(std::move(wrong));
    try {
      pool.ping();
      CPPUNIT_FAIL("got in");
    } catch (const util::Outage& outage) {
      const std::string text = outage.what();
      CPPUNIT_ASSERT(text.find("access denied") != std::string::npos);
      CPPUNIT_ASSERT(text.find("1045") != std::string::npos);
      CPPUNIT_ASSERT(text.find("s3cret") == std::string::npos);
    }
  }

  void read_only_server_is_an_outage() {
    mysql::Pool admin(options());
    admin.acquire().run("CREATE DATABASE IF NOT EXISTS ro");
    admin.acquire().run("CREATE TABLE IF NOT EXISTS ro.t (id int)");
    admin.acquire().run("CREATE OR REPLACE USER plain@localhost");
    admin.acquire().run("GRANT ALL ON ro.* TO plain@localhost");
    mysql::Options options = OutageTest::options();
    options.user = "plain";
    options.database = "ro";
    mysql::Pool pool(std::move(options));
    admin.acquire().run("SET GLOBAL read_only=1");
    try {
      pool.acquire().prepare("INSERT INTO t VALUES (1)").execute();
      CPPUNIT_FAIL("was written");
    } catch (const util::Outage& outage) {
      CPPUNIT_ASSERT(std::string(outage.what()).find("read-only") != std::string::npos);
    }
    admin.acquire().run("SET GLOBAL read_only=0");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, pool.acquire().prepare("INSERT INTO t VALUES (1)").execute());
  }

  void write_on_a_connection_killed_while_idle_happens_once() {
    mysql::Pool admin(options());
    admin.acquire().run("CREATE OR REPLACE TABLE test_once (id int) ENGINE=InnoDB");
    mysql::Pool pool(options());
    const char* insert = "INSERT INTO test_once VALUES (1)";
    pool.acquire().prepare(insert).execute();
    for (int i = 0; i < 5; ++i) {
      fill(pool, 4);
      server().kill();
      server().start();
      pool.acquire().prepare(insert).execute();
    }
    auto lease = pool.acquire();
    auto rows = lease.prepare("SELECT COUNT(*) FROM test_once").query();
    CPPUNIT_ASSERT(rows.next());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, rows.integer(1));
  }

 private:
  /// Opens that many connections and gives them back.
  static void fill(mysql::Pool& pool, int connections) {
    std::vector<mysql::Lease> leases;
    for (int i = 0; i < connections; ++i) {
      leases.push_back(pool.acquire());
      leases.back().prepare("SELECT 1").query();
    }
  }

  static bool eventually_pings(mysql::Pool& pool) {
    for (int i = 0; i < 1000; ++i) {
      try {
        pool.ping();
        return true;
      } catch (const util::Outage&) {
        std::this_thread::sleep_for(milliseconds(10));
      }
    }
    return false;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OutageTest);

}  // namespace
