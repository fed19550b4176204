#include "integration/stack.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <stdexcept>

#include "integration/http_client.h"
#include "json/parse.h"
#include "util/guarded.h"

namespace integration {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr)
    throw std::runtime_error(std::string("integration tests need ") + name + "; run `make check`");
  return value;
}

}  // namespace

const Stack& stack() {
  static const Stack from_environment{static_cast<std::uint16_t>(std::stoi(variable("JWTAUTHD_TEST_PORT"))),
                                      variable("JWTAUTHD_TEST_STATE_DIR"),
                                      variable("JWTAUTHD_TEST_STACK"),
                                      variable("JWTAUTHD_TEST_DB_SOCKET"),
                                      variable("JWTAUTHD_TEST_DB_USER"),
                                      variable("JWTAUTHD_TEST_DB_NAME")};
  return from_environment;
}

mysql::Pool& database() {
  static mysql::Pool pool([] {
    mysql::Options options;
    options.socket = stack().db_socket;
    options.user = stack().db_user;
    options.database = stack().db_name;
    options.pool_size = 2;
    return options;
  }());
  return pool;
}

std::string fresh_username() {
  static std::atomic<int> count{0};
  return "it_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

Account register_and_login() {
  Account account;
  account.username = fresh_username();
  account.password = "Zebra-quilt-77";
  const auto created = post_json("/api/register/", R"({"username":")" + account.username + R"(","email":")" +
                                                       account.username + R"(@example.com","password":")" +
                                                       account.password + R"("})");
  const auto told = json::parse(created.body);
  if (created.status != 201 || !told) throw std::runtime_error("registration: " + created.body);
  account.id = told->get("id")->as_integer();
  const auto login = post_json("/api/login/", R"({"username":")" + account.username + R"(","password":")" +
                                                  account.password + R"("})");
  account.refresh = member(login.body, "refresh");
  account.access = member(login.body, "access");
  if (login.status != 200 || account.access.empty()) throw std::runtime_error("login: " + login.body);
  return account;
}

void execute(const std::string& sql) {
  // prepare() keeps statements by their literal: these texts live as long as the process
  static util::Guarded<std::deque<std::string>> texts;
  const char* literal = texts.lock()->emplace_back(sql).c_str();
  mysql::Transaction transaction(database());
  transaction.prepare(literal).execute();
  transaction.commit();
}

}  // namespace integration
