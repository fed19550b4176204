#include "ctl/compare.h"

#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "ctl/scripted_terminal.h"
#include "ctl/shipped_file.h"
#include "json/parse.h"

namespace {

using namespace std::string_literals;
using namespace jwtauthd;

/// Answers each connection with what `script` says to the request's text.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<std::string(const std::string& request)> script)
      : script_(std::move(script)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address));
    CPPUNIT_ASSERT_EQUAL(0, ::listen(fd_, 16));
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  const std::string& url() const { return url_; }

 private:
  void serve() {
    for (int fd = ::accept(fd_, nullptr, nullptr); fd >= 0; fd = ::accept(fd_, nullptr, nullptr)) {
      std::string request;
      char part[4096];
      while (!whole(request)) {
        const ssize_t got = ::recv(fd, part, sizeof part, 0);
        if (got <= 0) break;
        request.append(part, static_cast<std::size_t>(got));
      }
      const std::string answer = script_(request);
      if (answer == "silence") {
        ::recv(fd, part, sizeof part, 0);  // until the client gives up
      } else {
        ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      ::close(fd);
    }
  }
  static bool whole(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const auto at = request.find("Content-Length: ");
    const std::size_t body = at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
    return request.size() >= end + 4 + body;
  }

  std::function<std::string(const std::string&)> script_;
  int fd_;
  std::string url_;
  std::thread thread_;
};

