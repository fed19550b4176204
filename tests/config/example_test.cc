#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "config/config.h"
#include "config/key.h"
#include "surroundings.h"

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

class ExampleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExampleTest);
  CPPUNIT_TEST(checked_in_file_is_what_the_table_says);
  CPPUNIT_TEST(every_default_in_it_is_accepted_and_is_the_default);
  CPPUNIT_TEST(every_key_stands_in_it_with_its_meaning);
  CPPUNIT_TEST(no_line_is_over_100_columns);
  CPPUNIT_TEST(no_key_stands_twice_in_the_table);
  CPPUNIT_TEST_SUITE_END();

 public:
  void checked_in_file_is_what_the_table_says() {
    const char* const top = std::getenv("JWTAUTHD_SRCDIR");
    std::ifstream file(std::string(top != nullptr ? top : ".") + "/conf/jwtauthd.toml");
    std::ostringstream content;
    content << file.rdbuf();
    // A build for another prefix has another data directory.
    const std::string installed = config::defaults().passwords.common_passwords_file;
    CPPUNIT_ASSERT_EQUAL(content.str(), replaced(config::example_file(), installed,
                                                 "/usr/share/jwtauthd/common-passwords.txt"));
  }

  void every_default_in_it_is_accepted_and_is_the_default() {
    config_test::Surroundings here;
    // All keys taken out of their comments, but for what is required and what one must choose between.
    std::istringstream example(config::example_file());
    std::string toml;
    for (std::string line; std::getline(example, line);) {
      const bool is_key = line.starts_with('#') && !line.starts_with("# ") && line != "#";
      if (is_key) line = line.substr(1);
      if (line == "socket = \"\"") line = "socket = \"/run/db\"";
      if (line == "name = \"\"" || line == "user = \"\"") line = replaced(line, "\"\"", "\"x\"");
      if (line == "password_file = \"\"" || line == "signing_key = \"\"") continue;
      if (line.starts_with("signing_key_file"))
        line = "signing_key_file = \"" + here.write("key.pem", "pem") + "\"";
      if (line.starts_with("common_pass"))
        line = "common_passwords_file = \"" + here.path("common.txt") + "\"";
      toml += line + "\n";
    }
    config::Config config = here.good(toml);
    config::Config defaults = config::defaults();
    const std::set<std::string> changed{"database.socket", "database.name", "database.user",
                                        "passwords.common_passwords_file"};
    for (const config::Key& key : config::keys()) {
      if (changed.contains(full_name(key))) continue;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(full_name(key), shown(key, defaults), shown(key, config));
    }
  }

  void every_key_stands_in_it_with_its_meaning() {
    const std::string example = replaced(config::example_file(), "\n# ", " ");
    for (const config::Key& key : config::keys()) {
      CPPUNIT_ASSERT_MESSAGE(full_name(key),
                             example.find("\n#" + std::string(key.name) + " = ") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(full_name(key), example.find(key.meaning) != std::string::npos);
    }
  }

  void no_line_is_over_100_columns() {
    std::istringstream example(config::example_file());
    for (std::string line; std::getline(example, line);) CPPUNIT_ASSERT_MESSAGE(line, line.size() <= 100);
  }

  void no_key_stands_twice_in_the_table() {
    std::set<std::string> seen;
    for (const config::Key& key : config::keys()) {
      CPPUNIT_ASSERT_MESSAGE(full_name(key), seen.insert(full_name(key)).second);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExampleTest);

}  // namespace
