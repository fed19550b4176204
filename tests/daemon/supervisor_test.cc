#include "daemon/supervisor.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <stdexcept>

#include "fastcgi/harness.h"
#include "util/temporary_directory.h"

namespace {

namespace supervisor = jwtauthd::supervisor;

/// True when `check` returns true in a child process of its own, whose descriptors and environment it
/// may bend.
bool in_child(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool good = false;
    try {
      good = check();
    } catch (...) {
    }
    std::_Exit(good ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

void pass_descriptors(int count) {
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
}

class SupervisorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SupervisorTest);
  CPPUNIT_TEST(without_systemd_there_is_nothing);
  CPPUNIT_TEST(takes_the_listening_socket_once);
  CPPUNIT_TEST(refuses_descriptors_that_are_no_listening_socket);
  CPPUNIT_TEST(ignores_descriptors_of_another_process);
  CPPUNIT_TEST(notifies_in_systemds_words);
  CPPUNIT_TEST(watchdog_is_fed_four_times_in_its_interval);
  CPPUNIT_TEST(knows_a_journal_from_a_terminal);
  CPPUNIT_TEST_SUITE_END();

  // Made in setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TemporaryDirectory> directory_;

 public:
  void setUp() override { directory_.emplace(); }
  void tearDown() override { directory_.reset(); }

  void without_systemd_there_is_nothing() {
    CPPUNIT_ASSERT(in_child([] {
      for (const char* name :
           {"LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET", "WATCHDOG_USEC", "JOURNAL_STREAM"}) {
        ::unsetenv(name);
      }
      supervisor::tell_ready();
      supervisor::tell_stopping();
      supervisor::tell_alive();
      return !supervisor::inherited_socket() && !supervisor::watchdog_interval() &&
             !supervisor::logs_to_journal();
    }));
  }

  void takes_the_listening_socket_once() {
    const auto path = *directory_ / "listening";
    CPPUNIT_ASSERT(in_child([&] {
      const int fd = fastcgi::open_socket(path, 0600);
      ::dup2(fd, 3);
      pass_descriptors(1);
      const auto first = supervisor::inherited_socket();
      return first == 3 && (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && ::getenv("LISTEN_FDS") == nullptr &&
             !supervisor::inherited_socket();
    }));
  }

  void refuses_descriptors_that_are_no_listening_socket() {
    const auto refused = [](int count) {
      pass_descriptors(count);
      try {
        supervisor::inherited_socket();
        return false;
      } catch (const std::runtime_error&) {
        return true;
      }
    };
    CPPUNIT_ASSERT(in_child([&] {
      ::dup2(::open("/dev/null", O_RDONLY), 3);
      return refused(1);
    }));
    CPPUNIT_ASSERT(in_child([&] {
      ::dup2(::socket(AF_UNIX, SOCK_STREAM, 0), 3);  // not listening
      return refused(1);
    }));
    const auto path = *directory_ / "two";
    CPPUNIT_ASSERT(in_child([&] {
      const int fd = fastcgi::open_socket(path, 0600);
      ::dup2(fd, 3);
      ::dup2(fd, 4);
      return refused(2);
    }));
  }

  void ignores_descriptors_of_another_process() {
    CPPUNIT_ASSERT(in_child([] {
      pass_descriptors(1);
      ::setenv("LISTEN_PID", "1", 1);
      return !supervisor::inherited_socket();
    }));
  }

  void notifies_in_systemds_words() {
    const auto path = *directory_ / "notify";
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name));
    CPPUNIT_ASSERT(in_child([&] {
      ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
      supervisor::tell_ready();
      supervisor::tell_alive();
      supervisor::tell_status("text");
      supervisor::tell_reloading();
      supervisor::tell_stopping();
      return true;
    }));
    for (const char* expected :
         {"READY=1", "WATCHDOG=1", "STATUS=text", "RELOADING=1\nMONOTONIC_USEC=", "STOPPING=1"}) {
      char message[256];
      const auto size = ::recv(socket, message, sizeof message, MSG_DONTWAIT);
      CPPUNIT_ASSERT(size > 0);
      CPPUNIT_ASSERT(std::string_view(message, static_cast<std::size_t>(size)).starts_with(expected));
    }
    ::close(socket);
  }

  void watchdog_is_fed_four_times_in_its_interval() {
    CPPUNIT_ASSERT(in_child([] {
      ::setenv("WATCHDOG_USEC", "3000000", 1);
      ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
      return supervisor::watchdog_interval() == std::chrono::milliseconds(750);
    }));
  }

  void knows_a_journal_from_a_terminal() {
    CPPUNIT_ASSERT(in_child([] {
      struct stat err {};
      ::fstat(2, &err);
      const auto right = std::to_string(err.st_dev) + ":" + std::to_string(err.st_ino);
      ::setenv("JOURNAL_STREAM", right.c_str(), 1);
      const bool journal = supervisor::logs_to_journal();
      ::setenv("JOURNAL_STREAM", "1:2", 1);
      return journal && !supervisor::logs_to_journal();
    }));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(SupervisorTest);
