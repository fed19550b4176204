#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <stdexcept>

#include "fastcgi/listener.h"
#include "fcgi_client.h"
#include "util/temporary_directory.h"

namespace {

class SocketTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SocketTest);
  CPPUNIT_TEST(gives_the_file_its_mode_whatever_the_umask);
  CPPUNIT_TEST(replaces_an_orphaned_socket_file);
  CPPUNIT_TEST(refuses_what_it_cannot_listen_on);
  CPPUNIT_TEST(listens_on_tcp);
  CPPUNIT_TEST_SUITE_END();

  // Made in setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TemporaryDirectory> directory_;

 public:
  void setUp() override { directory_.emplace(); }
  void tearDown() override { directory_.reset(); }

  void gives_the_file_its_mode_whatever_the_umask() {
    const mode_t before = ::umask(0077);
    for (const unsigned mode : {0660U, 0600U, 0666U}) {
      const auto path = *directory_ / ("m" + std::to_string(mode));
      ::close(fastcgi::open_socket(path, mode));
      struct stat file {};
      CPPUNIT_ASSERT_EQUAL(0, ::stat(path.c_str(), &file));
      CPPUNIT_ASSERT_EQUAL(mode, static_cast<unsigned>(file.st_mode & 0777));
    }
    ::umask(before);
  }

  void replaces_an_orphaned_socket_file() {
    const auto path = *directory_ / "orphan";
    ::close(fastcgi::open_socket(path, 0600));
    const int fd = fastcgi::open_socket(path, 0600);
    fcgi_client::Client reaches_it(path);
    ::close(fd);
  }

  void refuses_what_it_cannot_listen_on() {
    const auto in_use = *directory_ / "in-use";
    const int fd = fastcgi::open_socket(in_use, 0600);
    const auto file = *directory_ / "file";
    std::ofstream(file) << "precious";
    const struct {
      std::string address;
      const char* why;
    } table[] = {
        {in_use, "another process listens"},
        {file, "no socket"},
        {"", "107 bytes"},
        {"/" + std::string(107, 'x'), "107 bytes"},
        {*directory_ / "missing/s", "No such file"},
        {"tcp:9000", "is needed"},
        {"tcp:localhost:9000", "is needed"},
        {"tcp:127.0.0.1:70000", "is needed"},
        {"tcp:127.0.0.1:90x", "is needed"},
        {"tcp:127.0.0.1:", "is needed"},
        {"tcp:192.0.2.1:9000", "Cannot assign"},
    };
    for (const auto& row : table) {
      std::string what;
      try {
        ::close(fastcgi::open_socket(row.address, 0600));
      } catch (const std::runtime_error& refusal) {
        what = refusal.what();
      }
      CPPUNIT_ASSERT_MESSAGE(row.address + ": " + what, what.find(row.why) != std::string::npos);
      CPPUNIT_ASSERT(what.find(row.address) != std::string::npos);
    }
    ::close(fd);
    std::string kept;
    std::getline(std::ifstream(file), kept);
    CPPUNIT_ASSERT_EQUAL(std::string("precious"), kept);
  }

  void listens_on_tcp() {
    const int fd = fastcgi::open_socket("tcp:127.0.0.1:0", 0);
    sockaddr_in name{};
    socklen_t size = sizeof name;
    CPPUNIT_ASSERT_EQUAL(0, ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size));
    CPPUNIT_ASSERT(ntohs(name.sin_port) != 0);
    ::close(fd);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(SocketTest);
