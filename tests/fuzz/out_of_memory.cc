// Every n-th allocation fails, while tokens are verified and passwords are: nobody is let in by it, nothing
// crashes, and afterwards all is as before. The last line is `N tests, N failed`; --verbose: a line for each
// operation.
//
// What has to hold for each n, for one failing allocation and for all behind it: a wrong credential is never
// granted; a right one is granted or the request fails; the same request without failures gives what it gave
// before. n grows until the operation ends without having reached it.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "api/openapi.h"
#include "daemon/server.h"
#include "failing_malloc.h"
#include "json/parse.h"
#include "tests/api/house.h"
#include "tests/crypto/cheap_hashes.h"
#include "tests/crypto/django_encodings.h"
#include "tests/fastcgi/fcgi_client.h"
#include "tests/util/temporary_directory.h"
#include "token_house.h"
#include "util/log.h"

namespace {

using failing_malloc::Failing;

struct Operation {
  std::string name;
  bool right;                           // the credential
  std::function<bool()> grants;         // may throw
  std::function<void()> begin = [] {};  // before each, with memory
  bool by_others = false;               // threads of a server do it; this one only asks
};

// ---- where it was, should it crash ---------------------------------------------------------------------

char where[200];

void say_where(int signal) {
  [[maybe_unused]] auto written = ::write(1, "CRASHED: ", 9);
  written = ::write(1, where, std::strlen(where));
  written = ::write(1, "\n1 tests, 1 failed\n", 19);
  ::raise(signal);  // SA_RESETHAND: the default action now
}

void install_crash_handler() {
  struct sigaction action = {};
  action.sa_handler = say_where;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) sigaction(signal, &action, nullptr);
}

// ---- one operation -------------------------------------------------------------------------------------

enum class Outcome { granted, refused, failed };

Outcome outcome_of(const Operation& operation) {
  try {
    return operation.grants() ? Outcome::granted : Outcome::refused;
  } catch (const std::exception&) {
    return Outcome::failed;
  }
}

bool verbose = false;
std::size_t all_runs = 0;

struct Tally {
  std::size_t allocations = 0;
  std::size_t runs = 0;
  std::size_t wrongly_granted = 0;
  std::size_t granted = 0;
  std::size_t not_as_before = 0;
};

void sweep(const Operation& operation, Failing failing, Tally& tally) {
  const char* const mode = failing == Failing::one ? "one" : "all behind";
  for (std::size_t n = 1;; ++n) {
    std::snprintf(where, sizeof where, "%s, allocation %zu (%s)", operation.name.c_str(), n, mode);
    operation.begin();
    operation.by_others ? failing_malloc::arm_others(n, failing) : failing_malloc::arm(n, failing);
    const Outcome outcome = outcome_of(operation);
    const std::size_t failed =
        operation.by_others ? failing_malloc::disarm_others() : failing_malloc::disarm();
    ++tally.runs;
    if (failed == 0) {
      tally.allocations = std::max(tally.allocations, n - 1);
      return;
    }
    if (outcome == Outcome::granted) {
      ++tally.granted;
      if (!operation.right && ++tally.wrongly_granted <= 3) std::cout << "GRANTED: " << where << '\n';
    }
    operation.begin();
    if (outcome_of(operation) != (operation.right ? Outcome::granted : Outcome::refused) &&
        ++tally.not_as_before <= 3) {
      std::cout << "NOT AS BEFORE: " << where << '\n';
    }
  }
}

/// Both forms twice: what stays allocated after the first time is a cache, what grows with the second a leak.
bool holds(const Operation& operation) {
  Tally tally;
  std::size_t before = 0;
  for (int round = 0; round < 2; ++round) {
    before = failing_malloc::held();
    sweep(operation, Failing::one, tally);
    sweep(operation, Failing::all_behind, tally);
  }
  operation.begin();
  const auto kept = static_cast<long>(failing_malloc::held()) - static_cast<long>(before);
  // Some of OpenSSL's texts about the last error stay with the thread.
  // The threads of a server fill buffers of their own.
  const bool leaks = kept > 2048 && !operation.by_others;
  all_runs += tally.runs;
  const bool good = tally.wrongly_granted == 0 && tally.not_as_before == 0 && !leaks && tally.allocations > 0;
  if (verbose || !good) {
    std::printf(
        "%-44s allocations %4zu  runs %5zu  granted %4zu  wrongly granted %zu  not as before %zu  kept %ld "
        "bytes\n",
        operation.name.c_str(), tally.allocations, tally.runs, tally.granted, tally.wrongly_granted,
        tally.not_as_before, kept);
    std::fflush(stdout);
  }
  return good;
}

