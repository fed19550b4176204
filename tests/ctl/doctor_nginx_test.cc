#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "ctl/doctor.h"
#include "ctl/nginx_file.h"
#include "ctl/shipped_file.h"
#include "util/temporary_directory.h"

namespace {

using namespace std::string_literals;
using namespace jwtauthd;

class DoctorNginxTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DoctorNginxTest);
  CPPUNIT_TEST(words_and_blocks_are_told_apart);
  CPPUNIT_TEST(broken_text_is_refused_with_its_place);
  CPPUNIT_TEST(shipped_snippets_are_in_order);
  CPPUNIT_TEST(each_fault_is_found);
  CPPUNIT_TEST(a_path_that_is_rewritten_to_a_login_wants_its_limit);
  CPPUNIT_TEST(a_dump_is_read_like_the_files);
  CPPUNIT_TEST(what_an_include_lacks_is_told);
  CPPUNIT_TEST(a_site_without_us_is_told);
  CPPUNIT_TEST_SUITE_END();

  std::optional<testing::TemporaryDirectory> directory_;

  void put(const std::string& name, const std::string& text) {
    const std::filesystem::path file = *directory_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  doctor::Report look(const std::vector<std::string>& names) {
    doctor::Patient patient;
    for (const auto& name : names) patient.nginx_files.push_back(*directory_ / name);
    doctor::Report report;
    report.begin("nginx");
    doctor::check_nginx(patient, report);
    return report;
  }
  static std::string told(const doctor::Report& report) {
    std::string text;
    for (const auto& found : report.findings()) {
      text += std::string(name(found.severity)) + ": " + found.text + "\n";
    }
    return text;
  }
  static constexpr std::array kSnippets{"jwtauthd-errors.conf",   "jwtauthd-fastcgi.conf",
                                        "jwtauthd-limits.conf",   "jwtauthd-locations.conf",
                                        "jwtauthd-upstream.conf", "jwtauthd-workers.conf"};

 public:
  void setUp() override {
    directory_.emplace();
    for (const char* snippet : kSnippets) {
      put("snippets/"s + snippet, ctl_test::shipped_file("nginx/"s + snippet));
    }
    put("sites-enabled/site", ctl_test::shipped_file("nginx/example-site.conf"));
  }
  void tearDown() override { directory_.reset(); }

  void words_and_blocks_are_told_apart() {
    const auto found = parse_nginx("a 'b ;{' \"c\\\"d\" # no; {\n  ${e}x;\nf { g h; i {} }", "file").value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
    CPPUNIT_ASSERT(found[0].arguments == (std::vector<std::string>{"b ;{", "c\"d", "${e}x"}));
    CPPUNIT_ASSERT(!found[0].block && found[1].block);
    CPPUNIT_ASSERT_EQUAL("file:3"s, found[1].place());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found[1].inside.size());
    CPPUNIT_ASSERT(found[1].inside[1].block && found[1].inside[1].inside.empty());
  }

  void broken_text_is_refused_with_its_place() {
    for (const char* text : {"a", "a b", "a {", "}", "a 'b", ";", "a { b; }}", "{ a; }"}) {
      const auto parsed = parse_nginx(text, "file");
      CPPUNIT_ASSERT_MESSAGE(text, !parsed);
      CPPUNIT_ASSERT_MESSAGE(parsed.error().message, parsed.error().message.starts_with("file:1: "));
    }
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "a {";
    CPPUNIT_ASSERT(!parse_nginx(deep, "file"));
    put("broken", "server {");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, look({"broken"}).count(doctor::Severity::problem));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, look({"not there"}).count(doctor::Severity::problem));
  }

  void shipped_snippets_are_in_order() {
    const auto site = look({"sites-enabled/site"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told(site), std::size_t{1}, site.count(doctor::Severity::ok));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.findings().size());
    std::vector<std::string> all;
    for (const char* snippet : kSnippets) all.push_back("snippets/"s + snippet);
    const auto snippets = look(all);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told(snippets), std::size_t{1}, snippets.count(doctor::Severity::ok));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, snippets.findings().size());
  }

  void each_fault_is_found() {
    using enum doctor::Severity;
    const struct {
      const char* file;
      const char* from;
      const char* to;
      doctor::Severity severity;
      const char* told;
    } rows[] = {
        {"workers", " max_fails=0", "", problem, "max_fails=0 is missing"},
        {"workers", "max_fails=0", "max_fails=1", problem, "max_fails=0 is missing"},
        {"upstream", "keepalive 256;", "", warning, "keepalive is missing"},
        {"fastcgi", "fastcgi_keep_conn on;", "", warning, "fastcgi_keep_conn"},
        {"fastcgi", "fastcgi_keep_conn on;", "fastcgi_keep_conn off;", warning, "fastcgi_keep_conn"},
        {"fastcgi", "client_max_body_size 64k;", "", problem, "client_max_body_size"},
        {"fastcgi", "client_max_body_size 64k;", "client_max_body_size 65k;", problem,
         "client_max_body_size"},
        {"fastcgi", "client_max_body_size 64k;", "client_max_body_size 0;", problem, "client_max_body_size"},
        {"fastcgi", "client_body_buffer_size 64k;", "", problem, "client_max_body_size"},
        {"locations", "limit_req zone=jwtauthd_login burst=20 nodelay;", "", problem, "limit_req is missing"},
        {"locations", "location = /api/token {", "location = /api/other {", problem,
         "/api/token in location /api/"},
        {"locations", "location = /api/password/change/ {", "location = /api/other {", problem,
         "/api/password/change/ in location /api/"},
    };
    for (const auto& row : rows) {
      const std::string file = "jwtauthd-"s + row.file + ".conf";
      std::string text = ctl_test::shipped_file("nginx/" + file);
      const std::size_t at = text.find(row.from);
      if (std::string(row.to) == "location = /api/other {") {
        // The prefix /api/ takes it then, and has no limit.
        text.replace(at, std::string(row.from).size(), row.to);
      } else {
        CPPUNIT_ASSERT_MESSAGE(row.from, at != std::string::npos);
        text.replace(at, std::string(row.from).size(), row.to);
      }
      put("snippets/" + file, text);
      const auto report = look({"sites-enabled/site"});
      const std::string name = std::string(row.from) + " -> " + row.to + "\n" + told(report);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::size_t{1}, report.findings().size());
      CPPUNIT_ASSERT_MESSAGE(name, report.findings()[0].severity == row.severity);
      CPPUNIT_ASSERT_MESSAGE(name, report.findings()[0].text.find(row.told) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(name, !report.findings()[0].advice.empty());
      put("snippets/" + file, ctl_test::shipped_file("nginx/" + file));
    }
  }

  void a_path_that_is_rewritten_to_a_login_wants_its_limit() {
    const std::string site = ctl_test::shipped_file("nginx/example-site.conf");
    const auto with = [&](const std::string& inside) {
      std::string text = site;
      text.insert(text.rfind("location / {"), "location = /auth/jwt/create/ {" + inside +
                                                  "include snippets/jwtauthd-fastcgi.conf; }\n  ");
      put("sites-enabled/site", text);
      return look({"sites-enabled/site"});
    };
    const auto bare = with("rewrite ^/auth/jwt/create/$ /api/login/ break; ");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told(bare), std::size_t{1}, bare.count(doctor::Severity::problem));
    CPPUNIT_ASSERT_MESSAGE(told(bare), told(bare).find("/auth/jwt/create/") != std::string::npos);
    for (const char* fine :
         {"limit_req zone=jwtauthd_login burst=20 nodelay; rewrite ^/auth/jwt/create/$ /api/login/ break; ",
          "rewrite ^/auth/jwt/create/$ /api/dashboard/ break; "}) {
      const auto report = with(fine);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(told(report), std::size_t{0}, report.count(doctor::Severity::problem));
    }
  }

  void a_dump_is_read_like_the_files() {
    std::string dump =
        "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
        "# configuration file /etc/nginx/nginx.conf:\nhttp { include /etc/nginx/sites-enabled/*; }\n\n"
        "# configuration file /etc/nginx/sites-enabled/site:\n" +
        ctl_test::shipped_file("nginx/example-site.conf");
    for (const char* snippet : kSnippets) {
      std::string text = ctl_test::shipped_file("nginx/"s + snippet);
      if (snippet == "jwtauthd-workers.conf"s) text = "server unix:/run/jwtauthd/fcgi.sock;\n";
      dump += "\n# configuration file /etc/nginx/snippets/"s + snippet + ":\n" + text;
    }
    put("all", dump);
    const auto report = look({"all"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told(report), std::size_t{1}, report.findings().size());
    CPPUNIT_ASSERT(told(report).find("/etc/nginx/snippets/jwtauthd-workers.conf:1") != std::string::npos);
  }

  void what_an_include_lacks_is_told() {
    std::filesystem::remove(*directory_ / "snippets/jwtauthd-errors.conf");
    const auto report = look({"sites-enabled/site"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told(report), std::size_t{1}, report.count(doctor::Severity::note));
    CPPUNIT_ASSERT(told(report).find("jwtauthd-errors.conf") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, report.count(doctor::Severity::problem));
  }

  void a_site_without_us_is_told() {
    put("other", "server { location / { fastcgi_pass unix:/run/php.sock; } }");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, look({"other"}).count(doctor::Severity::warning));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DoctorNginxTest);

}  // namespace
