#include "daemon/worker.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fastcgi/harness.h"
#include "mysql/test_database.h"
#include "store/migrator.h"
#include "util/log.h"
#include "util/random.h"
#include "util/temporary_directory.h"

namespace {

using namespace std::chrono_literals;
using fcgi_client::Client;
using fcgi_client::eventually;

std::size_t threads_that_read() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name.starts_with("listener-")) ++count;
  }
  return count;
}

/// A worker on a database of its own, with the file that it was made from.
struct Service {
  explicit Service(const std::string& last_lines = "") {
    mysql::Pool pool(database.options());
    CPPUNIT_ASSERT(store::Migrator(pool).migrate().has_value());
    configure(last_lines);
    auto loaded = config::load(file);
    CPPUNIT_ASSERT_MESSAGE(loaded ? "" : loaded.error().message, loaded.has_value());
    worker.emplace(file, std::move(*loaded));
    worker->start();
    CPPUNIT_ASSERT(eventually([&] { return status("GET", "/readyz") == "200"; }));
  }

  /// `extra`: lines for the last section, [accounts].
  void configure(const std::string& extra, std::string socket = "") {
    const auto options = database.options();
    if (socket.empty()) socket = options.socket;
    std::ofstream(file) << "[server]\nlisten = \"" << listen << "\"\ntoken_threads = " << token_threads
                        << "\npassword_threads = 1\n[database]\nsocket = \"" << socket << "\"\nname = \""
                        << options.database << "\"\nuser = \"" << options.user
                        << "\"\n[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"" << secret
                        << "\"\n[passwords]\nrefuse_common = false\n[log]\naccess = false\n[accounts]\n"
                        << extra << "\n";
    ::chmod(file.c_str(), 0600);
  }

  std::string status(const std::string& method, const std::string& target) const {
    Client client(listen);
    const auto reply = client.ask({{"REQUEST_METHOD", method}, {"DOCUMENT_URI", target}});
    return reply ? reply->out.substr(std::string_view("Status: ").size(), 3) : "none";
  }
  /// 400 while registration is on: the body is empty; 404 else.
  std::string registering() const { return status("POST", "/api/register/"); }
  bool becomes(const std::string& answer) const {
    return eventually([&] { return registering() == answer; });
  }

  testing::TestDatabase database;
  testing::TemporaryDirectory directory;
  const std::string listen = directory / "s";
  const std::string file = directory / "c.toml";
  const std::string secret = util::SystemRandom().hex(32);
  int token_threads = 2;
  std::optional<jwtauthd::Worker> worker;
};

class WorkerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerTest);
  CPPUNIT_TEST(reload_takes_what_was_changed);
  CPPUNIT_TEST(reload_of_a_wrong_file_changes_nothing);
  CPPUNIT_TEST(reload_to_a_database_that_is_away_changes_nothing);
  CPPUNIT_TEST(threads_stay_as_many_as_they_were);
  CPPUNIT_TEST(requests_do_not_notice_reloads);
  CPPUNIT_TEST(stops_while_it_reloads);
  CPPUNIT_TEST(a_database_that_loses_commits_in_a_crash_is_told_of_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reload_takes_what_was_changed() {
    Service service;
    CPPUNIT_ASSERT_EQUAL(std::string("400"), service.registering());
    service.configure("registration = false");
    service.worker->reload();
    CPPUNIT_ASSERT(service.becomes("404"));
    service.configure("");
    service.worker->reload();
    CPPUNIT_ASSERT(service.becomes("400"));
  }

  void reload_of_a_wrong_file_changes_nothing() {
    Service service;
    service.configure("registration = false\nnonsense = 1");
    service.worker->reload();
    std::this_thread::sleep_for(300ms);
    CPPUNIT_ASSERT_EQUAL(std::string("400"), service.registering());
    service.configure("registration = false");
    service.worker->reload();
    CPPUNIT_ASSERT(service.becomes("404"));
  }

  void reload_to_a_database_that_is_away_changes_nothing() {
    Service service;
    service.configure("registration = false", "/nonexistent/socket");
    service.worker->reload();
    std::this_thread::sleep_for(300ms);
    CPPUNIT_ASSERT_EQUAL(std::string("400"), service.registering());
    CPPUNIT_ASSERT_EQUAL(std::string("200"), service.status("GET", "/readyz"));
  }

  void threads_stay_as_many_as_they_were() {
    Service service;
    const auto before = threads_that_read();
    CPPUNIT_ASSERT(before > 0);
    service.token_threads = 3;
    service.configure("registration = false");
    service.worker->reload();
    CPPUNIT_ASSERT(service.becomes("404"));
    service.worker->alive(), std::this_thread::sleep_for(50ms);
    CPPUNIT_ASSERT(service.worker->alive());
    CPPUNIT_ASSERT_EQUAL(before, threads_that_read());
  }

  void requests_do_not_notice_reloads() {
    Service service;
    std::atomic<bool> over{false};
    std::atomic<int> answered{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> askers;
    for (const char* target : {"/healthz", "/readyz", "/api/dashboard/"}) {
      askers.emplace_back([&, target] {
        Client client(service.listen);
        const std::string expected =
            std::string_view(target).starts_with("/api") ? "Status: 401" : "Status: 200";
        while (!over) {
          const auto reply = client.ask({{"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", target}});
          if (!reply || !reply->out.starts_with(expected)) ++wrong;
          ++answered;
        }
      });
    }
    for (int i = 0; i < 10; ++i) {
      service.configure(i % 2 == 0 ? "registration = false" : "");
      service.worker->reload();
      CPPUNIT_ASSERT(service.becomes(i % 2 == 0 ? "404" : "400"));
    }
    over = true;
    for (auto& asker : askers) asker.join();
    CPPUNIT_ASSERT_EQUAL(0, wrong.load());
    CPPUNIT_ASSERT(answered > 100);
  }

  void stops_while_it_reloads() {
    Service service;
    service.configure("", "/nonexistent/socket");
    service.worker->reload();
    std::this_thread::sleep_for(50ms);
    CPPUNIT_ASSERT(service.worker->stop());
    service.worker.reset();  // and does not wait for the ten seconds that the other database has
  }

  /// The tests' own database is such a one (tools/stack database start --fast).
  void a_database_that_loses_commits_in_a_crash_is_told_of_once() {
    const testing::TemporaryDirectory directory;
    const std::string file = directory / "log";
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CPPUNIT_ASSERT(fd >= 0);
    const auto told = [&] {
      util::log::flush();
      std::ifstream log(file);
      std::size_t count = 0;
      for (std::string line; std::getline(log, line);) {
        if (line.find("the database's innodb_flush_log_at_trx_commit is ") != std::string::npos) ++count;
      }
      return count;
    };
    util::log::start({.fd = fd});
    bool was_told = false;
    std::size_t times = 0;
    {
      Service service;
      was_told = eventually([&] { return told() > 0; });
      service.status("GET", "/readyz");
      times = told();
    }
    util::log::stop();
    util::log::start({});
    util::log::stop();
    ::close(fd);
    CPPUNIT_ASSERT(was_told);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, times);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerTest);