// ---- tokens --------------------------------------------------------------------------------------------

std::string with_other_claims(std::string token) {
  const auto dot = token.find('.');
  const auto end = token.find('.', dot + 1);
  auto claims = util::from_base64url(token.substr(dot + 1, end - dot - 1)).value();
  claims.replace(claims.find("\"7\""), 3, "\"1\"");
  return token.replace(dot + 1, end - dot - 1, util::to_base64url(claims));
}

void add_token_operations(std::vector<Operation>& all) {
  for (auto& house : fuzz::token_houses()) {
    const std::string name(house.name());
    const std::string forged = with_other_claims(house.access());
    all.push_back({"verify " + name, true, [&house] { return house.verifies(house.access()); }});
    all.push_back({"verify " + name + ", other claims", false,
                   [&house, forged] { return house.verifies(forged); },
                   [&house] { house.verifies(house.access()); }});
    // What a verifier left in memory, were it compared with, is a part of the signature before.
    const auto dot = forged.rfind('.') + 1;
    for (const std::size_t at : {16U, 32U}) {
      const std::string tail = forged.substr(0, dot) + forged.substr(dot + at);
      all.push_back({"verify " + name + ", the signature's end from " + std::to_string(at), false,
                     [&house, tail] { return house.verifies(tail); },
                     [&house] { house.verifies(house.access()); }});
    }
    all.push_back({"bearer " + name, true, [&house] { return house.lets_in(house.access()); }});
    all.push_back(
        {"bearer " + name + ", other claims", false, [&house, forged] { return house.lets_in(forged); }});
  }
}

// ---- the interface -------------------------------------------------------------------------------------

struct Account {
  std::string name;  // of the scheme
  std::string encoded;
  std::string password;
};

/// A house whose stores forget what an operation told them.
struct Service {
  api_test::House house{api::everything()};
  std::string access;

  const std::vector<Account> users = accounts();

  Service() {
    for (const auto& user : users) house.users.add(user.name, user.encoded);
    const auto login =
        house.send("POST", "/api/login/", credentials("pbkdf2_sha256", cheap_hashes::password));
    access = json::parse(login.body).value().get("access")->as_string();
  }

  static std::string credentials(std::string_view name, std::string_view password) {
    return R"({"username":")" + std::string(name) + R"(","password":")" + std::string(password) + "\"}";
  }
  /// One for each scheme that is cheap: what a hash costs is not what is tested here.
  static std::vector<Account> accounts() {
    util::SystemRandom random;
    std::vector<Account> all;
    for (const auto& [name, hasher] :
         {std::pair("pbkdf2_sha256", crypto::Hasher::pbkdf2_sha256),
          std::pair("argon2", crypto::Hasher::argon2id), std::pair("scrypt", crypto::Hasher::scrypt)}) {
      const crypto::PasswordHashes hashes(cheap_hashes::cheap(hasher), random);
      all.push_back({name, hashes.encode(cheap_hashes::password), cheap_hashes::password});
    }
    for (const auto& row : django_encodings::rows) {
      const std::string_view encoded(row.encoded);
      const std::string scheme(encoded.substr(0, encoded.find('$')));
      const bool known = std::ranges::find(all, scheme, &Account::name) != all.end();
      // PKCS5_PBKDF2_HMAC allocates at each iteration.
      const bool cheap = encoded.starts_with("pbkdf2_sha1$1$") || scheme == "bcrypt" || scheme == "sha1";
      if (cheap && !known) all.push_back({scheme, row.encoded, row.password});
    }
    return all;
  }

  void forget(std::chrono::seconds later = {}) {
    house.audit.events.clear();
    house.users.events.clear();
    // It remembers more than a test can see.
    std::destroy_at(&house.session_rows);
    std::construct_at(&house.session_rows, house.users);
    // A login may have had its hash replaced by a better one.
    for (std::size_t i = 0; i < users.size(); ++i) house.users.rows[i].password = users[i].encoded;
    house.clock.now_ += later;
  }
};

bool granted(const http::Response& response) {
  if (response.status >= 500) throw std::runtime_error("failed");
  return response.status >= 200 && response.status < 300;
}

void add_interface_operations(std::vector<Operation>& all) {
  static Service service;
  const std::string forged = service.access.substr(0, service.access.size() - 2) + "AA";
  for (const bool right : {true, false}) {
    const std::string token = right ? service.access : forged;
    const std::string what = right ? "" : ", another signature";
    all.push_back({"POST /api/token/verify/" + what, right, [body = R"({"token":")" + token + "\"}"] {
                     return granted(service.house.send("POST", "/api/token/verify/", body));
                   }});
    all.push_back({"GET /api/dashboard/" + what, right, [header = "Bearer " + token] {
                     auto request = api_test::House::request("GET", "/api/dashboard/");
                     request.authorization = header;
                     return granted(service.house.send(request));
                   }});
  }
}

