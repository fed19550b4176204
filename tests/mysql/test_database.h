// An empty database for one test, on the server that the environment names (JWTAUTHD_TEST_DB_SOCKET,
// JWTAUTHD_TEST_DB_USER) or else on a PrivateServer that all tests of the process share.
#pragma once

#include <string>
#include <vector>

#include "mysql/pool.h"

namespace testing {

class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const { return name_; }
  mysql::Options options() const;

  /// On a connection of its own, apart from what is tested. One statement.
  void run(const std::string& sql);
  /// Each row's first column.
  std::vector<std::string> column(const std::string& sql);
  std::string value(const std::string& sql);

 private:
  std::string name_;
  mysql::Pool side_;
};

/// JWTAUTHD_SRCDIR/`path`, whole.
std::string source_file(const std::string& path);

}  // namespace testing
