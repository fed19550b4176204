#include "util/log.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace log = util::log;

/// A log that goes into a pipe or socket, of which the test holds the other end.
class Capture {
 public:
  explicit Capture(log::Level level = log::Level::info, bool journal = true, bool socket = false) {
    CPPUNIT_ASSERT(socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds_) == 0 : pipe(fds_) == 0);
    if (socket) std::swap(fds_[0], fds_[1]);
    log::start({level, journal ? log::Format::prefixed : log::Format::text, fds_[1]});
  }
  ~Capture() {
    log::stop();
    log::start({log::Level::info, log::Format::text, 2});
    log::stop();
    close_reader();
    close(fds_[1]);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// What can be read at once, or within `wait_ms` when nothing is there yet.
  std::string read_some(int wait_ms = 0) {
    pollfd ready{fds_[0], POLLIN, 0};
    if (poll(&ready, 1, wait_ms) <= 0) return {};
    std::string text(1 << 16, '\0');
    const ssize_t got = read(fds_[0], text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  /// All lines so far.
  std::string read_all() {
    log::flush();
    std::string text;
    for (std::string part = read_some(); !part.empty(); part = read_some()) text += part;
    return text;
  }
  int writer() const { return fds_[1]; }
  void close_reader() {
    if (fds_[0] >= 0) close(fds_[0]);
    fds_[0] = -1;
  }

 private:
  int fds_[2] = {-1, -1};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  CPPUNIT_ASSERT_EQUAL(text.size(), start);  // ends in a whole line
  return lines;
}

log::Access dashboard() {
  return {{"0a1b2c", {}, {}}, "GET", "/api/dashboard/", 200, 123, 7, "127.0.0.1", {}, {}};
}

class LogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogTest);
  CPPUNIT_TEST(access_line_reads_as_documented);
  CPPUNIT_TEST(access_line_of_nobody_and_nothing);
  CPPUNIT_TEST(access_line_cannot_be_forged);
  CPPUNIT_TEST(journal_lines_carry_priorities);
  CPPUNIT_TEST(text_lines_carry_utc_time);
  CPPUNIT_TEST(lines_below_the_level_are_left_out);
  CPPUNIT_TEST(message_stays_one_line);
  CPPUNIT_TEST(long_message_is_cut);
  CPPUNIT_TEST(quoted_escapes_and_cuts);
  CPPUNIT_TEST(warning_is_written_at_once_and_in_order);
  CPPUNIT_TEST(gathered_lines_arrive_without_a_flush);
  CPPUNIT_TEST(threads_do_not_tear_lines);
  CPPUNIT_TEST(line_after_stop_is_written);
  CPPUNIT_TEST_SUITE_END();

 public:
  void access_line_reads_as_documented() {
    Capture capture;
    log::access(dashboard());
    CPPUNIT_ASSERT_EQUAL(
        std::string("<6>id=0a1b2c method=GET path=\"/api/dashboard/\" status=200 ms=0.123 user=7 "
                    "client=127.0.0.1\n"),
        capture.read_all());
  }

  void access_line_of_nobody_and_nothing() {
    Capture capture;
    log::Access entry;
    entry.method = "POST";
    entry.status = 503;
    entry.micros = 61'002'007;
    entry.client = "2001:db8::1";
    log::access(entry);
    entry.micros = -5;
    log::access(entry);
    const std::string rest = " user=- client=2001:db8::1\n";
    CPPUNIT_ASSERT_EQUAL("<6>id=- method=POST path=\"\" status=503 ms=61002.007" + rest +
                             "<6>id=- method=POST path=\"\" status=503 ms=0.000" + rest,
                         capture.read_all());
  }

  void access_line_cannot_be_forged() {
    Capture capture;
    log::Access entry = dashboard();
    entry.about.request_id = "x status=200";
    entry.method = "G\nT";
    entry.path = "/a\" status=200 \\\r\n<0>forged \x1b[2J\xc3\xa9\x7f";
    entry.client = "1.2.3.4 user=1";
    log::access(entry);
    CPPUNIT_ASSERT_EQUAL(std::string("<6>id=\"x status=200\" method=\"G\\nT\" "
                                     "path=\"/a\\\" status=200 \\\\\\r\\n<0>forged \\x1b[2J\\xc3\\xa9\\x7f\" "
                                     "status=200 ms=0.123 user=7 client=\"1.2.3.4 user=1\"\n"),
                         capture.read_all());
    // Nor pushed out of the line by length.
    const std::string longest(100'000, '\n');
    entry = {{longest, longest, longest}, longest, longest, 401, 1, 7, longest, longest, longest};
    log::access(entry);
    const std::string line = capture.read_all();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_of(line).size());
    CPPUNIT_ASSERT(line.find("\" status=401 ms=0.001 user=7 client=\"") != std::string::npos);
  }

  void journal_lines_carry_priorities() {
    Capture capture(log::Level::debug);
    log::debug("a");
    log::info("b");
    log::warning("c");
    log::error("d");
    CPPUNIT_ASSERT_EQUAL(std::string("<7>a\n<6>b\n<4>c\n<3>d\n"), capture.read_all());
  }

  void text_lines_carry_utc_time() {
    Capture capture(log::Level::debug, false);
    log::debug("a");
    log::info("b");
    log::warning("c");
    log::error("d");
    const auto lines = lines_of(capture.read_all());
    const std::vector<std::string> ends{"debug   a", "info    b", "warning c", "error   d"};
    CPPUNIT_ASSERT_EQUAL(ends.size(), lines.size());
    for (std::size_t i = 0; i < ends.size(); ++i) {
      std::string shape = lines[i];
      std::replace_if(
          shape.begin(), shape.end(), [](char c) { return c >= '0' && c <= '9'; }, '0');
      CPPUNIT_ASSERT_EQUAL("0000-00-00T00:00:00.000Z " + ends[i], shape);
    }
  }

  void lines_below_the_level_are_left_out() {
    Capture capture(log::Level::warning);
    log::debug("a");
    log::info("b");
    log::access(dashboard());
    log::warning("c");
    CPPUNIT_ASSERT_EQUAL(std::string("<4>c\n"), capture.read_all());
    CPPUNIT_ASSERT(!log::enabled(log::Level::info));
    CPPUNIT_ASSERT(log::enabled(log::Level::error));
  }

  void message_stays_one_line() {
    const struct {
      const char* text;
      const char* expected;
    } rows[] = {
        {"plain \"quoted\" back\\slash", "plain \"quoted\" back\\slash"},
        {"gr\u00fc\u00df \u4e16\u754c \U0001f600", "gr\u00fc\u00df \u4e16\u754c \U0001f600"},
        {"a\nb\r\tc\x1b[31m\x7f", "a\\nb\\r\\tc\\x1b[31m\\x7f"},
        {"\u009b31m \u2028 \u202e",
         "\\xc2\\x9b31m \\xe2\\x80\\xa8 \\xe2\\x80\\xae"},                   // C1, line end, reversal
        {"\xff \xed\xa0\x80 \xe2\x82", "\\xff \\xed\\xa0\\x80 \\xe2\\x82"},  // not UTF-8
        {"\ufffd", "\ufffd"},
        {"", ""},
    };
    Capture capture;
    for (const auto& row : rows) {
      log::info(row.text);
      CPPUNIT_ASSERT_EQUAL("<6>" + std::string(row.expected) + "\n", capture.read_all());
    }
    log::info(std::string_view("a\0b", 3));
    CPPUNIT_ASSERT_EQUAL(std::string("<6>a\\x00b\n"), capture.read_all());
  }

  void long_message_is_cut() {
    Capture capture;
    log::info(std::string(4089, 'x'));
    CPPUNIT_ASSERT_EQUAL("<6>" + std::string(4089, 'x') + "\n", capture.read_all());
    log::info(std::string(4090, 'x'));
    CPPUNIT_ASSERT_EQUAL("<6>" + std::string(4089, 'x') + "...\n", capture.read_all());
  }

  void quoted_escapes_and_cuts() {
    CPPUNIT_ASSERT_EQUAL(std::string("\"\""), log::quoted(""));
    CPPUNIT_ASSERT_EQUAL(std::string(R"("a b=c \"\\ \n\x00\xc3\xa9")"),
                         log::quoted(std::string_view("a b=c \"\\ \n\0\xc3\xa9", 13)));
    CPPUNIT_ASSERT_EQUAL(std::string("\"abc\""), log::quoted("abc", 3));
    CPPUNIT_ASSERT_EQUAL(std::string("\"abc...\""), log::quoted("abcd", 3));
  }

  void warning_is_written_at_once_and_in_order() {
    Capture capture;
    log::info("first");
    log::warning("second");
    CPPUNIT_ASSERT_EQUAL(std::string("<6>first\n<4>second\n"), capture.read_some(5000));
  }

  void gathered_lines_arrive_without_a_flush() {
    Capture capture;
    log::info("only one");
    CPPUNIT_ASSERT_EQUAL(std::string("<6>only one\n"), capture.read_some(5000));
  }

  void threads_do_not_tear_lines() {
    Capture capture(log::Level::info, true, true);
    constexpr int kThreads = 4;
    constexpr int kLines = 2000;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        log::Access entry = dashboard();
        for (int i = 0; i < kLines; ++i) {
          entry.status = 1000 + t;
          entry.user_id = i + 1;
          log::access(entry);
          if (i % 500 == 0) log::warning("at once");
        }
      });
    }
    std::string text;
    const auto expected = static_cast<std::ptrdiff_t>(kThreads * (kLines + kLines / 500));
    while (std::count(text.begin(), text.end(), '\n') < expected) {
      const std::string part = capture.read_some(5000);
      CPPUNIT_ASSERT(!part.empty());
      text += part;
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<int> next(kThreads, 1);
    for (const std::string& line : lines_of(text)) {
      if (line == "<4>at once") continue;
      int status = 0;
      int user = 0;
      const int found = std::sscanf(line.c_str(),
                                    "<6>id=0a1b2c method=GET path=\"/api/dashboard/\" status=%d ms=0.123 "
                                    "user=%d client=127.0.0.1",
                                    &status, &user);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(line, 2, found);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(line, next.at(static_cast<std::size_t>(status - 1000))++, user);
    }
  }

  void line_after_stop_is_written() {
    Capture capture;
    log::info("before");
    log::stop();
    log::info("after");
    CPPUNIT_ASSERT_EQUAL(std::string("<6>before\n<6>after\n"), capture.read_some());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogTest);

}  // namespace
