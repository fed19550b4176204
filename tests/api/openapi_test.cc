#include "api/openapi.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "api/routes.h"
#include "api/services.h"
#include "json/parse.h"

namespace api_test {

class OpenapiTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OpenapiTest);
  CPPUNIT_TEST(has_every_row);
  CPPUNIT_TEST(tells_what_is_there_only);
  CPPUNIT_TEST(tells_how_a_browser_calls_by_cookie);
  CPPUNIT_TEST(tells_of_the_account_that_cannot_be_deleted);
  CPPUNIT_TEST(the_document_in_docs_is_this_one);
  CPPUNIT_TEST_SUITE_END();

 public:
  void has_every_row() {
    const auto document = json::parse(api::openapi_document(api::everything())).value();
    for (const auto& row : api::routes()) {
      std::string method(row.method);
      for (char& c : method) c = static_cast<char>(c | 0x20);
      const auto path = document.get("paths")->get(row.path);
      CPPUNIT_ASSERT_MESSAGE(std::string(row.path), path.has_value());
      const auto operation = path->get(method);
      CPPUNIT_ASSERT_MESSAGE(std::string(row.path) + " " + method, operation.has_value());
      CPPUNIT_ASSERT_EQUAL(row.access != api::Access::open, operation->has("security"));
    }
  }

  void tells_how_a_browser_calls_by_cookie() {
    const auto document = json::parse(api::openapi_document(api::everything())).value();
    const auto schemes = document.get("components")->get("securitySchemes");
    CPPUNIT_ASSERT(schemes->has("cookie"));
    CPPUNIT_ASSERT_EQUAL(std::string("__Host-jwtauthd_access"),
                         std::string(schemes->get("cookie")->get("name")->as_string()));
    const struct {
      const char* method;
      const char* path;
      bool changes;  // and so wants the CSRF token
    } rows[] = {
        {"get", "/api/dashboard/", false},     {"get", "/api/me/", false},
        {"patch", "/api/me/", true},           {"delete", "/api/me/", true},
        {"post", "/api/logout/", true},        {"post", "/api/login/", false},
        {"post", "/api/token/refresh/", true}, {"post", "/api/logout/all/", true},
    };
    for (const auto& row : rows) {
      const auto operation = document.get("paths")->get(row.path)->get(row.method);
      const std::string what = std::string(row.method) + " " + row.path;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, row.changes, operation->get("responses")->has("403"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(what, row.changes, operation->has("parameters"));
    }
    CPPUNIT_ASSERT(document.get("paths")->get("/api/logout/")->get("post")->get("security")->size() > 1);
    // Without cookies in it, as most sites have it, the document knows of none.
    const std::string without = api::openapi_document({.sessions = true});
    CPPUNIT_ASSERT(without.find("__Host-") == std::string::npos && without.find("403") == std::string::npos);
  }

  void tells_of_the_account_that_cannot_be_deleted() {
    const auto me = json::parse(api::openapi_document({})).value().get("paths")->get("/api/me/");
    CPPUNIT_ASSERT(me->get("delete")->get("responses")->has("409"));
    CPPUNIT_ASSERT(!me->get("patch")->get("responses")->has("409"));
  }

  void tells_what_is_there_only() {
    const auto paths = json::parse(api::openapi_document({.registration = false})).value().get("paths");
    CPPUNIT_ASSERT(paths->has("/api/login/"));
    CPPUNIT_ASSERT(!paths->has("/api/register/"));
    CPPUNIT_ASSERT(!paths->has("/api/sessions/"));
  }

  /// After a change of the table: jwtauthctl docs openapi > docs/openapi.json
  void the_document_in_docs_is_this_one() {
    const char* source = std::getenv("JWTAUTHD_SRCDIR");
    std::ifstream file(std::string(source == nullptr ? "." : source) + "/docs/openapi.json");
    std::stringstream text;
    text << file.rdbuf();
    CPPUNIT_ASSERT_EQUAL(api::openapi_document(api::everything()), text.str());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OpenapiTest);

}  // namespace api_test
