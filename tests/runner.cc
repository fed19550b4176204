// Runs the CppUnit tests that are linked in: all of them, or those whose name contains one of the
// arguments. Prints each failing test, and at the end a line `N tests, N failed`.
#include <cppunit/Exception.h>
#include <cppunit/Message.h>
#include <cppunit/SourceLine.h>
#include <cppunit/Test.h>
#include <cppunit/TestFailure.h>
#include <cppunit/TestListener.h>
#include <cppunit/TestResult.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view kUsage =
    " [--list] [--verbose] [NAME…]\n"
    "  NAME       run the tests whose name contains it; without one, all\n"
    "  --list     print the names and stop\n"
    "  --verbose  print each test before it runs, and what it took\n";

void collect_leaves(CppUnit::Test* test, std::vector<CppUnit::Test*>& leaves) {
  const int children = test->getChildTestCount();
  if (children == 0 && test->countTestCases() > 0) leaves.push_back(test);
  for (int i = 0; i < children; ++i) collect_leaves(test->getChildTestAt(i), leaves);
}

bool selected(const std::string& name, const std::vector<std::string>& parts) {
  if (parts.empty()) return true;
  for (const auto& part : parts)
    if (name.find(part) != std::string::npos) return true;
  return false;
}

/// Keeps what failed in the test that runs now.
class Failures : public CppUnit::TestListener {
 public:
  void addFailure(const CppUnit::TestFailure& failure) override {
    text_ += "FAILED " + failure.failedTestName();
    const CppUnit::SourceLine line = failure.sourceLine();
    if (line.isValid()) text_ += "\n  " + line.fileName() + ":" + std::to_string(line.lineNumber());
    const CppUnit::Message message = failure.thrownException()->message();
    text_ += "\n  " + message.shortDescription() + "\n" + message.details();
  }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

std::string_view running_test;

/// A crash would otherwise not say in which test it happened.
void name_the_crash(int signal) {
  const auto say = [](std::string_view text) {
    [[maybe_unused]] const auto written = ::write(2, text.data(), text.size());
  };
  say("CRASHED in ");
  say(running_test);
  say("\n");
  ::raise(signal);  // SA_RESETHAND: the default action now
}

void install_crash_handler() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return;  // the sanitizer's own handler says more
#endif
  struct sigaction action = {};
  action.sa_handler = name_the_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) sigaction(signal, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  bool list = false;
  bool verbose = false;
  std::vector<std::string> parts;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--list") {
      list = true;
    } else if (argument == "--verbose") {
      verbose = true;
    } else if (argument.starts_with("-")) {
      const bool asked = argument == "--help" || argument == "-h";
      (asked ? std::cout : std::cerr) << "usage: " << argv[0] << kUsage;
      return asked ? 0 : 2;
    } else {
      parts.emplace_back(argument);
    }
  }

  const std::unique_ptr<CppUnit::Test> root(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  std::vector<CppUnit::Test*> leaves;
  collect_leaves(root.get(), leaves);
  std::erase_if(leaves, [&](CppUnit::Test* test) { return !selected(test->getName(), parts); });
  if (list) {
    for (const auto* test : leaves) std::cout << test->getName() << '\n';
    return 0;
  }
  if (leaves.empty() && !parts.empty()) {
    std::cerr << "no test has such a name; --list shows them\n";
    return 2;
  }

  install_crash_handler();
  CppUnit::TestResult result;
  Failures failures;
  result.addListener(&failures);
  std::size_t failed = 0;
  for (auto* test : leaves) {
    const std::string name = test->getName();
    running_test = name;
    if (verbose) std::cout << name << " … " << std::flush;
    const auto began = std::chrono::steady_clock::now();
    test->run(&result);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    const std::string text = failures.take();
    if (verbose) std::cout << (text.empty() ? "ok, " : "failed, ") << took.count() << " ms\n";
    if (!text.empty()) {
      ++failed;
      std::cout << text << std::flush;
    }
  }
  running_test = "the end of the program";
  std::cout << leaves.size() << " tests, " << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}