std::string answer(int status, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// As a server that answers HEAD right.
std::string same_to_all(const std::string& request) {
  if (request.starts_with("HEAD ")) return "HTTP/1.1 405 X\r\nContent-Length: 2\r\n\r\n";
  return answer(400, "{}");
}

HttpAnswer parsed(const std::string& bytes, bool head = false) {
  return parse_http_answer(bytes, head).value();
}

class CompareTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CompareTest);
  CPPUNIT_TEST(addresses);
  CPPUNIT_TEST(answers_are_read);
  CPPUNIT_TEST(answers_that_are_none_are_refused);
  CPPUNIT_TEST(requests_are_harmless);
  CPPUNIT_TEST(deliberate_reasons_are_documented_ones);
  CPPUNIT_TEST(each_kind_of_difference_is_told);
  CPPUNIT_TEST(what_belongs_to_the_moment_is_not_compared);
  CPPUNIT_TEST(deliberate_only_as_written);
  CPPUNIT_TEST(what_the_reference_lacks_is_left_out);
  CPPUNIT_TEST(equal_servers_are_the_same);
  CPPUNIT_TEST(a_difference_ends_with_1);
  CPPUNIT_TEST(json_names_every_request);
  CPPUNIT_TEST(throttling_is_waited_for);
  CPPUNIT_TEST(throttling_without_end_is_an_error);
  CPPUNIT_TEST(silence_runs_into_the_timeout);
  CPPUNIT_TEST(https_is_refused_clearly);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::ScriptedTerminal terminal_;
  CompareOptions options_;
  int slept_ = 0;

  int run(const std::string& reference, const std::string& candidate) {
    terminal_ = {};
    options_.reference = reference;
    options_.candidate = candidate;
    return static_cast<int>(compare(
        options_, [&](std::chrono::seconds time) { slept_ += static_cast<int>(time.count()); }, terminal_));
  }
  bool says(std::string_view text) const {
    return (terminal_.output + terminal_.errors).find(text) != std::string::npos;
  }

 public:
  void addresses() {
    const auto good = [](const char* url) { return parse_http_address(url).value(); };
    CPPUNIT_ASSERT_EQUAL("example.org"s, good("http://example.org").authority());
    CPPUNIT_ASSERT_EQUAL("example.org:8080"s, good("HTTP://example.org:8080/").authority());
    CPPUNIT_ASSERT_EQUAL("/below/it"s, good("http://a/below/it/").path);
    CPPUNIT_ASSERT_EQUAL("[::1]:81"s, good("http://[::1]:81/x").authority());
    CPPUNIT_ASSERT_EQUAL("::1"s, good("http://[::1]").host);
    for (const char* url :
         {"", "a", "https://a", "ftp://a", "http://", "http:///x", "http://a:0", "http://a:65536",
          "http://a:x", "http://u@a", "http://[::1", "http://a/x?y", "http://a\r\nb"}) {
      CPPUNIT_ASSERT_MESSAGE(url, !parse_http_address(url));
    }
  }

  void answers_are_read() {
    const HttpAnswer plain =
        parsed("HTTP/1.1 200 OK\r\nX-One:  a b \r\nX-One: c\r\nContent-Length: 2\r\n\r\nhi");
    CPPUNIT_ASSERT_EQUAL(200, plain.status);
    CPPUNIT_ASSERT_EQUAL("a b"s, std::string(plain.header("x-one")));
    CPPUNIT_ASSERT_EQUAL("hi"s, plain.body);
    CPPUNIT_ASSERT_EQUAL(""s, plain.flaw);
    CPPUNIT_ASSERT_EQUAL(
        "hello"s,
        parsed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
            .body);
    CPPUNIT_ASSERT(!parsed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi").flaw.empty());
    CPPUNIT_ASSERT(parsed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true).flaw.empty());
    CPPUNIT_ASSERT(!parsed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true).flaw.empty());
  }

  void answers_that_are_none_are_refused() {
    for (const char* bytes : {"", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 abc X\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
      CPPUNIT_ASSERT_MESSAGE(bytes, !parse_http_answer(bytes, false));
    }
  }

  void requests_are_harmless() {
    std::set<std::string_view> names;
    for (const auto& request : compared_requests()) {
      const std::string name(request.name);
      CPPUNIT_ASSERT_MESSAGE(name, names.insert(request.name).second);
      const auto resource = resource_of(request);
      CPPUNIT_ASSERT_MESSAGE(name, !resource.empty() || name.starts_with("unknown-"));
      if (resource != "register" && resource != "login" && resource != "token") continue;
      const auto body = json::parse(request.body);
      const auto username = body ? body->get("username") : std::nullopt;
      if (!username || !username->is(json::Type::string)) continue;
      // Blank, or longer than the column.
      const std::string_view text = username->as_string();
      CPPUNIT_ASSERT_MESSAGE(name, text.empty() || text.size() > 150);
      CPPUNIT_ASSERT_MESSAGE(name, text.empty() || resource != "register");
    }
    CPPUNIT_ASSERT(names.size() > 40);
  }

  void deliberate_reasons_are_documented_ones() {
    const auto known = json::parse(ctl_test::shipped_file("tests/wire/deliberate.json")).value();
    const auto reasons = known.get("reasons");
    const auto added = known.get("additional_headers");
    CPPUNIT_ASSERT(reasons && added);
    for (const auto& request : compared_requests()) {
      const std::string reason(request.deliberate.reason);
      CPPUNIT_ASSERT_MESSAGE(reason, reason.empty() || reasons->has(reason));
    }
    for (const auto& header : added_headers()) CPPUNIT_ASSERT(added->has(header.name));
  }

  void each_kind_of_difference_is_told() {
    const ComparedRequest row{"x", "GET", "/", {}, "", {}};
    const std::string base = "HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Length: 2\r\n\r\nhi";
    const struct {
      std::string candidate;
      std::string told;
    } rows[] = {
        {"HTTP/1.1 201 OK\r\nContent-Type: a\r\nContent-Length: 2\r\n\r\nhi",
         "status: reference 200 | candidate 201"},
        {"HTTP/1.1 200 OK\r\nContent-Type: b\r\nContent-Length: 2\r\n\r\nhi",
         "content-type: reference a | candidate b"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "content-type: reference a | candidate (nothing)"},
        {"HTTP/1.1 200 OK\r\nContent-Type: a\r\nX-More: 1\r\nContent-Length: 2\r\n\r\nhi",
         "x-more: reference (nothing) | candidate 1"},
        {"HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Length: 2\r\n\r\nho",
         "body: reference hi | candidate ho"},
        {"HTTP/1.1 200 OK\r\nContent-Type: a\r\nContent-Length: 9\r\n\r\nhi",
         "candidate: Content-Length is 9"},
    };
    for (const auto& one : rows) {
      const Comparison found = compare_answers(row, parsed(base), parsed(one.candidate));
      CPPUNIT_ASSERT_MESSAGE(one.told, found.verdict == Verdict::different);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(one.told, std::size_t{1}, found.differences.size());
      CPPUNIT_ASSERT_MESSAGE(found.differences[0], found.differences[0].starts_with(one.told));
    }
  }

  void what_belongs_to_the_moment_is_not_compared() {
    const ComparedRequest row{"x", "GET", "/", {}, "", {}};
    const Comparison found = compare_answers(
        row,
        parsed("HTTP/1.1 200 OK\r\nDate: 1\r\nServer: a\r\nConnection: close\r\nX-Request-ID: 1\r\n"
               "Set-Cookie: c=1\r\nAllow: GET, POST\r\nVary: Accept,Cookie\r\nContent-Length: 2\r\n\r\nhi"),
        parsed(
            "HTTP/1.1 200 Fine\r\nDate: 2\r\nVary: Cookie, Accept\r\nAllow: POST, GET\r\nSet-Cookie: c=2\r\n"
            "Cross-Origin-Opener-Policy: same-origin\r\nTransfer-Encoding: "
            "chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
    CPPUNIT_ASSERT_MESSAGE(found.differences.empty() ? "" : found.differences[0],
                           found.verdict == Verdict::same);
  }

  void deliberate_only_as_written() {
    const ComparedRequest row{"x", "GET", "/", {}, "", {"not-found-is-json", 404, "Not found.", "vary"}};
    const HttpAnswer reference = parsed(answer(404, "<html>"));
    CPPUNIT_ASSERT(compare_answers(row, reference, parsed(answer(404, "Not found."))).verdict ==
                   Verdict::deliberate);
    CPPUNIT_ASSERT(compare_answers(row, reference, parsed(answer(500, "Not found."))).verdict ==
                   Verdict::different);
    CPPUNIT_ASSERT(compare_answers(row, reference, parsed(answer(404, "gone"))).verdict ==
                   Verdict::different);
    CPPUNIT_ASSERT(compare_answers(row, reference, reference).verdict == Verdict::same);
    // A header that goes with it, and one that does not.
    CPPUNIT_ASSERT(
        compare_answers(row, reference, parsed(answer(404, "Not found.", "Vary: Accept\r\n"))).verdict ==
        Verdict::deliberate);
    CPPUNIT_ASSERT(
        compare_answers(row, reference, parsed(answer(404, "Not found.", "X-More: 1\r\n"))).verdict ==
        Verdict::different);
    CPPUNIT_ASSERT(compare_answers(row, parsed(answer(404, "<html>", "X-Frame-Options: DENY\r\n")),
                                   parsed(answer(404, "Not found.")))
                       .verdict == Verdict::different);
  }

  void what_the_reference_lacks_is_left_out() {
    std::atomic<int> asked{0};
    const auto usual_site = [&](const std::string& request) {
      if (request.find(" /auth/jwt/create") != std::string::npos) ++asked;
      for (const char* path :
           {" /api/token", " /auth/jwt/create", " /api/jwtauthctl", " /api/dashboard/jwtauthctl"}) {
        if (request.find(path) < request.find("\r\n")) return same_to_all(request);
      }
      return answer(404, "<html>");
    };
    const ScriptedServer reference(usual_site);
    const ScriptedServer candidate(same_to_all);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.output, 0, run(reference.url(), candidate.url()));
    for (const char* name : {"register", "login", "dashboard"}) {
      CPPUNIT_ASSERT_MESSAGE(name, says("left out   "s + name + ":"));
    }
    CPPUNIT_ASSERT_MESSAGE(terminal_.output, !says("left out   token:") && says("different 0\n"));
    CPPUNIT_ASSERT_EQUAL(0, asked.load());

    options_.paths["login"] = "/auth/jwt/create/";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.output, 0, run(reference.url(), candidate.url()));
    CPPUNIT_ASSERT(!says("left out   login:"));
    CPPUNIT_ASSERT(asked > 10);

    options_.paths.clear();
    options_.only = "register";
    CPPUNIT_ASSERT_EQUAL(1, run(reference.url(), candidate.url()));
    // The candidate's 404 is a difference.
    options_.only = "login";
    CPPUNIT_ASSERT_EQUAL(1, run(candidate.url(), reference.url()));
    CPPUNIT_ASSERT(says("status: reference 400 | candidate 404"));
  }

  void equal_servers_are_the_same() {
    const ScriptedServer server(same_to_all);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.errors, 0, run(server.url(), server.url() + "/"));
    CPPUNIT_ASSERT_EQUAL(
        "same " + std::to_string(compared_requests().size()) + ", deliberate 0, different 0\n",
        terminal_.output);
  }

  void a_difference_ends_with_1() {
    std::atomic<bool> named{true};
    const ScriptedServer reference([&](const std::string& request) {
      if (request.find("\r\nHost: www.example.org\r\n") == std::string::npos) named = false;
      return same_to_all(request);
    });
    const ScriptedServer candidate([](const std::string& request) {
      if (request.starts_with("GET /api/login/")) return answer(500, "oops");
      if (request.starts_with("GET /api/dashboard/jwtauthctl"))
        return answer(404, "{\"detail\":\"Not found.\"}");
      return same_to_all(request);
    });
    options_.host = "www.example.org";
    CPPUNIT_ASSERT_EQUAL(1, run(reference.url(), candidate.url()));
    CPPUNIT_ASSERT(named);
    CPPUNIT_ASSERT_MESSAGE(terminal_.output, says("different  login-get: GET /api/login/\n"));
    CPPUNIT_ASSERT(says("    status: reference 400 | candidate 500\n"));
    CPPUNIT_ASSERT(says("deliberate unknown-below: GET"));
    CPPUNIT_ASSERT(says("docs/compatibility.md: not-found-is-json"));
    CPPUNIT_ASSERT(says("deliberate 1, different 1\n"));
  }

  void json_names_every_request() {
    const ScriptedServer server(same_to_all);
    options_.json = true;
    options_.only = "verify";
    CPPUNIT_ASSERT_EQUAL(0, run(server.url(), server.url()));
    const auto report = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT_EQUAL(report.get("same")->as_integer(),
                         static_cast<std::int64_t>(report.get("requests")->size()));
    CPPUNIT_ASSERT(report.get("same")->as_integer() >= 4);
    options_.only = "nothing of this name";
    CPPUNIT_ASSERT_EQUAL(1, run(server.url(), server.url()));
  }

  void throttling_is_waited_for() {
    std::atomic<int> asked{0};
    const ScriptedServer server([&](const std::string& request) {
      return ++asked == 2 ? answer(429, "slow", "Retry-After: 7\r\n") : same_to_all(request);
    });
    options_.only = "verify";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(terminal_.errors, 0, run(server.url(), server.url()));
    CPPUNIT_ASSERT_EQUAL(7, slept_);
  }

  void throttling_without_end_is_an_error() {
    const ScriptedServer server([](const std::string&) { return answer(429, "slow", "Retry-After: 1\r\n"); });
    CPPUNIT_ASSERT_EQUAL(1, run(server.url(), server.url()));
    CPPUNIT_ASSERT(says("throttled"));
    CPPUNIT_ASSERT(slept_ > 0 && slept_ < 10);
  }

  void silence_runs_into_the_timeout() {
    const ScriptedServer server([](const std::string&) { return "silence"s; });
    options_.timeout = std::chrono::milliseconds(50);
    CPPUNIT_ASSERT_EQUAL(1, run(server.url(), server.url()));
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, says("in time"));
  }

  void https_is_refused_clearly() {
    CPPUNIT_ASSERT_EQUAL(1, run("https://a", "http://b"));
    CPPUNIT_ASSERT(says("only http is spoken, not https"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CompareTest);

}  // namespace
