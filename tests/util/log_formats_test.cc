// The log for machines: fields for journald, JSON, logfmt; what is left out of it on purpose.
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "util/log.h"
#include "util/log_repeats.h"
#include "util/temporary_directory.h"

namespace {

namespace log = util::log;
using std::chrono::seconds;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A log into a pipe, of which the test holds the other end.
class Capture {
 public:
  explicit Capture(log::Options options) {
    CPPUNIT_ASSERT_EQUAL(0, ::pipe2(fds_, O_NONBLOCK));
    options.fd = fds_[1];
    log::start(options);
  }
  ~Capture() {
    log::stop();
    log::start({});
    log::stop();
    ::close(fds_[0]);
    ::close(fds_[1]);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Digits of times as zeros.
  std::string read() {
    log::flush();
    std::string text(std::size_t{1} << 16, '\0');
    const ssize_t got = ::read(fds_[0], text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    for (auto at = text.find("20"); at != std::string::npos; at = text.find("20", at + 1)) {
      if (text.size() < at + 24 || text[at + 23] != 'Z' || text[at + 10] != 'T') continue;
      std::replace_if(
          text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(at) + 23,
          [](char c) { return c >= '0' && c <= '9'; }, '0');
    }
    return text;
  }

 private:
  int fds_[2] = {-1, -1};
};

/// journald, as far as the log sees it.
class Journal {
 public:
  Journal() {
    path = directory_ / "socket";
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  ~Journal() { ::close(fd_); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::string next() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 5000) <= 0) return "(nothing)";
    std::string text(8192, '\0');
    const ssize_t got = ::recv(fd_, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }

  std::string path;

 private:
  testing::TemporaryDirectory directory_;
  int fd_ = -1;
};

log::Access session_list(std::string_view session) {
  return {{"0a1b2c", kTrace, "00f067aa0ba902b7"},
          "GET",
          "/api/sessions/a\"b",
          200,
          1234,
          7,
          "127.0.0.1",
          "/api/sessions/{id}/",
          session};
}

class LogFormatsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogFormatsTest);
  CPPUNIT_TEST(text_has_session_and_trace_where_there_are_any);
  CPPUNIT_TEST(logfmt);
  CPPUNIT_TEST(json);
  CPPUNIT_TEST(json_stays_whole_however_long_and_hostile);
  CPPUNIT_TEST(journald_gets_entries_with_fields);
  CPPUNIT_TEST(journald_is_told_of_what_it_did_not_take);
  CPPUNIT_TEST(without_journald_there_are_prefixes);
  CPPUNIT_TEST(one_in_so_many_2xx_is_written_and_all_others_are);
  CPPUNIT_TEST(repeated_errors_are_summed_up);
  CPPUNIT_TEST(repeats_are_counted_by_text_level_and_minute);
  CPPUNIT_TEST_SUITE_END();

 public:
  void text_has_session_and_trace_where_there_are_any() {
    Capture capture({.format = log::Format::prefixed});
    log::access(session_list(std::string_view("\x01\xab\x00\xff", 4)));
    CPPUNIT_ASSERT_EQUAL(
        std::string("<6>id=0a1b2c method=GET path=\"/api/sessions/a\\\"b\" status=200 ms=1.234 user=7 "
                    "client=127.0.0.1 session=01ab00ff trace=") +
            kTrace + " span=00f067aa0ba902b7\n",
        capture.read());
    log::error("no", {"0a1b2c", {}, {}});
    CPPUNIT_ASSERT_EQUAL(std::string("<3>id=0a1b2c no\n"), capture.read());
  }

  void logfmt() {
    Capture capture({.format = log::Format::logfmt});
    log::access(session_list({}));
    CPPUNIT_ASSERT_EQUAL(
        std::string("time=0000-00-00T00:00:00.000Z level=info id=0a1b2c method=GET "
                    "path=\"/api/sessions/a\\\"b\" route=\"/api/sessions/{id}/\" status=200 ms=1.234 user=7 "
                    "client=127.0.0.1 trace=") +
            kTrace + " span=00f067aa0ba902b7\n",
        capture.read());
    log::warning("a \"b\" \\ \n c", {"0a1b2c", {}, {}});
    CPPUNIT_ASSERT_EQUAL(std::string("time=0000-00-00T00:00:00.000Z level=warning id=0a1b2c "
                                     "msg=\"a \\\"b\\\" \\\\ \\\\n c\"\n"),
                         capture.read());
  }

