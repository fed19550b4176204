#include "accounts/service_clients.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

using accounts::ServiceClients;

// SHA-256 of "secret" and of "other".
const std::string kSecret = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
const std::string kOther = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";

class ServiceClientsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServiceClientsTest);
  CPPUNIT_TEST(knows_a_name_with_its_own_secret_only);
  CPPUNIT_TEST(a_name_may_have_two_secrets_for_a_while);
  CPPUNIT_TEST(refuses_lines_that_are_none);
  CPPUNIT_TEST(a_file_that_cannot_be_read_is_an_outage);
  CPPUNIT_TEST_SUITE_END();

 public:
  void knows_a_name_with_its_own_secret_only() {
    const auto clients =
        ServiceClients::parse("# services\n\norders " + kSecret + "\r\n\tstock\t" + kOther).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, clients.size());
    CPPUNIT_ASSERT(clients.knows("orders", "secret"));
    CPPUNIT_ASSERT(clients.knows("stock", "other"));
    const struct {
      const char* name;
      std::string secret;
    } rows[] = {{"orders", "other"},  {"stock", "secret"}, {"orders", ""},      {"", ""},
                {"Orders", "secret"}, {"#", "services"},   {"orders", kSecret}, {"nobody", "secret"}};
    for (const auto& row : rows) CPPUNIT_ASSERT_MESSAGE(row.name, !clients.knows(row.name, row.secret));
    CPPUNIT_ASSERT(!ServiceClients().knows("", ""));
  }

  void a_name_may_have_two_secrets_for_a_while() {
    const auto clients = ServiceClients::parse("a " + kSecret + "\na " + kOther + "\n").value();
    CPPUNIT_ASSERT(clients.knows("a", "secret"));
    CPPUNIT_ASSERT(clients.knows("a", "other"));
  }

  void refuses_lines_that_are_none() {
    const std::string upper = "2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B";
    for (const std::string& line :
         {std::string("orders"), std::string("orders secret"), "orders " + kSecret.substr(1),
          "orders " + kSecret + " x", "or:ders " + kSecret, "orders " + upper}) {
      const auto clients = ServiceClients::parse("a " + kSecret + "\n" + line + "\n");
      CPPUNIT_ASSERT_MESSAGE(line, !clients.has_value());
      CPPUNIT_ASSERT(clients.error().message.starts_with("line 2 "));
      CPPUNIT_ASSERT(clients.error().message.find(kSecret) == std::string::npos);
    }
  }

  void a_file_that_cannot_be_read_is_an_outage() {
    CPPUNIT_ASSERT_THROW(ServiceClients::read("/nonexistent/clients"), util::Outage);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServiceClientsTest);

}  // namespace
