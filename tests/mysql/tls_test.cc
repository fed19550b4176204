// With database.tls_ca set there is no way to the server but TLS with a certificate of that authority.
#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "mysql/pool.h"
#include "tests/mysql/private_server.h"
#include "util/error.h"
#include "util/temporary_directory.h"

namespace {

/// Authorities `ca` and `other`, and the server's certificate, which `ca` signed for 127.0.0.1.
class Certificates {
 public:
  Certificates() {
    const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
    for (const std::string name : {"ca", "other"}) {
      run("req -x509" + key + " -subj /CN=" + name + " -keyout " + name + ".key -out " + name + ".pem");
    }
    run("req" + key + " -subj /CN=127.0.0.1 -keyout server.key -out server.csr");
    run("x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem");
  }

  std::string path(const std::string& name) const { return directory_ / name; }

 private:
  void run(const std::string& arguments) const {
    const std::string command = "cd " + directory_.path().string() + " && openssl " + arguments + " 2>log";
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
  }
  testing::TemporaryDirectory directory_;
};

unsigned free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool known = ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  if (!known) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

class TlsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsTest);
  CPPUNIT_TEST(certificate_of_the_named_authority_is_taken_and_the_wire_encrypted);
  CPPUNIT_TEST(certificate_of_another_authority_is_refused);
  CPPUNIT_TEST(server_without_tls_is_refused_not_spoken_to_in_plain);
  CPPUNIT_TEST(plain_tcp_works_where_no_authority_is_named);
  CPPUNIT_TEST_SUITE_END();

  const unsigned port_ = free_port();

  static std::string certificate(const std::string& name) {
    static const Certificates certificates;
    return certificates.path(name);
  }

  std::vector<std::string> tcp() const {
    return {"--skip-networking=0", "--bind-address=127.0.0.1", "--port=" + std::to_string(port_),
            "--skip-name-resolve"};
  }
  std::vector<std::string> with_tls() const {
    auto words = tcp();
    words.push_back("--ssl-cert=" + certificate("server.pem"));
    words.push_back("--ssl-key=" + certificate("server.key"));
    return words;
  }
  static void add_user(const testing::PrivateServer& server) {
    mysql::Pool pool(server.options("mysql"));
    pool.acquire().run("CREATE USER remote@'127.0.0.1'");
  }
  mysql::Options remote(const std::string& authority) const {
    mysql::Options options;
    options.host = "127.0.0.1";
    options.port = port_;
    options.user = "remote";
    options.database = "information_schema";
    options.acquire_timeout = std::chrono::seconds(5);
    if (!authority.empty()) options.tls_ca = certificate(authority);
    return options;
  }
  static std::string cipher(mysql::Pool& pool) {
    auto lease = pool.acquire();
    auto rows = lease.prepare("SHOW SESSION STATUS LIKE 'Ssl_cipher'").query();
    CPPUNIT_ASSERT(rows.next());
    return rows.text(2);
  }

 public:
  void certificate_of_the_named_authority_is_taken_and_the_wire_encrypted() {
    const testing::PrivateServer server(with_tls());
    add_user(server);
    mysql::Pool pool(remote("ca.pem"));
    CPPUNIT_ASSERT(!cipher(pool).empty());
  }

  void certificate_of_another_authority_is_refused() {
    const testing::PrivateServer server(with_tls());
    add_user(server);
    mysql::Pool pool(remote("other.pem"));
    CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
  }

  void server_without_tls_is_refused_not_spoken_to_in_plain() {
    const testing::PrivateServer server(tcp());
    add_user(server);
    mysql::Pool pool(remote("ca.pem"));
    CPPUNIT_ASSERT_THROW(pool.ping(), util::Outage);
  }

  void plain_tcp_works_where_no_authority_is_named() {
    const testing::PrivateServer server(tcp());
    add_user(server);
    mysql::Pool pool(remote(""));
    CPPUNIT_ASSERT_EQUAL(std::string(), cipher(pool));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsTest);

}  // namespace
