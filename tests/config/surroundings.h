// A directory and an environment of a test's own, which go with it.
#pragma once

#include <cppunit/TestAssert.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "config/config.h"
#include "util/temporary_directory.h"

namespace config_test {

class Surroundings {
 public:
  Surroundings() { write("common.txt", "password\n"); }
  ~Surroundings() {
    for (const std::string& name : variables_) unsetenv(name.c_str());
  }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

  std::string path(const std::string& name) const { return directory_ / name; }
  /// Returns the path.
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    std::ofstream(path(name), std::ios::binary) << content;
    CPPUNIT_ASSERT_EQUAL(0, chmod(path(name).c_str(), mode));
    return path(name);
  }
  void set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }

  util::Result<config::Config> load(const std::string& toml, mode_t mode = 0600) const {
    return config::load(write("jwtauthd.toml", toml, mode));
  }
  /// The configuration, which must be good.
  config::Config good(const std::string& toml) const {
    auto loaded = load(toml);
    if (!loaded) CPPUNIT_FAIL(loaded.error().message);
    return std::move(*loaded);
  }
  /// The findings, with the directory left out of the paths.
  std::string findings(const std::string& toml, mode_t mode = 0600) const {
    const auto loaded = load(toml, mode);
    CPPUNIT_ASSERT_MESSAGE(toml, !loaded);
    std::string text = loaded.error().message;
    const std::string prefix = directory_.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  /// What is required, with a secret and a list of common passwords of this directory; `more` goes
  /// into [tokens].
  std::string required(const std::string& more = "") const {
    return "[passwords]\ncommon_passwords_file = \"" + path("common.txt") +
           "\"\n[database]\nsocket = \"/run/db\"\nname = \"d\"\nuser = \"u\"\n[tokens]\n" + more;
  }
  std::string required_and_secret() const {
    return required("algorithm = \"HS256\"\nsigning_key = \"0123456789abcdefghijklmnopqrstuv\"\n");
  }

 private:
  testing::TemporaryDirectory directory_;
  std::vector<std::string> variables_;
};

}  // namespace config_test
