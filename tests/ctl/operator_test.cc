#include "ctl/operator.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

class OperatorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OperatorTest);
  CPPUNIT_TEST(root_is_the_administrator_where_the_socket_tells_users);
  CPPUNIT_TEST_SUITE_END();

 public:
  void root_is_the_administrator_where_the_socket_tells_users() {
    struct Case {
      const char* socket;
      const char* password;
      bool is_root;
      const char* user;
    };
    for (const Case& row : {Case{"/run/sock", "", true, "root"}, Case{"/run/sock", "", false, "web"},
                            Case{"/run/sock", "secret", true, "web"}, Case{"", "", true, "web"},
                            Case{"", "secret", true, "web"}}) {
      config::Config::Database database;
      database.socket = row.socket;
      database.user = "web";
      database.name = "accounts";
      database.password = util::Secret(row.password);
      const mysql::Options login = jwtauthd::operators_login(database, row.is_root);
      CPPUNIT_ASSERT_EQUAL(std::string(row.user), login.user);
      CPPUNIT_ASSERT_EQUAL(std::string("accounts"), login.database);
      CPPUNIT_ASSERT_EQUAL(std::string(row.password), std::string(login.password.reveal()));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OperatorTest);

}  // namespace
