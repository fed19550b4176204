// On a pseudo-terminal, with the asking done by a child process, as signals end it.
#include "ctl/posix_terminal.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

namespace {

using namespace std::string_literals;
using jwtauthd::PosixTerminal;

/// A terminal whose keyboard and screen are held by the test.
struct Pty {
  int screen = -1;
  int line = -1;
  Pty() { CPPUNIT_ASSERT_EQUAL(0, openpty(&screen, &line, nullptr, nullptr, nullptr)); }
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;
  ~Pty() {
    close(screen);
    close(line);
  }

  bool echoes() const {
    termios state{};
    tcgetattr(line, &state);
    return (state.c_lflag & ECHO) != 0;
  }
  /// Waits for it, however slow the machine is; a test that hangs is ended by whoever runs the tests.
  void wait_until_echo_is(bool on) const {
    while (echoes() != on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void type(std::string_view text) const {
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(text.size()), write(screen, text.data(), text.size()));
  }
  /// What is on the screen by now.
  std::string shown() const {
    fcntl(screen, F_SETFL, O_NONBLOCK);
    std::string text;
    char block[256];
    for (ssize_t size; (size = read(screen, block, sizeof block)) > 0;)
      text.append(block, static_cast<std::size_t>(size));
    return text;
  }
};

/// A child that exits with what `work` returns.
pid_t child(const std::function<int()>& work) {
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);  // its parent is in another group of the session, so that it may be stopped
    // Whoever started the tests may ignore some (nohup, a job in the background), and a fork inherits that.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) signal(number, SIG_DFL);
    _exit(work());
  }
  return pid;
}

int ended(pid_t pid, int flags = 0) {
  int status = 0;
  CPPUNIT_ASSERT_EQUAL(pid, waitpid(pid, &status, flags));
  return status;
}

class PosixTerminalTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PosixTerminalTest);
  CPPUNIT_TEST(password_is_not_shown_and_echo_comes_back);
  CPPUNIT_TEST(echo_comes_back_when_a_signal_ends_the_program);
  CPPUNIT_TEST(echo_comes_back_while_the_program_is_stopped);
  CPPUNIT_TEST(end_of_input_is_no_password);
  CPPUNIT_TEST(pipe_gives_a_line_at_a_time);
  CPPUNIT_TEST(long_lines_are_whole);
  CPPUNIT_TEST(says_when_output_was_lost);
  CPPUNIT_TEST_SUITE_END();

  static int asks_for(const Pty& pty, std::string_view expected) {
    PosixTerminal terminal(pty.line, pty.line, pty.line);
    const auto answer = terminal.ask_hidden("Password: ");
    return answer && answer->reveal() == expected ? 0 : 1;
  }

 public:
  void password_is_not_shown_and_echo_comes_back() {
    const Pty pty;
    const pid_t pid = child([&] { return asks_for(pty, "s3cret"); });
    pty.wait_until_echo_is(false);
    pty.type("s3cret\n");
    CPPUNIT_ASSERT_EQUAL(0, ended(pid));
    CPPUNIT_ASSERT(pty.echoes());
    CPPUNIT_ASSERT_EQUAL("Password: \r\n"s, pty.shown());
  }

  void echo_comes_back_when_a_signal_ends_the_program() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      const Pty pty;
      const pid_t pid = child([&] { return asks_for(pty, ""); });
      pty.wait_until_echo_is(false);
      kill(pid, signal);
      const int status = ended(pid);
      CPPUNIT_ASSERT(WIFSIGNALED(status));
      CPPUNIT_ASSERT_EQUAL(signal, WTERMSIG(status));
      CPPUNIT_ASSERT(pty.echoes());
    }
  }

  void echo_comes_back_while_the_program_is_stopped() {
    const Pty pty;
    const pid_t pid = child([&] { return asks_for(pty, "s3cret"); });
    pty.wait_until_echo_is(false);
    kill(pid, SIGTSTP);
    CPPUNIT_ASSERT(WIFSTOPPED(ended(pid, WUNTRACED)));
    CPPUNIT_ASSERT(pty.echoes());
    kill(pid, SIGCONT);
    pty.wait_until_echo_is(false);
    pty.type("s3cret\n");
    CPPUNIT_ASSERT_EQUAL(0, ended(pid));
    CPPUNIT_ASSERT(pty.echoes());
  }

  void end_of_input_is_no_password() {
    const Pty pty;
    const pid_t pid = child([&] {
      PosixTerminal terminal(pty.line, pty.line, pty.line);
      return terminal.ask_hidden("Password: ") ? 1 : 0;
    });
    pty.wait_until_echo_is(false);
    pty.type("\x04");
    CPPUNIT_ASSERT_EQUAL(0, ended(pid));
    CPPUNIT_ASSERT(pty.echoes());
  }

  void pipe_gives_a_line_at_a_time() {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, pipe(ends));
    const int nowhere = open("/dev/null", O_WRONLY);
    const std::string input = "first\n\nthird";
    CPPUNIT_ASSERT(write(ends[1], input.data(), input.size()) > 0);
    close(ends[1]);
    PosixTerminal terminal(ends[0], nowhere, nowhere);
    CPPUNIT_ASSERT(!terminal.interactive());
    CPPUNIT_ASSERT_EQUAL("first"s, std::string(terminal.ask_hidden("Password: ")->reveal()));
    CPPUNIT_ASSERT_EQUAL(""s, terminal.ask("Name: ").value());
    CPPUNIT_ASSERT_EQUAL("third"s, terminal.ask("Name: ").value());
    CPPUNIT_ASSERT(!terminal.ask("Name: "));
    CPPUNIT_ASSERT(!terminal.ask_hidden("Password: "));
    close(ends[0]);
    close(nowhere);
  }

  void long_lines_are_whole() {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, pipe(ends));
    const std::string line(20000, 'x');
    const std::string input = line + "\n";
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(input.size()), write(ends[1], input.data(), input.size()));
    PosixTerminal terminal(ends[0], ends[1], ends[1]);
    CPPUNIT_ASSERT_EQUAL(line, std::string(terminal.ask_hidden("")->reveal()));
    close(ends[0]);
    close(ends[1]);
  }

  void says_when_output_was_lost() {
    const int full = open("/dev/full", O_WRONLY);
    PosixTerminal terminal(0, full, full);
    CPPUNIT_ASSERT(terminal.wrote_everything());
    terminal.out("lost");
    CPPUNIT_ASSERT(!terminal.wrote_everything());
    close(full);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PosixTerminalTest);

}  // namespace
