#include "ctl/setup.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "ctl/fake_host.h"
#include "ctl/scripted_terminal.h"
#include "json/parse.h"
#include "util/error.h"
#include "util/temporary_directory.h"

namespace {

using namespace std::string_literals;
using jwtauthd::Command;
using jwtauthd::ExitCode;

class SetupTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SetupTest);
  CPPUNIT_TEST(wants_root_unless_it_only_looks);
  CPPUNIT_TEST(takes_an_installation_to_a_running_service);
  CPPUNIT_TEST(leaves_what_is_done_already);
  CPPUNIT_TEST(dry_run_changes_nothing_and_shows_the_commands);
  CPPUNIT_TEST(stops_at_the_first_thing_that_fails);
  CPPUNIT_TEST(a_key_that_was_left_half_way_is_in_nobodys_way);
  CPPUNIT_TEST(one_unit_of_two_is_not_a_service_that_runs);
  CPPUNIT_TEST(a_database_elsewhere_is_its_administrators);
  CPPUNIT_TEST(a_server_that_is_away_is_told_from_a_refusal);
  CPPUNIT_TEST(another_user_without_a_password_cannot_be);
  CPPUNIT_TEST(machine_without_systemd_has_no_units);
  CPPUNIT_TEST(tells_nginx_lines_until_they_are_there);
  CPPUNIT_TEST(a_comment_includes_nothing);
  CPPUNIT_TEST(commands_can_be_pasted);
  CPPUNIT_TEST(runs_commands_and_hears_them);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TemporaryDirectory> directory_;
  ctl_test::FakeHost host_;
  ctl_test::ScriptedTerminal terminal_;
  jwtauthd::SetupOptions options_;

  void configure(const std::string& database) {
    std::ofstream(options_.config_path)
        << "[database]\nname = \"accounts\"\n"
        << database
        << "\n[tokens]\nsigning_key_file = \"" + key() + "\"\n[passwords]\nrefuse_common = false\n";
    chmod(options_.config_path.c_str(), 0600);
  }
  std::string key() const { return *directory_ / "signing-key.pem"; }
  /// The file that the configuration wants to see, and the machine's word that it is there.
  void make_key() {
    std::ofstream(key()) << "a key";
    chmod(key().c_str(), 0600);
    host_.files.insert(key());
  }
  ExitCode set_up() {
    terminal_ = {};
    host_.ran.clear();
    return jwtauthd::set_up(
        options_, host_,
        [](const config::Config&) -> store::Provision& { throw util::Outage("connection refused"); },
        terminal_);
  }
  bool told(const std::string& part) const { return terminal_.output.find(part) != std::string::npos; }

 public:
  void setUp() override {
    directory_.emplace();
    options_.config_path = *directory_ / "jwtauthd.toml";
    configure("host = \"db.example.org\"\nuser = \"web\"");
    host_.files.insert("/run/systemd/system");
    host_.answer("systemctl is-", 1);
    host_.answers["mv -n "] = [this] {
      make_key();
      return jwtauthd::Host::Ran{};
    };
  }
  void tearDown() override { directory_.reset(); }

  void wants_root_unless_it_only_looks() {
    host_.root = false;
    CPPUNIT_ASSERT(ExitCode::refused == set_up());
    CPPUNIT_ASSERT(host_.ran.empty());
    options_.dry_run = true;
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
  }

  void takes_an_installation_to_a_running_service() {
    const std::string migrate = "sudo -u jwtauthd jwtauthctl -c " + options_.config_path + " migrate";
    host_.answer(migrate + " --status", 1);
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, ExitCode::ok == set_up());
    const std::vector<std::string> expected{"systemd-sysusers jwtauthd.conf",
                                            "rm -f " + key() + ".new",
                                            "jwtauthctl keys generate --file " + key() + ".new",
                                            "chgrp jwtauthd " + key() + ".new",
                                            "chmod 0640 " + key() + ".new",
                                            "mv -n " + key() + ".new " + key(),
                                            migrate + " --status",
                                            migrate + " --status",
                                            migrate,
                                            "systemctl is-enabled jwtauthd.socket",
                                            "systemctl daemon-reload",
                                            "systemctl enable --now jwtauthd.socket jwtauthd.target",
                                            "nginx -T"};
    CPPUNIT_ASSERT(expected == host_.ran);
    CPPUNIT_ASSERT_MESSAGE(terminal_.output, told("done     the system's user jwtauthd\n"));
  }

  void leaves_what_is_done_already() {
    host_.users.insert("jwtauthd");
    make_key();
    host_.answer("systemctl is-", 0);
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, host_.ran.size());  // looked, and nothing else
    CPPUNIT_ASSERT(!told("done "));
    CPPUNIT_ASSERT(told("already  jwtauthd.target is enabled and runs\n"));
  }

  void dry_run_changes_nothing_and_shows_the_commands() {
    options_.dry_run = true;
    host_.answer("sudo -u jwtauthd", 1);
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, ExitCode::ok == set_up());
    for (const std::string& line : host_.ran) {
      const bool looks = line.find("--status") != std::string::npos || line.starts_with("systemctl is-") ||
                         line == "nginx -T";
      CPPUNIT_ASSERT_MESSAGE(line, looks);
    }
    CPPUNIT_ASSERT(told("would    a signing key in "));
    CPPUNIT_ASSERT(told("           systemctl enable --now jwtauthd.socket jwtauthd.target\n"));
    options_.json = true;
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    const json::Value report = json::parse(terminal_.output).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, report.size());
    CPPUNIT_ASSERT_EQUAL("would"s, std::string(report.at(0).get("state")->as_string()));
  }

  void stops_at_the_first_thing_that_fails() {
    host_.answer("chgrp", 1, "no such group");
    CPPUNIT_ASSERT(ExitCode::refused == set_up());
    CPPUNIT_ASSERT_EQUAL("Error: chgrp jwtauthd " + key() + ".new: no such group\n", terminal_.errors);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, host_.count("chmod"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, host_.count("systemctl"));
  }

  void a_key_that_was_left_half_way_is_in_nobodys_way() {
    const std::string half = key() + ".new";
    host_.answers["jwtauthctl keys generate"] = [this, half] {
      return host_.files.insert(half).second ? jwtauthd::Host::Ran{} : jwtauthd::Host::Ran{1, "File exists"};
    };
    host_.answers["rm -f " + half] = [this, half] {
      host_.files.erase(half);
      return jwtauthd::Host::Ran{};
    };
    host_.answer("chgrp", 1, "no such group");
    CPPUNIT_ASSERT(ExitCode::refused == set_up());
    host_.answer("chgrp", 0);
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors, ExitCode::ok == set_up());
  }

  void one_unit_of_two_is_not_a_service_that_runs() {
    for (const std::string question : {"is-enabled", "is-active"}) {
      for (const std::string unit : {"jwtauthd.socket", "jwtauthd.target"}) {
        host_.answer("systemctl is-", 0);
        host_.answer("systemctl " + question + " " + unit, 3);
        CPPUNIT_ASSERT(ExitCode::ok == set_up());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(question + " " + unit, std::size_t{1}, host_.count("enable --now"));
        host_.answer("systemctl " + question + " " + unit, 0);
        CPPUNIT_ASSERT(ExitCode::ok == set_up());
        CPPUNIT_ASSERT_EQUAL_MESSAGE(question + " " + unit, std::size_t{0}, host_.count("enable --now"));
      }
    }
  }

  void a_database_elsewhere_is_its_administrators() {
    configure("host = \"db.example.org\"\nuser = \"web-1\"");
    host_.answer("sudo -u jwtauthd", 3);
    CPPUNIT_ASSERT(ExitCode::refused == set_up());
    // One account in both, quoted for SQL.
    for (const char* const part : {"CREATE USER 'web-1'@'%' IDENTIFIED", "ON `accounts`.* TO 'web-1'@'%'"}) {
      CPPUNIT_ASSERT_MESSAGE(terminal_.errors, terminal_.errors.find(part) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, host_.count("systemctl"));
  }

  void a_server_that_is_away_is_told_from_a_refusal() {
    configure("socket = \"/run/nowhere\"\nuser = \"jwtauthd\"");
    CPPUNIT_ASSERT(ExitCode::unavailable == set_up());
    CPPUNIT_ASSERT_MESSAGE(terminal_.errors,
                           terminal_.errors.find("connection refused") != std::string::npos);
  }

  void another_user_without_a_password_cannot_be() {
    configure("socket = \"/run/nowhere\"\nuser = \"web\"");
    CPPUNIT_ASSERT(ExitCode::refused == set_up());
    CPPUNIT_ASSERT(terminal_.errors.find("database.user is web") != std::string::npos);
  }

  void machine_without_systemd_has_no_units() {
    host_.files.erase("/run/systemd/system");
    CPPUNIT_ASSERT(ExitCode::ok == set_up());  // installed, and not what the machine was booted with
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, host_.count("systemctl enable jwtauthd.socket jwtauthd.target"));
    host_.answer("systemctl --version", 127);
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, host_.count("enable"));
  }

  void tells_nginx_lines_until_they_are_there() {
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT(told("  include snippets/jwtauthd-upstream.conf;\n"));
    host_.answer("nginx -T", 0, "server { include snippets/jwtauthd-locations.conf; }");
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT(!told("include snippets"));
  }

  void a_comment_includes_nothing() {
    host_.answer("nginx -T", 0, "server {\n  #include snippets/jwtauthd-locations.conf;\n}");
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT(told("  include snippets/jwtauthd-locations.conf;\n"));
    host_.answer("nginx -T", 0, "# jwtauthd\n\tinclude snippets/jwtauthd-locations.conf; # here\n");
    CPPUNIT_ASSERT(ExitCode::ok == set_up());
    CPPUNIT_ASSERT(!told("include snippets"));
  }

  void commands_can_be_pasted() {
    CPPUNIT_ASSERT_EQUAL("sudo -u ann echo 'it'\\''s' '' plain-1"s,
                         jwtauthd::typed(Command{{"echo", "it's", "", "plain-1"}, "ann"}));
    CPPUNIT_ASSERT_EQUAL("mariadb -e 'GRANT SELECT ON `a\\_b`.* TO '\\''x'\\''@'\\''localhost'\\'''"s,
                         jwtauthd::typed(jwtauthd::Sql{"GRANT SELECT ON `a\\_b`.* TO 'x'@'localhost'"}));
  }

  void runs_commands_and_hears_them() {
    jwtauthd::PosixHost host;
    const auto both = host.run({{"sh", "-c", "echo one; echo two >&2; exit 3"}});
    CPPUNIT_ASSERT_EQUAL(3, both.status);
    CPPUNIT_ASSERT_EQUAL("one\ntwo"s, both.output);
    CPPUNIT_ASSERT_EQUAL(""s, host.run({{"cat"}}).output);  // nobody types
    CPPUNIT_ASSERT_EQUAL(127, host.run({{"/nowhere/nothing"}}).status);
    CPPUNIT_ASSERT_EQUAL(127, host.run({{"true"}, "no-such-user-here"}).status);
    if (geteuid() == 0) CPPUNIT_ASSERT_EQUAL("nobody"s, host.run({{"id", "-un"}, "nobody"}).output);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SetupTest);

}  // namespace