void add_login_operations(std::vector<Operation>& all) {
  static Service service;
  // Far enough for every delay that the failures before it have earned.
  const auto begin = [] { service.forget(std::chrono::hours(48)); };
  const auto add = [&](const std::string& what, bool right, const std::string& body) {
    all.push_back({"login " + what, right,
                   [body] { return granted(service.house.send("POST", "/api/login/", body)); }, begin});
  };
  for (const auto& user : service.users) {
    add(user.name, true, Service::credentials(user.name, user.password));
    add(user.name + ", wrong password", false, Service::credentials(user.name, "wrong-Horse-7battery"));
  }
  add("of nobody", false, Service::credentials("nobody", cheap_hashes::password));
}

/// The same by way of the daemon's threads: listener, lanes, log, what is written where there is no memory
/// for an answer.
void add_server_operations(std::vector<Operation>& all) {
  static Service service;
  static testing::TemporaryDirectory directory;
  static const std::string path = directory / "s";
  static util::SystemRandom random;
  static auto* const server = [] {
    jwtauthd::ServerOptions options;
    options.listener.listen_fd = fastcgi::open_socket(path, 0600);
    options.listener.threads = 1;
    options.database_threads = options.password_threads = options.refresh_threads = 1;
    const std::shared_ptr<api::App> app(std::shared_ptr<api::App>(), &service.house.app);
    auto* const made = new jwtauthd::Server(options, app, random);
    made->start();
    return made;
  }();
  (void)server;
  const auto ask = [](const fcgi_client::Params& params, const std::string& body) {
    fcgi_client::Client client(path);
    const auto reply = client.ask(params, body);
    if (!reply || reply->out.starts_with("Status: 5")) throw std::runtime_error("failed");
    return reply->out.starts_with("Status: 2");
  };
  const auto begin = [] { service.forget(std::chrono::hours(48)); };
  for (const bool right : {true, false}) {
    const std::string what = right ? "" : ", wrong";
    const std::string body =
        Service::credentials("pbkdf2_sha256", right ? cheap_hashes::password : "wrong-Horse-7battery");
    const fcgi_client::Params login{{"REQUEST_METHOD", "POST"},
                                    {"DOCUMENT_URI", "/api/login/"},
                                    {"CONTENT_TYPE", "application/json"},
                                    {"CONTENT_LENGTH", std::to_string(body.size())}};
    all.push_back({"server: login" + what, right, [=] { return ask(login, body); }, begin, true});
  }
  static Service other;  // its clock stands still
  const std::string header = "Bearer " + other.access;
  for (const bool right : {true, false}) {
    const fcgi_client::Params show{
        {"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", "/healthz"}, {"HTTP_AUTHORIZATION", header}};
    const fcgi_client::Params dashboard{{"REQUEST_METHOD", "GET"},
                                        {"DOCUMENT_URI", "/api/dashboard/"},
                                        {"HTTP_AUTHORIZATION", header.substr(0, header.size() - 2) + "AA"}};
    all.push_back({right ? "server: a probe" : "server: dashboard, another signature", right,
                   [=] { return ask(right ? show : dashboard, ""); }, [] {}, true});
  }
}

bool named(const std::string& name, int count, char** words) {
  for (int i = 1; i < count; ++i) {
    if (name.find(words[i]) != std::string::npos) return true;
  }
  return count <= 1;
}

}  // namespace

/// Words: of the operations' names.
int main(int count, char** words) {
  verbose = count > 1 && std::string_view(words[1]) == "--verbose";
  if (verbose) {
    --count;
    ++words;
  }
  json::start();
  // Each failure is logged, ten thousands of them.
  if (std::freopen("/dev/null", "w", stderr) == nullptr) return 2;
  install_crash_handler();
  std::vector<Operation> all;
  add_token_operations(all);
  add_interface_operations(all);
  add_login_operations(all);
  add_server_operations(all);
  std::size_t tests = 0;
  std::size_t failures = 0;
  for (const auto& operation : all) {
    if (!named(operation.name, count, words)) continue;
    ++tests;
    if (holds(operation)) continue;
    ++failures;
    std::cout << "FAILED " << operation.name << '\n';
  }
  std::cout << "runs with a failing allocation " << all_runs << '\n';
  std::cout << tests << " tests, " << failures << " failed" << std::endl;
  return failures == 0 && tests > 0 ? 0 : 1;
}
