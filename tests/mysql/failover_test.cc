// Several servers, of which one is used at a time.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mysql/connections.h"
#include "mysql/pool.h"
#include "private_server.h"
#include "util/error.h"

namespace {

using std::chrono::milliseconds;
using namespace std::string_literals;

/// Takes a connection and says nothing, until it closes it.
class SilentServer {
 public:
  explicit SilentServer(std::string path) : path_(std::move(path)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CPPUNIT_ASSERT(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CPPUNIT_ASSERT(::listen(fd_, 8) == 0);
  }
  ~SilentServer() { close(); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  void close() {
    if (fd_ < 0) return;
    ::close(std::exchange(fd_, -1));
    ::unlink(path_.c_str());
  }
  const std::string& socket() const { return path_; }

 private:
  const std::string path_;
  int fd_ = -1;
};

class FailoverTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FailoverTest);
  CPPUNIT_TEST(the_first_that_can_be_used_is);
  CPPUNIT_TEST(a_killed_server_is_left_and_not_gone_back_to);
  CPPUNIT_TEST(a_server_that_became_read_only_is_left_with_all_its_connections);
  CPPUNIT_TEST(a_read_only_server_is_passed_over_from_the_start);
  CPPUNIT_TEST(a_replica_may_be_read_only);
  CPPUNIT_TEST(a_transaction_that_lost_its_server_before_its_commit_runs_on_the_next);
  CPPUNIT_TEST(a_commit_whose_answer_was_lost_is_not_run_again);
  CPPUNIT_TEST(with_all_away_callers_fail_at_once_and_the_first_back_is_used);
  CPPUNIT_TEST(a_server_that_says_nothing_holds_nobody_up_for_long);
  CPPUNIT_TEST(a_server_that_is_left_during_a_connect_leaves_the_pool_usable);
  CPPUNIT_TEST_SUITE_END();

  struct Two {
    testing::PrivateServer first, second;
  };
  /// Started once, and as they were for each test.
  static Two& servers() {
    static Two two;
    return two;
  }
  static void on(testing::PrivateServer& server, const std::vector<std::string>& statements) {
    mysql::Options options = server.options("mysql");
    options.acquire_timeout = std::chrono::seconds(10);
    mysql::Pool pool(std::move(options));
    auto lease = pool.acquire();
    for (const std::string& statement : statements) lease.run(statement);
  }

  static mysql::Options options() {
    mysql::Options made = servers().first.options("app");
    made.user = "plain";  // root may write where nobody else may
    made.acquire_timeout = std::chrono::seconds(10);
    made.connect_timeout = std::chrono::seconds(1);
    made.socket.clear();
    made.hosts = {{servers().first.socket(), "", 0}, {servers().second.socket(), "", 0}};
    return made;
  }
  static std::string where(mysql::Pool& pool) {
    auto rows = pool.acquire().prepare("SELECT name FROM who").query();
    return rows.next() ? rows.text(1) : "nowhere"s;
  }
  static void put(mysql::Pool& pool, int value) {
    pool.acquire().prepare("INSERT INTO t VALUES (?)").bind(value).execute();
  }
  static std::string rows_of(testing::PrivateServer& server) {
    mysql::Options made = server.options("app");
    made.acquire_timeout = std::chrono::seconds(10);
    mysql::Pool pool(std::move(made));
    auto lease = pool.acquire();
    auto rows = lease.prepare("SELECT GROUP_CONCAT(value ORDER BY value) FROM t").query();
    return rows.next() ? rows.text(1) : std::string();
  }

 public:
  void setUp() override {
    int number = 0;
    for (testing::PrivateServer* server : {&servers().first, &servers().second}) {
      const std::string name = ++number == 1 ? "first" : "second";
      on(*server, {"SET GLOBAL read_only=0", "CREATE DATABASE IF NOT EXISTS app",
                   "CREATE USER IF NOT EXISTS plain@localhost", "GRANT ALL ON app.* TO plain@localhost",
                   "CREATE OR REPLACE TABLE app.t (value int) ENGINE=InnoDB",
                   "CREATE OR REPLACE TABLE app.who AS SELECT '" + name + "' AS name"});
    }
  }

  void the_first_that_can_be_used_is() {
    mysql::Pool pool(options());
    CPPUNIT_ASSERT_EQUAL("first"s, where(pool));
    mysql::Options other = options();
    other.hosts.insert(other.hosts.begin(), {"/nonexistent/socket", "", 0});
    mysql::Pool late(std::move(other));
    CPPUNIT_ASSERT_EQUAL("first"s, where(late));
    CPPUNIT_ASSERT_EQUAL(servers().first.socket(), late.use().address);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, late.use().failovers);
  }

