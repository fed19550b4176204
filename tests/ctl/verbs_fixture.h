// The verbs as an operator runs them, over a database of their own.
#pragma once

#include <cppunit/TestFixture.h>
#include <sys/stat.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/command_line.h"
#include "ctl/scripted_terminal.h"
#include "mysql/test_database.h"

namespace ctl_test {

class VerbsFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    database_.emplace();
    config_ =
        (std::filesystem::temp_directory_path() / ("jwtauthctl-" + database_->name() + ".toml")).string();
    configure();
  }
  void tearDown() override {
    std::filesystem::remove(config_);
    database_.reset();
  }

 protected:
  // Not before setUp(): CppUnit makes all fixtures before the first test runs.
  std::optional<testing::TestDatabase> database_;
  ScriptedTerminal terminal_;
  std::string config_;

  int run(std::vector<std::string> words, std::deque<std::string> answers = {}) {
    terminal_ = {};
    terminal_.answers = std::move(answers);
    words.insert(words.begin(), {"jwtauthctl", "-c", config_});
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());
    return jwtauthd::run(static_cast<int>(argv.size()), argv.data(), terminal_);
  }
  /// A configuration that is good, and `more` behind it.
  void configure(const std::string& more = "") {
    write(database_section(database_->options().socket) +
          "[server]\nlisten = \"/run/jwtauthd-test.sock\"\n"
          "[tokens]\nalgorithm = \"HS256\"\nsigning_key = \"4f0c1d2ba98c5c77e2a1f2d0b3c4d5e6f708192a\"\n"
          "[passwords]\nhasher = \"pbkdf2_sha256\"\npbkdf2_iterations = 1000\n" +
          common_passwords() + more);
  }

  void write(const std::string& configuration) const {
    std::ofstream(config_) << configuration;
    chmod(config_.c_str(), 0600);
  }
  std::string database_section(const std::string& socket) const {
    const mysql::Options options = database_->options();
    return "[database]\nsocket = \"" + socket + "\"\nname = \"" + options.database + "\"\nuser = \"" +
           options.user + "\"\n";
  }
  static std::string common_passwords() {
    const char* source = std::getenv("JWTAUTHD_SRCDIR");
    return "common_passwords_file = \"" +
           std::filesystem::absolute(source != nullptr ? source : ".").lexically_normal().string() +
           "/conf/common-passwords.txt\"\n";
  }
};

}  // namespace ctl_test
