#include "mysql/failure.h"

#include <cppconn/exception.h>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using mysql::FailureKind;

class FailureTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FailureTest);
  CPPUNIT_TEST(knows_what_an_error_number_means);
  CPPUNIT_TEST(finds_the_violated_key);
  CPPUNIT_TEST(quotes_no_sentence_that_may_hold_a_value);
  CPPUNIT_TEST(quotes_the_sentence_that_tells_an_operator_what_to_do);
  CPPUNIT_TEST(cuts_a_long_statement);
  CPPUNIT_TEST_SUITE_END();

 public:
  void knows_what_an_error_number_means() {
    const struct {
      int code;
      FailureKind kind;
    } rows[] = {
        {1451, FailureKind::referred_to},   {1217, FailureKind::referred_to},
        {1062, FailureKind::duplicate_key}, {1586, FailureKind::duplicate_key},
        {1213, FailureKind::conflict},      {1205, FailureKind::lock_wait},
        {2013, FailureKind::lost},          {1927, FailureKind::lost},
        {1053, FailureKind::lost},          {2006, FailureKind::unsent},
        {4031, FailureKind::unsent},        {1146, FailureKind::no_such_table},
        {1615, FailureKind::stale_handle},  {1290, FailureKind::read_only},
        {1836, FailureKind::read_only},     {1021, FailureKind::outage},
        {1114, FailureKind::outage},        {1047, FailureKind::not_ready},
        {1180, FailureKind::no_quorum},     {1040, FailureKind::outage},
        {1045, FailureKind::outage},        {1064, FailureKind::outage},
        {0, FailureKind::outage},           {99999, FailureKind::outage},
    };
    for (const auto& row : rows) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(row.code), mysql::kind_of(row.code) == row.kind);
    }
  }

  void finds_the_violated_key() {
    const auto key = [](const char* text) { return mysql::violated_key(text); };
    CPPUNIT_ASSERT_EQUAL(std::string("username"), key("Duplicate entry 'bob' for key 'username'"));
    CPPUNIT_ASSERT_EQUAL(std::string("username"), key("Duplicate entry 'bob' for key 'auth_user.username'"));
    CPPUNIT_ASSERT_EQUAL(std::string("PRIMARY"), key("Duplicate entry 'it's 'key' x' for key 't.PRIMARY'"));
    CPPUNIT_ASSERT_EQUAL(std::string(), key("nothing quoted"));
    CPPUNIT_ASSERT_EQUAL(std::string(), key("'"));
  }

  void quotes_no_sentence_that_may_hold_a_value() {
    for (const int code : {1292, 1366, 1064, 1213, 1317, 4025}) {
      const sql::SQLException error("Incorrect value: 's3cret'", "HY000", code);
      const std::string text = mysql::describe(error, "UPDATE auth_user SET password = ?");
      CPPUNIT_ASSERT(text.find("s3cret") == std::string::npos);
      CPPUNIT_ASSERT(text.find(std::to_string(code)) != std::string::npos);
      CPPUNIT_ASSERT(text.find("UPDATE auth_user") != std::string::npos);
    }
  }

  void quotes_the_sentence_that_tells_an_operator_what_to_do() {
    const sql::SQLException error("The table 'auth_user' is full", "HY000", 1114);
    CPPUNIT_ASSERT(mysql::describe(error, "INSERT").find("'auth_user' is full") != std::string::npos);
    const sql::SQLException denied("Access denied for user 'x'@'localhost'", "28000", 1045);
    const std::string text = mysql::describe_connect(denied, "/run/mysqld/mysqld.sock");
    CPPUNIT_ASSERT(text.find("'x'@'localhost'") != std::string::npos);
    CPPUNIT_ASSERT(text.find("/run/mysqld/mysqld.sock") != std::string::npos);
  }

  void cuts_a_long_statement() {
    const sql::SQLException error("x", "HY000", 1064);
    CPPUNIT_ASSERT(mysql::describe(error, std::string(10'000, 'x')).size() < 400);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FailureTest);

}  // namespace