  void a_killed_server_is_left_and_not_gone_back_to() {
    mysql::Pool pool(options());
    CPPUNIT_ASSERT_EQUAL("first"s, where(pool));
    servers().first.kill();
    CPPUNIT_ASSERT_EQUAL("second"s, where(pool));  // the statement found the connection dead, and went there
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, pool.use().failovers);
    servers().first.start();
    CPPUNIT_ASSERT_EQUAL("second"s, where(pool));
    mysql::Pool fresh(options());
    CPPUNIT_ASSERT_EQUAL("first"s, where(fresh));
    servers().second.kill();
    CPPUNIT_ASSERT_EQUAL("first"s, where(pool));
    servers().second.start();
  }

  void a_server_that_became_read_only_is_left_with_all_its_connections() {
    mysql::Pool pool(options());
    {
      auto one = pool.acquire();
      auto other = pool.acquire();
      put(pool, 1);
      on(servers().first, {"SET GLOBAL read_only=1"});
      put(pool, 2);  // refused there, written on the other one
      auto rows = other.prepare("SELECT name FROM who").query();
      CPPUNIT_ASSERT(rows.next());
    }
    CPPUNIT_ASSERT_EQUAL("1"s, rows_of(servers().first));
    CPPUNIT_ASSERT_EQUAL("2"s, rows_of(servers().second));
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL("second"s, where(pool));
  }

  void a_read_only_server_is_passed_over_from_the_start() {
    on(servers().first, {"SET GLOBAL read_only=1"});
    mysql::Pool pool(options());
    CPPUNIT_ASSERT_EQUAL("second"s, where(pool));
    mysql::Options alone = options();
    alone.hosts.resize(1);
    mysql::Pool only(std::move(alone));
    CPPUNIT_ASSERT_EQUAL("first"s, where(only));  // better than none
    CPPUNIT_ASSERT_THROW(put(only, 1), util::Outage);
    int runs = 0;
    CPPUNIT_ASSERT_THROW(mysql::transact(only,
                                         [&](mysql::Transaction& transaction) {
                                           ++runs;
                                           transaction.prepare("INSERT INTO t VALUES (1)").execute();
                                           transaction.commit();
                                         }),
                         util::Outage);
    CPPUNIT_ASSERT_EQUAL(1, runs);  // a second run would find the same
  }

  void a_replica_may_be_read_only() {
    on(servers().first, {"SET GLOBAL read_only=1"});
    mysql::Options reading = options();
    reading.replica = true;
    mysql::Pool pool(std::move(reading));
    CPPUNIT_ASSERT_EQUAL("first"s, where(pool));
  }

  void a_transaction_that_lost_its_server_before_its_commit_runs_on_the_next() {
    mysql::Pool pool(options());
    int runs = 0;
    mysql::transact(pool, [&](mysql::Transaction& transaction) {
      transaction.prepare("INSERT INTO t VALUES (1)").execute();
      if (++runs == 1) servers().first.kill();
      transaction.prepare("INSERT INTO t VALUES (2)").execute();
      transaction.commit();
    });
    CPPUNIT_ASSERT_EQUAL(2, runs);
    CPPUNIT_ASSERT_EQUAL("1,2"s, rows_of(servers().second));
    servers().first.start();
    CPPUNIT_ASSERT_EQUAL(std::string(), rows_of(servers().first));
  }

  void a_commit_whose_answer_was_lost_is_not_run_again() {
    mysql::Pool pool(options());
    int runs = 0;
    CPPUNIT_ASSERT_THROW(mysql::transact(pool,
                                         [&](mysql::Transaction& transaction) {
                                           ++runs;
                                           transaction.prepare("INSERT INTO t VALUES (1)").execute();
                                           servers().first.kill();
                                           transaction.commit();
                                         }),
                         util::Outage);
    CPPUNIT_ASSERT_EQUAL(1, runs);
    servers().first.start();
    CPPUNIT_ASSERT_EQUAL(std::string(), rows_of(servers().second));
  }

  void with_all_away_callers_fail_at_once_and_the_first_back_is_used() {
    mysql::Pool pool(options());
    CPPUNIT_ASSERT_EQUAL("first"s, where(pool));
    servers().first.kill();
    servers().second.kill();
    CPPUNIT_ASSERT_THROW(where(pool), util::Outage);
    CPPUNIT_ASSERT(pool.use().down);
    servers().second.start();
    CPPUNIT_ASSERT_EQUAL("second"s, eventually(pool));
    servers().first.start();
  }

  void a_server_that_says_nothing_holds_nobody_up_for_long() {
    mysql::Options quick = options();
    quick.acquire_timeout = milliseconds(50);
    servers().first.pause();
    mysql::Pool pool(std::move(quick));
    const auto began = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
    const auto took = std::chrono::steady_clock::now() - began;
    CPPUNIT_ASSERT(took < milliseconds(900));  // and not the connect timeout
    CPPUNIT_ASSERT_EQUAL("second"s, eventually(pool));
    servers().first.resume();
  }

  void a_server_that_is_left_during_a_connect_leaves_the_pool_usable() {
    SilentServer silent(servers().second.directory() / "silent");
    mysql::Options made = options();
    made.acquire_timeout = milliseconds(20);
    made.connect_timeout = std::chrono::seconds(60);
    made.hosts.front().socket = silent.socket();
    mysql::Connections connections(std::move(made));
    CPPUNIT_ASSERT_THROW(connections.take(), util::Outage);
    connections.leave(0);
    CPPUNIT_ASSERT_THROW(connections.take(), util::Outage);
    silent.close();
    bool came = false;
    for (int i = 0; i < 500 && !came; ++i) {
      try {
        connections.give_back(connections.take());
        came = true;
      } catch (const util::Outage&) {
        std::this_thread::sleep_for(milliseconds(10));
      }
    }
    CPPUNIT_ASSERT(came);
  }

 private:
  static std::string eventually(mysql::Pool& pool) {
    for (int i = 0; i < 1000; ++i) {
      try {
        return where(pool);
      } catch (const util::Outage&) {
        std::this_thread::sleep_for(milliseconds(10));
      }
    }
    return "nowhere";
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FailoverTest);

}  // namespace
