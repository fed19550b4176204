#include "ctl/oauth_client.h"

#include <cppunit/extensions/HelperMacros.h>

#include "accounts/service_clients.h"
#include "ctl/scripted_terminal.h"
#include "json/parse.h"

namespace {

class OAuthClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OAuthClientTest);
  CPPUNIT_TEST(the_line_knows_the_secret);
  CPPUNIT_TEST(a_person_is_told_both);
  CPPUNIT_TEST(refuses_names_that_no_line_can_hold);
  CPPUNIT_TEST_SUITE_END();

  ctl_test::ScriptedTerminal terminal_;
  util::SystemRandom random_;

 public:
  void the_line_knows_the_secret() {
    CPPUNIT_ASSERT(jwtauthd::new_oauth_client({"orders", true}, random_, terminal_) ==
                   jwtauthd::ExitCode::ok);
    const auto told = json::parse(terminal_.output).value();
    const std::string secret(told.get("client_secret")->as_string());
    CPPUNIT_ASSERT_EQUAL(std::size_t{43}, secret.size());
    const std::string line(told.get("line")->as_string());
    CPPUNIT_ASSERT(line.find(secret) == std::string::npos);
    const auto clients = accounts::ServiceClients::parse(line).value();
    CPPUNIT_ASSERT(clients.knows("orders", secret));
    CPPUNIT_ASSERT(!clients.knows("orders", secret + "x"));
  }

  void a_person_is_told_both() {
    CPPUNIT_ASSERT(jwtauthd::new_oauth_client({"orders", false}, random_, terminal_) ==
                   jwtauthd::ExitCode::ok);
    CPPUNIT_ASSERT(terminal_.output.find("client_secret  ") != std::string::npos);
    CPPUNIT_ASSERT(terminal_.output.find("\n  orders ") != std::string::npos);
  }

  void refuses_names_that_no_line_can_hold() {
    for (const auto& name : {std::string(), std::string("a b"), std::string("#a"), std::string("a:b"),
                             std::string("a\nb"), std::string(65, 'a')}) {
      CPPUNIT_ASSERT_MESSAGE(
          name, jwtauthd::new_oauth_client({name, false}, random_, terminal_) == jwtauthd::ExitCode::refused);
    }
    CPPUNIT_ASSERT(terminal_.output.empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OAuthClientTest);

}  // namespace
