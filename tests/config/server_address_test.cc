#include "config/server_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "config/key.h"
#include "surroundings.h"

namespace {

using config_test::Surroundings;

std::string read(std::string_view text) {
  const auto server = config::parse_server(text);
  if (!server) return "refused";
  return std::string(server->socket) + "|" + std::string(server->host) + "|" +
         (server->port ? std::to_string(*server->port) : "");
}

class ServerAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerAddressTest);
  CPPUNIT_TEST(reads_hosts_ports_and_sockets);
  CPPUNIT_TEST(hosts_stand_in_the_place_of_socket_and_host);
  CPPUNIT_TEST_SUITE_END();

 public:
  void reads_hosts_ports_and_sockets() {
    const struct {
      std::string_view text;
      std::string expected;
    } rows[] = {
        {"db1", "|db1|"},
        {"db1.internal:3307", "|db1.internal|3307"},
        {"10.0.0.1:1", "|10.0.0.1|1"},
        {"2001:db8::1", "|2001:db8::1|"},
        {"[2001:db8::1]", "|2001:db8::1|"},
        {"[2001:db8::1]:65535", "|2001:db8::1|65535"},
        {"/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock||"},
        {"/run/with:colon", "/run/with:colon||"},
        {"", "refused"},
        {":3306", "refused"},
        {"db1:", "refused"},
        {"db1:0", "refused"},
        {"db1:65536", "refused"},
        {"db1:x", "refused"},
        {"db1:+1", "refused"},
        {"db 1", "refused"},
        {"[::1", "refused"},
        {"[::1]3306", "refused"},
        {"[]:1", "refused"},
        {"run/sock", "refused"},
        {"tcp://db1:3306", "refused"},
    };
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.text), row.expected, read(row.text));
  }

  void hosts_stand_in_the_place_of_socket_and_host() {
    const Surroundings here;
    const auto with = [&](const std::string& hosts) {
      std::string toml = here.required_and_secret();
      const auto socket = toml.find("socket = ");
      const auto end = toml.find('\n', socket);
      return toml.replace(socket, end - socket, hosts);
    };
    const auto config = here.good(with("hosts = [\"db1\", \"[::1]:3307\", \"/run/db\"]"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, config.database.hosts.size());
    CPPUNIT_ASSERT_EQUAL(std::string("db1"), config.database.hosts.front());
    const auto refused = [&](const std::string& hosts, const std::string& reason) {
      const std::string findings = here.findings(with(hosts));
      CPPUNIT_ASSERT_MESSAGE(findings, findings.find(reason) != std::string::npos);
    };
    refused("hosts = [\"db1\"]\nsocket = \"/run/db\"", "database.socket: is given beside database.hosts");
    refused("hosts = [\"db1\"]\nhost = \"db2\"", "database.host: is given beside database.hosts");
    refused("hosts = [\"db1\", \"db1\"]", "has \"db1\" in it twice");
    refused("hosts = [\"db1:x\"]", "has \"db1:x\" in it");
    refused("hosts = \"db1\"", "is the string \"db1\"");
    refused("hosts = []", "database.socket: is missing");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerAddressTest);

}  // namespace