  void json() {
    Capture capture({.format = log::Format::json});
    log::access(session_list("\x01"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"time":"0000-00-00T00:00:00.000Z","level":"info","id":"0a1b2c","method":"GET",)"
                    R"("path":"/api/sessions/a\\\"b","route":"/api/sessions/{id}/","status":200,"ms":1.234,)"
                    R"("user":7,"client":"127.0.0.1","session":"01","trace":")") +
            kTrace + R"(","span":"00f067aa0ba902b7"})" + "\n",
        capture.read());
    log::error("gr\u00fc\u00df \"x\"", {});
    CPPUNIT_ASSERT_EQUAL(std::string("{\"time\":\"0000-00-00T00:00:00.000Z\",\"level\":\"error\",\"msg\":"
                                     "\"gr\u00fc\u00df \\\"x\\\"\"}\n"),
                         capture.read());
  }

  void json_stays_whole_however_long_and_hostile() {
    Capture capture({.format = log::Format::json});
    for (const char* part : {"\\", "\"", "\n", "\xff", "\u4e16", "x"}) {
      std::string longest;
      while (longest.size() < 6000) longest += part;
      log::error(longest, {longest, longest, longest});
      std::string line = capture.read();
      CPPUNIT_ASSERT_MESSAGE(line, line.ends_with("...\"}\n"));
      expect_one_object(line);
      log::access({{longest, kTrace, "00f067aa0ba902b7"},
                   longest,
                   longest,
                   200,
                   1,
                   7,
                   longest,
                   "/api/sessions/{id}/",
                   longest});
      line = capture.read();
      CPPUNIT_ASSERT_MESSAGE(line, line.ends_with("\"}\n"));
      expect_one_object(line);
    }
  }

  void journald_gets_entries_with_fields() {
    Journal journal;
    Capture capture({.format = log::Format::native, .journal_socket = journal.path.c_str()});
    log::access(session_list("\x01"));
    log::error("no\nway", {"0a1b2c", kTrace, {}});
    const std::string trace = std::string("TRACE_ID=") + kTrace + "\n";
    CPPUNIT_ASSERT_EQUAL(
        "PRIORITY=6\nSYSLOG_IDENTIFIER=jwtauthd\nREQUEST_ID=0a1b2c\n" + trace +
            "SPAN_ID=00f067aa0ba902b7\nJWTAUTHD_METHOD=GET\nJWTAUTHD_ROUTE=/api/sessions/{id}/\n"
            "JWTAUTHD_STATUS=200\nJWTAUTHD_MICROSECONDS=1234\nJWTAUTHD_USER=7\nJWTAUTHD_SESSION=01\n"
            "MESSAGE=id=0a1b2c method=GET path=\"/api/sessions/a\\\"b\" status=200 ms=1.234 user=7 "
            "client=127.0.0.1 session=01 trace=" +
            kTrace + " span=00f067aa0ba902b7\n",
        journal.next());
    CPPUNIT_ASSERT_EQUAL("PRIORITY=3\nSYSLOG_IDENTIFIER=jwtauthd\nREQUEST_ID=0a1b2c\n" + trace +
                             "MESSAGE=id=0a1b2c no\\nway\n",
                         journal.next());
    CPPUNIT_ASSERT_EQUAL(std::string(), capture.read());
  }

  void journald_is_told_of_what_it_did_not_take() {
    Journal journal;
    Capture capture({.format = log::Format::native, .journal_socket = journal.path.c_str()});
    for (int i = 0; i < 30'000; ++i) log::info(std::string(1000, 'x'));
    int taken = 0;
    for (std::string entry = journal.next(); !entry.ends_with("fast enough, or not at all\n");
         entry = journal.next()) {
      CPPUNIT_ASSERT_MESSAGE(entry, entry.ends_with("MESSAGE=" + std::string(1000, 'x') + "\n"));
      ++taken;
    }
    CPPUNIT_ASSERT(taken > 0 && taken < 30'000);
  }

  void without_journald_there_are_prefixes() {
    Capture capture({.format = log::Format::native, .journal_socket = "/nonexistent/socket"});
    log::info("a");
    CPPUNIT_ASSERT_EQUAL(std::string("<6>a\n"), capture.read());
  }

  void one_in_so_many_2xx_is_written_and_all_others_are() {
    Capture capture({.format = log::Format::prefixed, .sample_2xx = 10});
    log::Access entry = session_list({});
    for (const int status : {200, 204, 301, 401, 503}) {
      entry.status = status;
      for (int i = 0; i < 50; ++i) log::access(entry);
    }
    const std::string text = capture.read();
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{5 + 5 + 50 + 50 + 50}, std::count(text.begin(), text.end(), '\n'));
    CPPUNIT_ASSERT(text.find(" sample=10\n") != std::string::npos);
    CPPUNIT_ASSERT(text.rfind(" sample=10\n") < text.find(" status=301 "));
  }

  void repeated_errors_are_summed_up() {
    {
      Capture capture({.format = log::Format::prefixed, .repeats = 2});
      for (int i = 0; i < 5; ++i) log::error("it is away", {std::to_string(10'000'000 + i), {}, {}});
      log::error("another");
      for (int i = 0; i < 5; ++i) log::info("said always");
      log::tick();  // the minute is not over
      CPPUNIT_ASSERT_EQUAL(std::string("<3>id=10000000 it is away\n<3>id=10000001 it is away\n<3>another\n"
                                       "<6>said always\n<6>said always\n<6>said always\n<6>said always\n"
                                       "<6>said always\n"),
                           capture.read());
      log::stop();
      CPPUNIT_ASSERT_EQUAL(std::string("<3>it is away (3 times more within a minute)\n"), capture.read());
    }
  }

  void repeats_are_counted_by_text_level_and_minute() {
    log::Repeats repeats;
    const log::Repeats::Clock::time_point start{};
    const auto admits = [&](std::string_view text, int at, log::Level level = log::Level::error) {
      return repeats.admits(level, text, 1, start + seconds(at));
    };
    CPPUNIT_ASSERT(admits("a", 0));
    CPPUNIT_ASSERT(!admits("a", 1));
    CPPUNIT_ASSERT(admits("a", 1, log::Level::warning));
    CPPUNIT_ASSERT(admits("b", 2));
    CPPUNIT_ASSERT(!admits("a", 59));
    CPPUNIT_ASSERT(repeats.over(start + seconds(59)).empty());
    const auto over = repeats.over(start + seconds(60));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, over.size());
    CPPUNIT_ASSERT_EQUAL(std::string("a"), over[0].text);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, over[0].times);
    CPPUNIT_ASSERT(admits("a", 61));
    // With too many texts to remember, none is held back that is not known.
    for (int i = 0; i < 200; ++i) CPPUNIT_ASSERT(admits("text " + std::to_string(i), 62));
  }

 private:
  /// Quotes that open and close, escapes that are whole, nothing behind the last brace.
  static void expect_one_object(const std::string& line) {
    bool inside = false;
    int depth = 0;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const char c = line[i];
      CPPUNIT_ASSERT_MESSAGE(line, static_cast<unsigned char>(c) >= 0x20);
      if (inside && c == '\\') {
        ++i;
        CPPUNIT_ASSERT_MESSAGE(line, line[i] == '"' || line[i] == '\\');
      } else if (c == '"') {
        inside = !inside;
      } else if (!inside && (c == '{' || c == '}')) {
        depth += c == '{' ? 1 : -1;
        CPPUNIT_ASSERT_MESSAGE(line, depth > 0 || i + 2 == line.size());
      }
    }
    CPPUNIT_ASSERT_MESSAGE(line, !inside && depth == 0);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(LogFormatsTest);
