#include "tests/mysql/test_database.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/mysql/private_server.h"
#include "util/error.h"

namespace testing {
namespace {

constexpr const char* kNoDatabase = "information_schema";

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

mysql::Options options_of(const std::string& socket, const std::string& user, const std::string& database) {
  mysql::Options options;
  options.socket = socket;
  options.user = user;
  options.database = database;
  return options;
}

bool may_create_databases(const std::string& socket, const std::string& user) {
  try {
    const std::string probe = "jwtauthd_probe_" + std::to_string(::getpid());
    mysql::Pool pool(options_of(socket, user, kNoDatabase));
    auto lease = pool.acquire();
    lease.run("CREATE DATABASE " + probe);
    lease.run("DROP DATABASE " + probe);
    return true;
  } catch (const util::Outage&) {
    return false;
  }
}

mysql::Options server_options(const std::string& database) {
  static const std::string socket = variable("JWTAUTHD_TEST_DB_SOCKET", "");
  static const std::string user = variable("JWTAUTHD_TEST_DB_USER", "root");
  static const bool usable = !socket.empty() && may_create_databases(socket, user);
  if (usable) return options_of(socket, user, database);
  static const PrivateServer server;
  return server.options(database);
}

/// A sanitizer's build on a busy machine may need longer than a request would be made to wait.
mysql::Options patient(mysql::Options options) {
  options.acquire_timeout = std::chrono::seconds(5);
  return options;
}

std::string new_database() {
  static int count = 0;
  const std::string name = "jwtauthd_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
  mysql::Pool pool(patient(server_options(kNoDatabase)));
  pool.acquire().run("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
  return name;
}

}  // namespace

TestDatabase::TestDatabase() : name_(new_database()), side_(patient(server_options(name_))) {}

TestDatabase::~TestDatabase() {
  try {
    run("DROP DATABASE " + name_);
  } catch (const util::Outage&) {
    // The server is gone; its directory goes too.
  }
}

mysql::Options TestDatabase::options() const {
  return patient(server_options(name_));
}

void TestDatabase::run(const std::string& sql) {
  side_.acquire().run(sql);
}

std::vector<std::string> TestDatabase::column(const std::string& sql) {
  auto lease = side_.acquire();
  auto rows = lease.prepare(sql.c_str()).query();
  std::vector<std::string> values;
  while (rows.next()) values.push_back(rows.text(1));
  return values;
}

std::string TestDatabase::value(const std::string& sql) {
  const auto values = column(sql);
  if (values.size() != 1) throw std::runtime_error("not one row: " + sql);
  return values.front();
}

std::string source_file(const std::string& path) {
  const std::string full = variable("JWTAUTHD_SRCDIR", ".") + "/" + path;
  std::ifstream file(full, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + full);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace testing
