#include "util/log_sink.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>

namespace {

using util::log::Sink;

std::size_t dropped_line(char* out, std::size_t size, std::uint64_t lines) {
  return static_cast<std::size_t>(
      std::snprintf(out, size, "dropped %llu\n", static_cast<unsigned long long>(lines)));
}

/// What can be read within `wait_ms`; empty when nothing comes.
std::string read_some(int fd, int wait_ms) {
  pollfd ready{fd, POLLIN, 0};
  if (poll(&ready, 1, wait_ms) <= 0) return {};
  std::string text(1 << 16, '\0');
  const ssize_t got = read(fd, text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

/// Gone with its descriptor.
int temporary_file() {
  const int file = open(std::filesystem::temp_directory_path().c_str(), O_TMPFILE | O_RDWR, 0600);
  CPPUNIT_ASSERT(file >= 0);
  return file;
}

std::string content(int file) {
  std::string text(1000, '\0');
  text.resize(static_cast<std::size_t>(pread(file, text.data(), text.size(), 0)));
  return text;
}

class LogSinkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogSinkTest);
  CPPUNIT_TEST(blocked_pipe_costs_counted_lines_and_no_waiting);
  CPPUNIT_TEST(blocked_socket_costs_counted_lines_and_no_waiting);
  CPPUNIT_TEST(non_blocking_descriptor_gets_every_line);
  CPPUNIT_TEST(closed_reader_ends_nothing);
  CPPUNIT_TEST(full_disk_ends_nothing);
  CPPUNIT_TEST(recovered_descriptor_is_told_what_was_lost);
  CPPUNIT_TEST(line_cut_by_a_full_disk_is_ended_before_the_next);
  CPPUNIT_TEST(urgent_line_outlives_the_process);
  CPPUNIT_TEST(stop_gives_up_on_a_blocked_descriptor);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { before_ = std::signal(SIGPIPE, SIG_IGN); }
  void tearDown() override { std::signal(SIGPIPE, before_); }

  void blocked_pipe_costs_counted_lines_and_no_waiting() {
    int fds[2];
    CPPUNIT_ASSERT_EQUAL(0, pipe(fds));
    fill_and_count(fds[0], fds[1]);
  }

  void blocked_socket_costs_counted_lines_and_no_waiting() {
    int fds[2];
    CPPUNIT_ASSERT_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    fill_and_count(fds[0], fds[1]);
  }

  void non_blocking_descriptor_gets_every_line() {
    int fds[2];
    CPPUNIT_ASSERT_EQUAL(0, pipe(fds));
    CPPUNIT_ASSERT_EQUAL(0, fcntl(fds[1], F_SETFL, O_NONBLOCK));
    const std::string line(99, 'x');
    Sink sink(fds[1], dropped_line);
    sink.batch();
    for (int i = 0; i < 5000; ++i) sink.put(line + "\n", i % 100 == 0);  // half a MiB through 64 KiB
    std::string text;
    for (std::string part = "x"; text.size() < 500'000 && !part.empty(); text += part)
      part = read_some(fds[0], 5000);
    sink.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{500'000}, text.size());
    for (std::size_t at = 99; at < text.size(); at += 100) CPPUNIT_ASSERT_EQUAL('\n', text[at]);
    close(fds[0]);
    close(fds[1]);
  }

  void closed_reader_ends_nothing() {
    for (const bool socket : {false, true}) {
      int fds[2];
      CPPUNIT_ASSERT_EQUAL(0, socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds));
      close(fds[0]);
      Sink sink(fds[1], dropped_line);
      sink.put("unbatched\n", false);
      sink.batch();
      for (int i = 0; i < 100'000; ++i) sink.put("nobody reads this\n", i % 1000 == 0);
      sink.flush();
      sink.stop();
      close(fds[1]);
    }
    Sink closed(-1, dropped_line);
    closed.put("no such descriptor\n", true);
    closed.stop();
  }

  void full_disk_ends_nothing() {
    const int fd = open("/dev/full", O_WRONLY);
    CPPUNIT_ASSERT(fd >= 0);
    {
      Sink sink(fd, dropped_line);
      sink.batch();
      sink.put("no space\n", true);
    }
    close(fd);
  }

  void recovered_descriptor_is_told_what_was_lost() {
    const int full = open("/dev/full", O_WRONLY);
    const int fd = dup(full);
    const int file = temporary_file();
    CPPUNIT_ASSERT(full >= 0 && fd >= 0);
    Sink sink(fd, dropped_line);
    sink.put("lost 1\n", false);
    sink.put("lost 2\n", false);  // with the note of the first, which is lost as well
    sink.put("lost 3\n", false);  // with the note of both
    CPPUNIT_ASSERT_EQUAL(fd, dup2(file, fd));
    sink.put("kept\n", false);
    sink.put("kept too\n", false);
    CPPUNIT_ASSERT_EQUAL(std::string("kept\ndropped 3\nkept too\n"), content(file));
    close(full);
    close(fd);
    close(file);
  }

  void line_cut_by_a_full_disk_is_ended_before_the_next() {
    const int file = temporary_file();
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const Handler at_limit = std::signal(SIGXFSZ, SIG_IGN);
    Sink sink(file, dropped_line);
    rlimit small = before;
    small.rlim_cur = 5;
    setrlimit(RLIMIT_FSIZE, &small);
    sink.put("first line\n", false);
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, at_limit);
    sink.put("second\n", false);
    CPPUNIT_ASSERT_EQUAL(std::string("first\nsecond\ndropped 1\n"), content(file));
    close(file);
  }

  void urgent_line_outlives_the_process() {
    int fds[2];
    CPPUNIT_ASSERT_EQUAL(0, pipe(fds));
    const pid_t child = fork();
    if (child == 0) {
      Sink sink(fds[1], dropped_line);
      sink.batch();
      sink.put("gathered\n", false);
      sink.put("urgent\n", true);
      _exit(0);
    }
    CPPUNIT_ASSERT(child > 0);
    waitpid(child, nullptr, 0);
    CPPUNIT_ASSERT_EQUAL(std::string("gathered\nurgent\n"), read_some(fds[0], 0));
    close(fds[0]);
    close(fds[1]);
  }

  void stop_gives_up_on_a_blocked_descriptor() {
    int fds[2];
    CPPUNIT_ASSERT_EQUAL(0, pipe(fds));
    const std::string line = std::string(999, 'x') + "\n";
    Sink sink(fds[1], dropped_line);
    sink.batch();
    for (int i = 0; i < 200; ++i) sink.put(line, false);
    sink.stop();  // returns, though nobody reads
    const std::string text = read_some(fds[0], 0);
    CPPUNIT_ASSERT(!text.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, text.size() % 1000);  // whole lines
    close(fds[0]);
    close(fds[1]);
  }

 private:
  /// Puts more than the sink and the kernel hold, then reads: every line came or was counted.
  void fill_and_count(int reader, int writer) {
    constexpr std::uint64_t kLines = 40'000;
    const std::string line = std::string(99, 'x') + "\n";
    Sink sink(writer, dropped_line);
    sink.batch();
    for (std::uint64_t i = 0; i < kLines; ++i) sink.put(line, i % 100 == 0);
    std::uint64_t came = 0;
    std::uint64_t dropped = 0;
    std::string text;
    std::size_t start = 0;
    while (came + dropped < kLines) {
      const std::string part = read_some(reader, 5000);
      CPPUNIT_ASSERT_MESSAGE("lines are missing", !part.empty());
      text += part;
      for (std::size_t end = text.find('\n', start); end != std::string::npos; end = text.find('\n', start)) {
        const std::string got = text.substr(start, end - start + 1);
        start = end + 1;
        unsigned long long told = 0;
        if (std::sscanf(got.c_str(), "dropped %llu", &told) == 1) {
          dropped += told;
        } else {
          CPPUNIT_ASSERT_EQUAL(line, got);
          ++came;
        }
      }
    }
    CPPUNIT_ASSERT(dropped > 0);
    CPPUNIT_ASSERT_EQUAL(kLines, came + dropped);
    sink.stop();
    close(reader);
    close(writer);
  }

  using Handler = void (*)(int);
  Handler before_ = SIG_DFL;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogSinkTest);

}  // namespace
