#include "integration/steps.h"

#include <cppunit/TestAssert.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "json/parse.h"
#include "jwt/key.h"
#include "util/encoding.h"
#include "util/guarded.h"

namespace integration {
namespace {

/// prepare() keeps statements by their literal: these texts live as long as the process.
const char* literal(const std::string& sql) {
  static util::Guarded<std::deque<std::string>> texts;
  return texts.lock()->emplace_back(sql).c_str();
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  CPPUNIT_ASSERT_MESSAGE(name, value != nullptr);
  return value;
}

template <typename Value>
Value read_file(const std::string& path) {
  std::ifstream file(path);
  Value value{};
  CPPUNIT_ASSERT_MESSAGE(path, file >> value);
  return value;
}

/// Calls of write(2) by each worker of a stack: at least two an answer, none when idle.
std::map<int, std::int64_t> writes_of_workers(const std::string& state_dir) {
  std::map<int, std::int64_t> writes;
  for (const int worker : {1, 2}) {
    const int pid = read_file<int>(state_dir + "/run/worker-pids/" + std::to_string(worker) + ".pid");
    std::ifstream io("/proc/" + std::to_string(pid) + "/io");
    for (std::string name; io >> name;) {
      if (name == "syscw:") io >> writes[worker];
    }
  }
  return writes;
}

std::string database_command(const std::string& verb, const std::string& state_dir) {
  return "'" + stack().tool + "' database " + verb + " '" + state_dir + "/db'" +
         (verb == "start" ? " --fast" : "") + " >/dev/null 2>&1";
}

}  // namespace

Answer login(const std::string& username, const std::string& password, const Headers& headers) {
  return post_json("/api/login/", R"({"username":")" + username + R"(","password":")" + password + R"("})",
                   headers);
}

Account login_again(const Account& account, const Headers& headers) {
  const auto answer = login(account.username, account.password, headers);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
  Account again = account;
  again.refresh = member(answer.body, "refresh");
  again.access = member(answer.body, "access");
  return again;
}

Answer refresh(const std::string& token) {
  return post_json("/api/token/refresh/", R"({"refresh":")" + token + R"("})");
}

Answer dashboard(const std::string& access) {
  return get("/api/dashboard/", bearer(access));
}

int verified(const std::string& token) {
  return post_json("/api/token/verify/", R"({"token":")" + token + R"("})").status;
}

json::Value claims_of(const std::string& token) {
  const std::size_t first = token.find('.') + 1;
  const auto text = util::from_base64url(token.substr(first, token.rfind('.') - first));
  CPPUNIT_ASSERT_MESSAGE(token, text);
  return json::parse(*text).value();
}

std::string text_of(const json::Value& object, std::string_view name) {
  const auto claim = object.get(name);
  return claim && claim->is(json::Type::string) ? std::string(claim->as_string()) : "(none)";
}

std::string sid_of(const std::string& token) {
  return text_of(claims_of(token), "sid");
}

bool passes_within_the_deadline(bool (*condition)(void*), void* context) {
  for (int i = 0; i < 300; ++i) {
    if (condition(context)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

void let_a_second_pass() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
}

int others_than(int expected, const std::string& access) {
  return others_than(expected, access, stack().state_dir);
}

int others_than(int expected, const std::string& access, const std::string& state_dir) {
  // nginx keeps its connections to the workers, and all that are free may be one worker's: only more clients
  // at once than there are of those make it open new ones.
  std::atomic<int> others{0};
  const auto before = writes_of_workers(state_dir);
  for (int clients = 32; clients <= 1024; clients *= 2) {
    std::vector<std::thread> asking;
    for (int i = 0; i < clients; ++i) {
      asking.emplace_back([&] {
        for (int n = 0; n < 8; ++n) others += dashboard(access).status != expected;
      });
    }
    for (auto& client : asking) client.join();
    const auto after = writes_of_workers(state_dir);
    if (after.at(1) - before.at(1) > 16 && after.at(2) - before.at(2) > 16) return others;
  }
  CPPUNIT_FAIL("one of the workers was never asked");
  return others;
}

pid_t worker(int number) {
  std::ifstream file(stack().state_dir + "/run/worker-pids/" + std::to_string(number) + ".pid");
  pid_t pid = 0;
  file >> pid;
  return pid;
}

std::string jwtauthctl(const std::string& arguments) {
  return jwtauthctl(arguments, stack().state_dir, "");
}

std::string jwtauthctl(const std::string& arguments, const std::string& state_dir,
                       const std::string& environment) {
  // What the tests talk about with each other is no configuration.
  const std::string command = "env -i PATH=\"$PATH\" " + environment + " '" + variable("BUILD") +
                              "/jwtauthctl' -c '" + state_dir + "/jwtauthd.toml' " + arguments +
                              " 2>&1 </dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  CPPUNIT_ASSERT(pipe != nullptr);
  std::string printed;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    printed.append(buffer.data(), n);
  }
  CPPUNIT_ASSERT_EQUAL_MESSAGE(arguments + ": " + printed, 0, ::pclose(pipe));
  return printed;
}

std::int64_t number(mysql::Pool& pool, const std::string& sql) {
  auto lease = pool.acquire();
  auto found = lease.prepare(literal(sql)).query();
  CPPUNIT_ASSERT_MESSAGE(sql, found.next());
  return found.integer(1);
}

std::vector<std::string> rows(mysql::Pool& pool, const std::string& sql) {
  auto lease = pool.acquire();
  auto found = lease.prepare(literal("SELECT CONCAT_WS(' ', " + sql)).query();
  std::vector<std::string> all;
  while (found.next()) all.push_back(found.text(1));
  return all;
}

void change(mysql::Pool& pool, const std::string& sql) {
  auto lease = pool.acquire();
  lease.prepare(literal(sql)).execute();
}

SessionsStack::SessionsStack()
    : state_dir_(variable("JWTAUTHD_TEST_SESSIONS_STATE_DIR")),
      port_(read_file<std::uint16_t>(state_dir_ + "/port")) {}

mysql::Pool& SessionsStack::database() const {
  static mysql::Pool pool([this] {
    mysql::Options options;
    options.socket = state_dir_ + "/db/sock";
    options.user = stack().db_user;
    options.database = stack().db_name;
    return options;
  }());
  return pool;
}

std::string SessionsStack::signed_by_django(const std::string& claims) const {
  return jwt::Key::from_secret(jwt::Algorithm::hs256,
                               util::Secret::take(read_file<std::string>(state_dir_ + "/secret")))
      .value()
      .sign(claims);
}

RingStack::RingStack()
    : state_dir_(variable("JWTAUTHD_TEST_RING_STATE_DIR")),
      port_(read_file<std::uint16_t>(state_dir_ + "/port")) {}

std::string RingStack::keys(const std::string& verb) const {
  return jwtauthctl(
      "keys " + verb, state_dir_,
      "JWTAUTHD_TOKENS_SIGNING_KEY_FILE= JWTAUTHD_KEYS_PUBLISH_AHEAD=500ms JWTAUTHD_KEYS_DIRECTORY='" +
          state_dir_ + "/ring'");
}

int RingStack::others_than(int expected, const std::string& access) const {
  return integration::others_than(expected, access, state_dir_);
}

DatabaseAway::DatabaseAway(const std::string& state_dir) : state_dir_(state_dir) {
  CPPUNIT_ASSERT_EQUAL(0, std::system(database_command("stop", state_dir_).c_str()));
}

DatabaseAway::~DatabaseAway() {
  if (std::system(database_command("start", state_dir_).c_str()) != 0) std::abort();
  eventually(all_ready);
}

bool all_ready() {
  for (int i = 0; i < 8; ++i) {
    if (get("/readyz").status != 200) return false;
  }
  return true;
}

}  // namespace integration
