// The stack that the runner started (tools/stack): where it listens, and its database.
#pragma once

#include <cstdint>
#include <string>

#include "mysql/pool.h"

namespace integration {

struct Stack {
  std::uint16_t port;     // JWTAUTHD_TEST_PORT
  std::string state_dir;  // JWTAUTHD_TEST_STATE_DIR: logs, pid files
  std::string tool;       // JWTAUTHD_TEST_STACK: tools/stack, for tests that stop a part
  std::string db_socket;  // JWTAUTHD_TEST_DB_SOCKET
  std::string db_user;    // JWTAUTHD_TEST_DB_USER
  std::string db_name;    // JWTAUTHD_TEST_DB_NAME
};

/// From the environment; throws std::runtime_error naming the variable that is missing.
const Stack& stack();
/// One connection pool of the tests' own to the stack's database.
mysql::Pool& database();
/// A name that no other test uses.
std::string fresh_username();

/// An account registered over HTTP, and its tokens.
struct Account {
  std::string username;
  std::string password;
  std::int64_t id = 0;
  std::string refresh;
  std::string access;
};
Account register_and_login();
/// Runs one statement that changes something.
void execute(const std::string& sql);

}  // namespace integration
