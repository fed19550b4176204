#include "http/cookie.h"

#include <cppunit/extensions/HelperMacros.h>

namespace {

class CookieTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CookieTest);
  CPPUNIT_TEST(finds_a_cookie_by_its_whole_name);
  CPPUNIT_TEST(writes_what_browsers_keep);
  CPPUNIT_TEST_SUITE_END();

 public:
  void finds_a_cookie_by_its_whole_name() {
    const struct {
      const char* header;
      const char* value;  // nullptr: none
    } rows[] = {
        {"", nullptr},      {"a=1", "1"},     {"b=2; a=1", "1"}, {"b=2;a=1", "1"},
        {"a=1; a=2", "1"},  {"a=", ""},       {"a=\"1\"", "1"},  {"a=\"", "\""},
        {"a = 1 ;", "1"},   {"a=1=2", "1=2"}, {"A=1", nullptr},  {"aa=1; xa=2; a", nullptr},
        {"b=a=1", nullptr}, {";;=;a=1", "1"},
    };
    for (const auto& row : rows) {
      const auto found = http::cookie(row.header, "a");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.header, row.value != nullptr, found.has_value());
      if (found) CPPUNIT_ASSERT_EQUAL_MESSAGE(row.header, std::string(row.value), std::string(*found));
    }
  }

  void writes_what_browsers_keep() {
    CPPUNIT_ASSERT_EQUAL(std::string("a=b; Path=/api/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict"),
                         http::set_cookie("a", "b", std::chrono::hours(24), {.path = "/api/"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a=; Path=/; Max-Age=0; Secure; SameSite=Strict"),
                         http::set_cookie("a", "", std::chrono::seconds(0), {.http_only = false}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CookieTest);

}  // namespace
